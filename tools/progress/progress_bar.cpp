#include "progress/progress_bar.hpp"

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

NotedProgress progress_bar_with_note() {
    if (isatty(STDERR_FILENO) == 0) return {};
    return [state = std::make_shared<State>()](std::string_view stage, std::size_t done,
                                               std::size_t total, std::string_view note) {
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
        // To the end of the line: an earlier one may have been longer.
        fmt::print(stderr, "\r{:<20} [{:<{}}] {}/{}  {:.0f} s left  {}\x1b[K", stage,
                   std::string(filled, '#'), width, done, total, left_s, note);
        if (last) fmt::print(stderr, "\r\x1b[K");
        std::fflush(stderr);
    };
}

drr::ProgressSink progress_bar() {
    NotedProgress draw = progress_bar_with_note();
    if (!draw) return {};
    return [draw](std::string_view stage, std::size_t done, std::size_t total) {
        draw(stage, done, total, {});
    };
}

}  // namespace tools
