#include <stereo/trials/study_summary.hpp>

#include <algorithm>
#include <cmath>
#include <map>

namespace stereo {
namespace {

/// The figures of the trials of one procedure in one condition that are ok.
class Columns {
  public:
    explicit Columns(const std::vector<const Trial*>& trials) : trials_(trials) {}

    [[nodiscard]] std::vector<double> operator()(const std::string& name) const {
        const std::size_t index = figure_index(name);
        std::vector<double> values;
        for (const Trial* trial : trials_)
            values.push_back(trial->figures[index]);
        return values;
    }

  private:
    const std::vector<const Trial*>& trials_;
};

Estimate without_bias(const Estimate& rms, double bias) {
    const auto part = [&](double value) {
        return std::sqrt(std::max(value * value - bias * bias, 0.0));
    };
    return {part(rms.value), part(rms.low), part(rms.high)};
}

ErrorSummary errors_of(const Columns& column, const std::string& frame) {
    ErrorSummary errors;
    const char* const axes[] = {"_x_mm", "_y_mm", "_z_mm"};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        AxisSummary& summary = errors.axes[axis];
        const std::vector<double> rms = column(frame + "_rms" + axes[axis]);
        summary.bias_mm = mean_of(column(frame + "_bias" + axes[axis]));
        summary.rms_mm = rms_of(rms);
        summary.precision_mm = without_bias(summary.rms_mm, summary.bias_mm.value);
        summary.over_predicted =
            rms_ratio_of(rms, column("predicted_" + frame + "_rms" + axes[axis]));
    }
    errors.rms_mm = rms_of(column(frame + "_rms_mm"));
    return errors;
}

double signed_root(double square) {
    return std::copysign(std::sqrt(std::abs(square)), square);
}

double square(double value) {
    return value * value;
}

ErrorParts parts_of(const Columns& column, const ConditionSummary& summary) {
    double predicted = 0.0;
    for (const char* const axis : {"_x_mm", "_y_mm", "_z_mm"})
        predicted += square(rms_of(column(std::string("predicted_absolute_rms") + axis)).value);
    const double whole = square(summary.absolute.rms_mm.value);
    const double points = square(rms_of(column("predicted_points_rms_mm")).value);
    // The scatter of the scale is in the prediction; what stays on average is not.
    const double scale = square(summary.scale_error.value * rms_of(column("spread_rms_mm")).value);
    return {std::sqrt(points), signed_root(predicted - points), std::sqrt(scale),
            signed_root(whole - predicted - scale),
            signed_root(whole - square(summary.aligned.rms_mm.value))};
}

Estimate source_error(const Columns& column) {
    std::vector<double> lengths;
    for (const char* const view : {"view0_source_error", "view1_source_error"}) {
        const auto x = column(std::string(view) + "_x_mm");
        const auto y = column(std::string(view) + "_y_mm");
        const auto z = column(std::string(view) + "_z_mm");
        for (std::size_t i = 0; i < x.size(); ++i)
            lengths.push_back(std::hypot(x[i], y[i], z[i]));
    }
    return rms_of(lengths);
}

ConditionSummary summary_of(std::size_t condition, std::size_t procedure,
                            const std::vector<const Trial*>& all) {
    ConditionSummary summary;
    summary.condition = condition;
    summary.procedure = procedure;
    summary.trials = all.size();
    std::map<std::string, std::size_t> reasons;
    std::vector<const Trial*> good;
    for (const Trial* trial : all) {
        if (trial->ok)
            good.push_back(trial);
        else
            ++reasons[trial->reason];
    }
    summary.failed = all.size() - good.size();
    summary.reasons.assign(reasons.begin(), reasons.end());
    std::stable_sort(summary.reasons.begin(), summary.reasons.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    const Columns column(good);
    summary.absolute = errors_of(column, "absolute");
    summary.aligned = errors_of(column, "aligned");
    summary.coverage_95 = mean_of(column("coverage_95_ratio"));
    summary.parameter_coverage_95 = mean_of(column("parameter_coverage_95_ratio"));
    summary.parameter_error_rms_sd = rms_of(column("parameter_error_rms_sd"));
    summary.localization_sigma_px = rms_of(column("localization_sigma_px"));
    summary.calibration_rms_px = rms_of(column("calibration_rms_px"));
    summary.epipolar_rms_px = rms_of(column("epipolar_rms_px"));
    summary.depth_law_mm = mean_of(column("depth_law_mm"));
    summary.source_error_mm = source_error(column);
    summary.scale_error = mean_of(column("scale_error_ratio"));
    summary.distance_rms_mm = rms_of(column("distance_rms_mm"));
    summary.parts = parts_of(column, summary);
    return summary;
}

/// Logarithms of the 3D RMS of all trials, for pairs: [procedure][repetition], the mean over the
/// conditions in which every procedure succeeded.
class LogErrors {
  public:
    LogErrors(std::size_t procedures, std::size_t repetitions)
        : sums_(procedures, std::vector<double>(repetitions, 0.0)), counts_(repetitions, 0.0) {}

    void add(std::size_t repetition, const std::vector<double>& rms_mm) {
        if (std::any_of(rms_mm.begin(), rms_mm.end(), [](double v) { return !(v > 0.0); })) return;
        counts_[repetition] += 1.0;
        for (std::size_t p = 0; p < sums_.size(); ++p)
            sums_[p][repetition] += std::log(rms_mm[p]);
    }

    /// Geometric means, one a repetition; NaN where there is none.
    [[nodiscard]] std::vector<double> of(std::size_t procedure) const {
        std::vector<double> values;
        for (std::size_t r = 0; r < counts_.size(); ++r)
            values.push_back(std::exp(sums_[procedure][r] / counts_[r]));
        return values;
    }

  private:
    std::vector<std::vector<double>> sums_;
    std::vector<double> counts_;
};

Estimate geometric_mean(const std::vector<double>& values) {
    std::vector<double> logs;
    for (const double value : values)
        logs.push_back(std::log(value));
    const Estimate mean = mean_of(logs);
    return {std::exp(mean.value), std::exp(mean.low), std::exp(mean.high)};
}

std::vector<LeaderboardRow> leaderboard_of(const std::vector<ConditionSummary>& conditions,
                                           const LogErrors& errors, std::size_t procedures) {
    std::vector<LeaderboardRow> rows(procedures);
    for (std::size_t p = 0; p < procedures; ++p) {
        rows[p].procedure = p;
        rows[p].geometric_rms_mm = geometric_mean(errors.of(p));
        std::vector<double> coverages;
        for (const ConditionSummary& condition : conditions) {
            if (condition.procedure != p) continue;
            rows[p].trials += condition.trials;
            rows[p].failed += condition.failed;
            coverages.push_back(condition.coverage_95.value);
        }
        rows[p].coverage_95 = mean_of(coverages);
    }
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
        // NaN, which no procedure that ever succeeded beside the others has, comes last.
        return a.geometric_rms_mm.value < b.geometric_rms_mm.value ||
               (!std::isnan(a.geometric_rms_mm.value) && std::isnan(b.geometric_rms_mm.value));
    });
    const std::vector<double> best = errors.of(rows.front().procedure);
    for (LeaderboardRow& row : rows)
        row.over_best = compare_pairs(errors.of(row.procedure), best);
    return rows;
}

}  // namespace

StudySummary summarize(const StudyTrials& trials) {
    StudySummary summary;
    summary.outline = trials.outline();
    summary.counts = trials.counts();
    const std::size_t procedures = summary.outline.procedures.size();
    const auto repetitions = static_cast<std::size_t>(summary.outline.repetitions);
    LogErrors errors(procedures, repetitions);
    const std::size_t rms = figure_index("absolute_rms_mm");
    for (std::size_t c = 0; c < summary.outline.conditions.size(); ++c) {
        const std::vector<Trial> all = trials.of_condition(c);
        std::vector<std::vector<const Trial*>> by_procedure(procedures);
        std::map<int, std::vector<double>> of_repetition;
        for (const Trial& trial : all) {
            by_procedure[trial.procedure].push_back(&trial);
            auto& values = of_repetition[trial.repetition];
            values.resize(procedures, std::nan(""));
            if (trial.ok) values[trial.procedure] = trial.figures[rms];
        }
        for (const auto& [repetition, values] : of_repetition)
            errors.add(static_cast<std::size_t>(repetition), values);
        for (std::size_t p = 0; p < procedures; ++p)
            summary.conditions.push_back(summary_of(c, p, by_procedure[p]));
    }
    summary.leaderboard = leaderboard_of(summary.conditions, errors, procedures);
    return summary;
}

}  // namespace stereo
