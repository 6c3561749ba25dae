#pragma once

#include <stereo/assess/cross_validation.hpp>
#include <stereo/calib/calibration.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace tools {

/// What was calibrated, with error bars, for the terminal; SDD where the pitch is known (above 0).
[[nodiscard]] std::string text_of(const stereo::Calibration& calibration, double pitch_mm);

[[nodiscard]] std::string text_of(const stereo::CrossValidation& held_out);
[[nodiscard]] nlohmann::ordered_json json_of(const stereo::CrossValidation& held_out,
                                             const std::string& procedure);

}  // namespace tools
