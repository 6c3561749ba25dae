#include "child_process.hpp"

#include <drr/core/error.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

namespace stereo {
namespace {

using Clock = std::chrono::steady_clock;

// What a reason quotes of a command's output.
constexpr std::size_t quoted_bytes = 300;

[[noreturn]] void fail(const std::string& doing) {
    throw drr::Error(drr::ErrorCode::io, "cannot " + doing + ": " + std::strerror(errno));
}

std::string last_words(const std::filesystem::path& log) {
    std::ifstream stream(log, std::ios::binary);
    stream.seekg(0, std::ios::end);
    const auto size = static_cast<std::streamoff>(stream.tellg());
    stream.seekg(std::max<std::streamoff>(0, size - static_cast<std::streamoff>(quoted_bytes)));
    std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
        text.pop_back();
    for (char& c : text)
        if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 || byte >= 0x7f) c = ' ';
    return text;
}

// In the child: only calls that are safe after a fork of a process with threads.
[[noreturn]] void become(const char* command, int output) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    const int none = open("/dev/null", O_RDONLY);
    dup2(none, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", command, static_cast<char*>(nullptr));
    constexpr int cannot_execute = 127;
    _exit(cannot_execute);
}

}  // namespace

CommandOutcome run_command(const std::string& command, double time_limit_s,
                           const std::filesystem::path& log) {
    constexpr int mode = 0600;
    const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (output < 0) fail("write " + log.string());
    const pid_t child = fork();
    if (child == 0) become(command.c_str(), output);
    close(output);
    if (child < 0) fail("start a process");
    setpgid(child, child);  // also here: whichever comes first

    CommandOutcome outcome;
    const auto end = Clock::now() + std::chrono::duration<double>(time_limit_s);
    int status = 0;
    auto pause = std::chrono::microseconds(200);
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (Clock::now() >= end) {
            outcome.timed_out = true;
            kill(-child, SIGKILL);
            waitpid(child, &status, 0);
            break;
        }
        std::this_thread::sleep_for(pause);
        pause = std::min(2 * pause, std::chrono::microseconds(20000));
    }
    kill(-child, SIGKILL);  // what it left running behind it
    if (WIFEXITED(status)) outcome.exit_status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
    outcome.output = last_words(log);
    return outcome;
}

}  // namespace stereo
