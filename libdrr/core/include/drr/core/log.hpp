#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace drr {

enum class LogLevel { debug, info, warning };

/// Writes one line to the process's log: standard error through spdlog, without a time stamp.
/// Libraries never write to the terminal in any other way.
void log(LogLevel level, std::string_view message);

/// Lines below this level are dropped; the default is warning, so libraries are quiet.
void set_log_level(LogLevel level);

/// Told about the progress of long work: the stage's name, how much is done and how much there is.
/// Called from any thread, never from two at once. An empty function means: do not report.
using ProgressSink =
    std::function<void(std::string_view stage, std::size_t done, std::size_t total)>;

}  // namespace drr
