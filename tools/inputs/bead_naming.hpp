#pragma once

#include <drr/geometry/stereo_rig.hpp>
#include <drr/phantom/marker_phantom.hpp>
#include <stereo/detect/bead_detector.hpp>
#include <stereo/identify/identify.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace tools {

/// A phantom and what is known of the views without a calibration.
struct KnownPhantom {
    stereo::MarkerConstellation design;
    std::vector<std::string> names;  ///< of MarkerConstellation::all_mm()
    std::vector<stereo::NominalView> views;
    double bead_diameter_px = 0.0;  ///< at the isocentre
};

/// Reads both files. Throws drr::Error(invalid_file) for a phantom of fewer than six beads, which
/// no view can be identified or calibrated by.
[[nodiscard]] KnownPhantom read_known_phantom(const std::filesystem::path& phantom,
                                              const std::filesystem::path& rig);

/// The markers of the beads that one or two views of the same pose show.
struct BeadNames {
    std::vector<std::vector<std::string>> markers;  ///< [view][bead], empty where unnamed
    bool ok = false;
    std::string summary;
};

/// Names the beads of one frame; `first_view` is the rig's view that the first image belongs to.
[[nodiscard]] BeadNames name_beads(const KnownPhantom& known,
                                   const std::vector<const stereo::BeadDetectorResult*>& images,
                                   double diameter_px, std::size_t first_view = 0);

}  // namespace tools
