#pragma once

#include <stereo/trials/statistics.hpp>
#include <stereo/trials/study_trials.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace stereo {

/// Errors of held-out beads along one stereo axis, over all trials of a condition.
struct AxisSummary {
    Estimate bias_mm;       ///< mean error
    Estimate precision_mm;  ///< standard deviation about the bias
    Estimate rms_mm;
    Estimate over_predicted;  ///< RMS over the RMS that the procedure predicts; NaN without one
};

struct ErrorSummary {
    std::array<AxisSummary, 3> axes;  ///< along the baseline, across it, depth
    Estimate rms_mm;                  ///< of the length
};

/// Where the 3D error of held-out beads as calibrated comes from: parts whose squares add up to the
/// square of the whole. Each is a root with the sign of its square: a prediction that is too large
/// leaves a negative rest. NaN where a procedure predicts nothing.
struct ErrorParts {
    double points_mm = 0.0;       ///< noise of the reconstructed beads' own pixels
    double calibration_mm = 0.0;  ///< noise that came through the calibration
    double scale_mm = 0.0;        ///< everything too large or too small, on average
    double rest_mm = 0.0;         ///< what no error bar foresees
    /// Of the whole, what a rigid motion of all points takes away: where the world's frame is.
    double frame_mm = 0.0;
};

/// One procedure in one condition.
struct ConditionSummary {
    std::size_t condition = 0;
    std::size_t procedure = 0;
    std::size_t trials = 0;
    std::size_t failed = 0;
    std::vector<std::pair<std::string, std::size_t>> reasons;  ///< of failures, most frequent first
    ErrorSummary absolute;                                     ///< in the world as calibrated
    ErrorSummary aligned;                                      ///< after the best rigid motion
    ErrorParts parts;
    Estimate coverage_95;  ///< of the regions of 95 % that are claimed for points; 0.95 is honest
    Estimate parameter_coverage_95;   ///< of the intervals claimed for the views' 13 numbers
    Estimate parameter_error_rms_sd;  ///< their errors over their claimed standard deviations
    Estimate localization_sigma_px;
    Estimate calibration_rms_px;
    Estimate epipolar_rms_px;
    Estimate depth_law_mm;     ///< Z^2 delta_d / (B f)
    Estimate source_error_mm;  ///< RMS of the distance of a source from its true place
    Estimate scale_error;      ///< mean of reconstructed over true size, minus 1
    Estimate distance_rms_mm;  ///< of distances between beads of a pose
};

/// One procedure over all conditions, against the best one.
struct LeaderboardRow {
    std::size_t procedure = 0;
    std::size_t trials = 0;
    std::size_t failed = 0;
    Estimate geometric_rms_mm;  ///< geometric mean over trials of the 3D RMS as calibrated
    /// The same over the best procedure's, repetition by repetition (their mean over conditions).
    PairedComparison over_best;
    Estimate coverage_95;
};

struct StudySummary {
    StudyOutline outline;
    std::vector<ConditionSummary> conditions;  ///< by condition, then procedure
    std::vector<LeaderboardRow> leaderboard;   ///< best first
    TrialStore::Counts counts;
};

[[nodiscard]] StudySummary summarize(const StudyTrials& trials);

/// The summary as JSON (schema stereodrr/study-summary/v1); what does not exist is null.
[[nodiscard]] std::string study_summary_json(const StudySummary& summary);

}  // namespace stereo
