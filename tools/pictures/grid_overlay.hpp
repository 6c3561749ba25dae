#pragma once

#include <drr/core/image.hpp>
#include <stereo/grid/grid_detector.hpp>

#include <filesystem>

namespace tools {

/// Writes the image as a picture of 8 bits with a line from each point of the grid to its
/// neighbours along the first axis (orange) and the second (blue), a ring about the origin, circles
/// about points without flags (green) and with (red), and crosses on detections that are not of the
/// grid. A wrong index shows as a line that is longer or steeper than those around it.
void write_grid_overlay(const std::filesystem::path& path, const drr::Image<float>& image,
                        const stereo::GridDetection& grid);

}  // namespace tools
