#pragma once

#include <filesystem>
#include <string>

namespace stereo {

/// How a command ended.
struct CommandOutcome {
    bool timed_out = false;
    int exit_status = 0;  ///< of a command that ended by itself
    int signal = 0;       ///< that ended it; 0 for none
    std::string output;   ///< the end of what it wrote to standard output and error, on one line
};

/// Runs `command` by /bin/sh with its output going into `log`. After `time_limit_s` the command and
/// all processes of its group are killed, and so they are when this process dies. Throws
/// drr::Error(io) where no process or file can be made.
[[nodiscard]] CommandOutcome run_command(const std::string& command, double time_limit_s,
                                         const std::filesystem::path& log);

}  // namespace stereo
