#pragma once

#include <stereo/calib/calibration.hpp>

#include <filesystem>
#include <string>

namespace stereo {

/// The text of a calibration, schema stereodrr/calibration/v1 (docs/calibration.md lists the keys),
/// which parse_calibration reads back to the same values (rotations to rounding). Residuals are
/// left out: they belong to the observations.
[[nodiscard]] std::string calibration_json(const Calibration& calibration);

/// Reads it. Throws drr::Error(invalid_file) that names file and key for another schema, a key that
/// is missing or unknown, a value of another type, a number that is not finite, a matrix that is no
/// rotation, and a covariance that is not symmetric or whose size is not that of the parameters.
[[nodiscard]] Calibration parse_calibration(const std::string& text, const std::string& name);

/// The same from a file. Throws drr::Error(io) when it cannot be read.
[[nodiscard]] Calibration read_calibration(const std::filesystem::path& path);

}  // namespace stereo
