#pragma once

#include <drr/core/log.hpp>

#include <functional>
#include <string_view>

namespace tools {

/// A line on standard error with a bar and the time left, drawn anew at most ten times a second;
/// nothing when standard error is not a terminal.
[[nodiscard]] drr::ProgressSink progress_bar();

/// The same with a note behind the time left; empty when standard error is not a terminal.
using NotedProgress = std::function<void(std::string_view stage, std::size_t done,
                                         std::size_t total, std::string_view note)>;
[[nodiscard]] NotedProgress progress_bar_with_note();

}  // namespace tools
