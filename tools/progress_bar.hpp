#pragma once

#include <drr/core/log.hpp>

namespace tools {

/// A line on standard error with a bar and the time left, drawn anew at most ten times a second;
/// nothing when standard error is not a terminal.
[[nodiscard]] drr::ProgressSink progress_bar();

}  // namespace tools
