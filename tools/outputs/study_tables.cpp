#include "outputs/study_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tools {
namespace {

using stereo::Estimate;

std::string number(double value) {
    return std::isnan(value) ? "-" : fmt::format("{:.4f}", value);
}

// value [low, high]
std::string with_interval(const Estimate& e) {
    if (std::isnan(e.low)) return number(e.value);
    return fmt::format("{:.4f} [{:.4f}, {:.4f}]", e.value, e.low, e.high);
}

std::string percent(const Estimate& e) {
    if (std::isnan(e.value)) return "-";
    if (std::isnan(e.low)) return fmt::format("{:.1f}", 100.0 * e.value);
    return fmt::format("{:.1f} +- {:.1f}", 100.0 * e.value, 50.0 * (e.high - e.low));
}

std::string setting(const stereo::StudySummary& summary, const stereo::ConditionSummary& row) {
    std::string text = summary.outline.condition_text(row.condition);
    if (summary.outline.procedures.size() > 1)
        text += (text.empty() ? "" : ", ") + summary.outline.procedures[row.procedure];
    return text.empty() ? "all" : text;
}

}  // namespace

void print_conditions(const stereo::StudySummary& summary) {
    std::size_t width = 10;
    for (const auto& row : summary.conditions)
        width = std::max(width, setting(summary, row).size());
    fmt::print("\n{} ({} level, {} repetitions)\n", summary.outline.name,
               stereo::name_of(summary.outline.level), summary.outline.repetitions);
    fmt::print(
        "RMS errors of held-out beads in mm with 95 % intervals, as calibrated; x along the "
        "baseline, y across, z depth\n\n");
    fmt::print("{:<{}} {:>7} {:>26} {:>26} {:>26} {:>26} {:>13} {:>14}\n", "", width, "ok", "x",
               "y", "z", "3D", "z/predicted", "coverage, %");
    for (const auto& row : summary.conditions) {
        const auto& axes = row.absolute.axes;
        fmt::print("{:<{}} {:>7} {:>26} {:>26} {:>26} {:>26} {:>13} {:>14}\n",
                   setting(summary, row), width, row.trials - row.failed,
                   with_interval(axes[0].rms_mm), with_interval(axes[1].rms_mm),
                   with_interval(axes[2].rms_mm), with_interval(row.absolute.rms_mm),
                   number(axes[2].over_predicted.value), percent(row.coverage_95));
    }
    fmt::print("\nAfter the best rigid motion of all held-out beads; law: Z^2 delta_d / (B f)\n\n");
    fmt::print("{:<{}} {:>26} {:>26} {:>26} {:>9} {:>11} {:>11} {:>11} {:>11}\n", "", width, "x",
               "y", "z", "law, mm", "sigma, px", "epipolar,px", "source, mm", "scale, %");
    for (const auto& row : summary.conditions) {
        const auto& axes = row.aligned.axes;
        fmt::print("{:<{}} {:>26} {:>26} {:>26} {:>9} {:>11} {:>11} {:>11} {:>11}\n",
                   setting(summary, row), width, with_interval(axes[0].rms_mm),
                   with_interval(axes[1].rms_mm), with_interval(axes[2].rms_mm),
                   number(row.depth_law_mm.value), number(row.localization_sigma_px.value),
                   number(row.epipolar_rms_px.value), number(row.source_error_mm.value),
                   number(100.0 * row.scale_error.value));
    }
}

void print_leaderboard(const stereo::StudySummary& summary) {
    if (summary.leaderboard.size() < 2) return;
    fmt::print(
        "\nProcedures, over the same trials: geometric mean of the 3D RMS as calibrated, mm\n\n");
    fmt::print("{:<24} {:>26} {:>26} {:>10} {:>10} {:>14} {:>9}\n", "procedure", "error",
               "over the best", "p", "better, %", "coverage, %", "failed");
    for (const auto& row : summary.leaderboard)
        fmt::print("{:<24} {:>26} {:>26} {:>10} {:>10.0f} {:>14} {:>9}\n",
                   summary.outline.procedures[row.procedure], with_interval(row.geometric_rms_mm),
                   with_interval(row.over_best.ratio), fmt::format("{:.2g}", row.over_best.p_value),
                   100.0 * row.over_best.a_better, percent(row.coverage_95),
                   fmt::format("{}/{}", row.failed, row.trials));
}

void print_failures(const stereo::StudySummary& summary) {
    bool first = true;
    for (const auto& row : summary.conditions) {
        if (row.reasons.empty()) continue;
        if (first) fmt::print("\nFailed trials\n");
        first = false;
        fmt::print("  {}: {} of {}, mostly: {}\n", setting(summary, row), row.failed, row.trials,
                   row.reasons.front().first);
    }
}

}  // namespace tools
