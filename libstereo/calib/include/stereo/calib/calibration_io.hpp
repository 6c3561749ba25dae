#pragma once

#include <drr/geometry/distortion.hpp>
#include <drr/geometry/pinhole.hpp>

#include <filesystem>
#include <optional>

namespace stereo {

/// A view as calibration files give it.
struct ViewCalibration {
    drr::CalibratedView view;
    std::optional<drr::BrownConrady> distortion;  ///< pixels were not undistorted yet
};

/// Reads XMALab's MayaCam 2.0 (docs/conventions.md, "MayaCam 2.0"): pixel (0,0) is the centre of
/// the first one as ours is, lengths must be millimetres. Takes LF and CRLF line ends, and the
/// distortion as eight lines or as one line with commas. Throws drr::Error(invalid_file) with file
/// and line for anything else: a missing section, a number that is none or not finite, a matrix
/// that is no rotation, a skewed camera.
[[nodiscard]] ViewCalibration read_mayacam2(const std::filesystem::path& path);

/// Writes the same layout, with numbers that read back to the same values (atomically). Throws
/// drr::Error(io).
void write_mayacam2(const std::filesystem::path& path, const ViewCalibration& calibration);

}  // namespace stereo
