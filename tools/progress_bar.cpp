#include "progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

namespace tools {
namespace {

using Clock = std::chrono::steady_clock;

struct State {
    std::string stage;
    Clock::time_point start;
    Clock::time_point drawn;
};

}  // namespace

drr::ProgressSink progress_bar() {
    if (isatty(STDERR_FILENO) == 0) return {};
    return [state = std::make_shared<State>()](std::string_view stage, std::size_t done,
                                               std::size_t total) {
        const auto now = Clock::now();
        if (state->stage != stage) *state = {std::string(stage), now, {}};
        const bool last = done >= total;
        if (!last && now - state->drawn < std::chrono::milliseconds(100)) return;
        state->drawn = now;
        constexpr std::size_t width = 30;
        const std::size_t filled = total == 0 ? width : width * done / total;
        const double elapsed_s = std::chrono::duration<double>(now - state->start).count();
        const double left_s =
            done == 0 ? 0.0
                      : elapsed_s * static_cast<double>(total - done) / static_cast<double>(done);
        fmt::print(stderr, "\r{:<20} [{:<{}}] {}/{}  {:.0f} s left ", stage,
                   std::string(filled, '#'), width, done, total, left_s);
        if (last) fmt::print(stderr, "\r{:80}\r", "");
        std::fflush(stderr);
    };
}

}  // namespace tools
