#pragma once

#include <stereo/trials/runner.hpp>

#include <functional>

namespace tools {

/// A line on standard error with a bar, the time left, trials a second and the running RMS error,
/// drawn anew at most ten times a second; nothing when standard error is not a terminal.
[[nodiscard]] std::function<void(const stereo::StudyProgress&)> study_progress();

}  // namespace tools
