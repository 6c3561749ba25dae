#pragma once

#include <stereo/detect/bead_detector.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace stereo {

/// The beads found in one image.
struct ImageDetections {
    std::string image;  ///< its file name
    std::vector<BeadDetection> beads;
    /// The marker that each bead was identified as, empty for none; no entries where nobody tried.
    std::vector<std::string> markers;
};

/// Writes `image,bead,marker,x_px,y_px,radius_px,contrast,var_x_px2,cov_xy_px2,var_y_px2,flags`,
/// one line a bead; beads count from 1 and flags are names joined by '+' (atomically). Throws
/// drr::Error(io), Error(usage) for a comma or line break in the name of an image or marker.
void write_detections(const std::filesystem::path& path, const ImageDetections& detections);

/// Reads such a file of one image. Throws drr::Error(invalid_file) with file and line.
[[nodiscard]] ImageDetections read_detections(const std::filesystem::path& path);

}  // namespace stereo
