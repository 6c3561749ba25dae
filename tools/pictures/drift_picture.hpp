#pragma once

#include <stereo/assess/drift.hpp>

#include <string>

namespace tools {

/// A chart for each parameter (PNG): every member of the series less the mean of the others, with
/// the error bar of one standard deviation, over time, and the trend.
[[nodiscard]] std::string drift_picture(const stereo::Drift& drift);

}  // namespace tools
