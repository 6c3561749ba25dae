#pragma once

#include <stereo/recon/calibration_error.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace tools {

/// Its sizes, as JSON and as a line for the terminal; no line where there is no error.
[[nodiscard]] nlohmann::ordered_json json_of(const stereo::CalibrationError& error);
[[nodiscard]] std::string text_of(const stereo::CalibrationError& error);

}  // namespace tools
