#include "progress/study_progress.hpp"

#include "progress/progress_bar.hpp"

#include <fmt/format.h>

#include <chrono>

namespace tools {

std::function<void(const stereo::StudyProgress&)> study_progress() {
    using Clock = std::chrono::steady_clock;
    return [draw = progress_bar_with_note(),
            start = Clock::now()](const stereo::StudyProgress& progress) {
        if (!draw) return;
        const double elapsed_s = std::chrono::duration<double>(Clock::now() - start).count();
        draw("trials", progress.done, progress.total,
             fmt::format("{:.3g}/s  RMS {:.4g} mm  {} failed",
                         static_cast<double>(progress.done) / elapsed_s, progress.rms_mm,
                         progress.failed));
    };
}

}  // namespace tools
