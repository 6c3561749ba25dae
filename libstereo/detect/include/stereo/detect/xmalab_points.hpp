#pragma once

#include <Eigen/Core>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace stereo {

/// Markers followed through the frames of several cameras, as XMALab's "2D points" hold them.
struct TrackedPoints {
    std::vector<std::string> markers;
    int cameras = 0;
    /// [frame][marker * cameras + camera]; our pixels: (0,0) is the centre of the first one, rows
    /// downwards. Nothing where the marker was not seen.
    std::vector<std::vector<std::optional<Eigen::Vector2d>>> frames;
};

/// How a file counts pixels.
struct XmalabPixels {
    double origin = 0.0;  ///< the number of the first column and row: 0, XMALab's, or 1
    /// Rows counted upwards from the last one of an image of this height; 0: downwards.
    int height_if_up_px = 0;
};

/// The columns of XMALab's 2D points file: `<marker>_cam1_X,<marker>_cam1_Y,<marker>_cam2_X,...`,
/// one row a frame, NaN where a marker is missing. Distorted pixels, as they were measured. Throws
/// drr::Error(usage) for marker names with commas or none, Error(io).
void write_xmalab_points(const std::filesystem::path& path, const TrackedPoints& points,
                         const XmalabPixels& pixels = {});

/// Reads such a file. All markers need columns for the same cameras, in the order as written.
/// Throws drr::Error(invalid_file) with file and line, Error(io).
[[nodiscard]] TrackedPoints read_xmalab_points(const std::filesystem::path& path,
                                               const XmalabPixels& pixels = {});

}  // namespace stereo
