#pragma once

#include <stereo/recon/measured_pixel.hpp>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace tools {

/// The beads of one frame that both views show: an entry of each a bead.
struct NamedFrame {
    std::vector<std::string> names;
    std::array<std::vector<stereo::MeasuredPixel>, 2> pixels;
};

struct NamedPoints {
    std::vector<NamedFrame> frames;  ///< one without pairs is empty
    bool has_sd = false;             ///< else covariances are 1 px^2
};

/// Reads the points of the first two views that bear names: observations (`observations.csv` of
/// `stereodrr detect`, a pose is a frame) or XMALab's 2D points, told apart by the header. Of beads
/// flagged as untrustworthy nothing is taken. Throws drr::Error(invalid_file) with file and line
/// for another layout.
[[nodiscard]] NamedPoints read_named_points(const std::filesystem::path& path);

}  // namespace tools
