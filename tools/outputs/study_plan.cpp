#include "outputs/study_plan.hpp"

#include <drr/core/parallel.hpp>
#include <stereo/trials/trial_store.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace tools {
namespace {

using Clock = std::chrono::steady_clock;

// Enough for an idea, soon enough for somebody who waits.
constexpr std::chrono::seconds sample_time{3};
constexpr std::size_t sample_conditions = 8;

std::string duration_text(double seconds) {
    if (seconds < 120.0) return fmt::format("{:.0f} s", seconds);
    if (seconds < 7200.0) return fmt::format("{:.0f} min", seconds / 60.0);
    return fmt::format("{:.1f} h", seconds / 3600.0);
}

struct Sample {
    std::size_t repetitions = 0;
    double seconds = 0.0;
    std::size_t failed = 0;
    std::string reason;  ///< of the last failure
};

// One repetition after the other, here and there in the study.
Sample sample_of(const stereo::Study& study) {
    const std::size_t conditions = study.outline().conditions.size();
    const std::size_t step = std::max<std::size_t>(1, conditions / sample_conditions);
    const auto end = Clock::now() + sample_time;
    Sample sample;
    for (std::size_t c = 0; c < conditions && (c == 0 || Clock::now() < end); c += step) {
        const stereo::PreparedCondition condition = stereo::prepare(study, c);
        const auto start = Clock::now();
        const auto next = start + sample_time / sample_conditions;
        for (int r = 0; r < study.outline().repetitions && (r == 0 || Clock::now() < next); ++r) {
            for (const stereo::Trial& trial :
                 stereo::run_trials(study, condition, r, std::filesystem::temp_directory_path())) {
                sample.failed += trial.ok ? 0 : 1;
                if (!trial.ok) sample.reason = trial.reason;
            }
            ++sample.repetitions;
        }
        sample.seconds += std::chrono::duration<double>(Clock::now() - start).count();
    }
    return sample;
}

}  // namespace

void print_plan(const stereo::Study& study) {
    const stereo::StudyOutline& outline = study.outline();
    fmt::print("{}\n", outline.name);
    fmt::print("  {:<14} {} ({} level)\n", "conditions", outline.conditions.size(),
               stereo::name_of(outline.level));
    for (std::size_t f = 0; f < outline.factors.size(); ++f) {
        std::vector<std::string> values;
        for (const auto& condition : outline.conditions)
            if (std::find(values.begin(), values.end(), condition[f].text) == values.end())
                values.push_back(condition[f].text);
        constexpr std::size_t shown = 12;
        const bool all = values.size() <= shown;
        if (!all) values.resize(shown);
        fmt::print("    {}: {}{}\n", outline.factors[f], fmt::join(values, ", "),
                   all ? "" : ", ...");
    }
    fmt::print("  {:<14} {}\n", "repetitions", outline.repetitions);
    fmt::print("  {:<14} {}\n", "procedures", fmt::join(outline.procedures, ", "));
    fmt::print("  {:<14} {}\n", "trials", outline.trial_count());

    const Sample sample = sample_of(study);
    const double each_s = sample.seconds / static_cast<double>(sample.repetitions);
    const double repetitions = static_cast<double>(outline.conditions.size()) * outline.repetitions;
    const int threads = drr::thread_count();
    fmt::print(
        "  {:<14} {} on {} threads ({:.3g} s for each repetition of a condition with all "
        "procedures, from {})\n",
        "time", duration_text(repetitions * each_s / threads), threads, each_s, sample.repetitions);
    // 8 bytes a figure, and what SQLite adds for the key and the page.
    const double bytes = static_cast<double>(outline.trial_count()) *
                         (9.0 * static_cast<double>(stereo::figure_names().size()) + 64.0);
    fmt::print("  {:<14} {:.3g} MB\n", "store", bytes / 1e6);
    if (sample.failed > 0)
        fmt::print("  {:<14} {} of {} trials, e.g.: {}\n", "failed", sample.failed,
                   sample.repetitions * outline.procedures.size(), sample.reason);
}

}  // namespace tools
