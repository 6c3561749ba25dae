#pragma once

#include <drr/core/log.hpp>
#include <stereo/study/experiment.hpp>
#include <stereo/study/metrics.hpp>
#include <stereo/study/validation.hpp>

#include <string>
#include <vector>

namespace stereo {

/// An experiment with some of its effects.
struct BudgetStep {
    std::string effect;  ///< what this step adds to the one before
    ExperimentSpec spec;
};

/// The experiment without any effect that disturbs a bead's image (bare beads built as designed,
/// one photon energy, no noise and no blur), and then with its effects added one at a time, in the
/// order of the imaging chain; the last is the experiment itself. Effects that it has not are left
/// out. Seeds are the experiment's own in all steps, so that poses and what is random in an effect
/// do not change when others are added.
[[nodiscard]] std::vector<BudgetStep> budget_steps(const ExperimentSpec& spec);

/// What came out of one step.
struct BudgetRow {
    std::string effect;
    Localization localization;
    PointErrors aligned;   ///< of held-out beads, after rigid alignment
    PointErrors absolute;  ///< of held-out beads in the calibrated frame
    std::size_t used = 0;  ///< observations that the calibration used
    bool ok = false;
    std::string summary;  ///< of the validation: what failed when not ok
};

/// What each effect of an experiment costs.
struct ErrorBudget {
    ExperimentSpec spec;
    std::vector<BudgetRow> rows;
};

/// Runs all steps of budget_steps(). A step that fails is a row that is not ok.
[[nodiscard]] ErrorBudget error_budget(const ExperimentSpec& spec,
                                       const drr::ProgressSink& progress = {});

/// What was added to a root mean square error, as if independent of what was there before: the root
/// of the difference of the squares, negative where the error shrank.
[[nodiscard]] double added_rms(double before, double after);

/// The budget for programs: one object a step, with units in its keys.
[[nodiscard]] std::string error_budget_json(const ErrorBudget& budget);

/// The budget as a page of its own: a picture of bars and the table.
[[nodiscard]] std::string error_budget_html(const ErrorBudget& budget);

}  // namespace stereo
