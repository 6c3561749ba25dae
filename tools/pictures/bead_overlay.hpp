#pragma once

#include <drr/core/image.hpp>
#include <stereo/detect/bead_detector.hpp>
#include <stereo/detect/detections_io.hpp>

#include <filesystem>

namespace tools {

/// Writes the image as a picture of 8 bits with a circle around each bead, green where nothing is
/// flagged, else orange, and its marker's name or else its number beside it. Places that were
/// fitted and refused are crossed.
void write_overlay(const std::filesystem::path& path, const drr::Image<float>& image,
                   const stereo::ImageDetections& detections,
                   const std::vector<stereo::RefusedCandidate>& refused);

}  // namespace tools
