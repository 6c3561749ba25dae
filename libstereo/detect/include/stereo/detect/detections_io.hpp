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
};

/// Writes `image,bead,x_px,y_px,radius_px,contrast,sd_x_px,sd_y_px,flags`, one line a bead; beads
/// count from 1 and flags are names joined by '+' (atomically). The correlation of x and y is not
/// kept. Throws drr::Error(io).
void write_detections(const std::filesystem::path& path, const ImageDetections& detections);

/// Reads such a file of one image. Throws drr::Error(invalid_file) with file and line.
[[nodiscard]] ImageDetections read_detections(const std::filesystem::path& path);

}  // namespace stereo
