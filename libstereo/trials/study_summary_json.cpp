#include <drr/core/version.hpp>
#include <stereo/trials/study_summary.hpp>

#include <nlohmann/json.hpp>

#include <cmath>

namespace stereo {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) {
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json json_of(const Estimate& e) {
    return {{"value", number(e.value)}, {"low_95", number(e.low)}, {"high_95", number(e.high)}};
}

Json json_of(const ErrorSummary& errors) {
    Json out = Json::object();
    const char* const names[] = {"baseline_axis", "across_axis", "depth_axis"};
    for (std::size_t axis = 0; axis < 3; ++axis)
        out[names[axis]] = {
            {"bias_mm", json_of(errors.axes[axis].bias_mm)},
            {"precision_mm", json_of(errors.axes[axis].precision_mm)},
            {"rms_mm", json_of(errors.axes[axis].rms_mm)},
            {"rms_over_predicted_ratio", json_of(errors.axes[axis].over_predicted)}};
    out["rms_mm"] = json_of(errors.rms_mm);
    return out;
}

Json json_of(const ErrorParts& parts) {
    return {{"points_rms_mm", number(parts.points_mm)},
            {"calibration_rms_mm", number(parts.calibration_mm)},
            {"scale_rms_mm", number(parts.scale_mm)},
            {"rest_rms_mm", number(parts.rest_mm)},
            {"frame_rms_mm", number(parts.frame_mm)}};
}

Json json_of(const ConditionSummary& s, const StudyOutline& outline) {
    Json factors = Json::object();
    for (std::size_t f = 0; f < outline.factors.size(); ++f) {
        const FactorValue& value = outline.conditions[s.condition][f];
        factors[outline.factors[f]] = value.number ? Json(*value.number) : Json(value.text);
    }
    Json reasons = Json::array();
    for (const auto& [reason, count] : s.reasons)
        reasons.push_back({{"reason", reason}, {"count", count}});
    return {{"condition", s.condition},
            {"factors", factors},
            {"procedure", outline.procedures[s.procedure]},
            {"trial_count", s.trials},
            {"failed_count", s.failed},
            {"failures", reasons},
            {"absolute", json_of(s.absolute)},
            {"aligned", json_of(s.aligned)},
            {"error_parts", json_of(s.parts)},
            {"coverage_95_ratio", json_of(s.coverage_95)},
            {"parameter_coverage_95_ratio", json_of(s.parameter_coverage_95)},
            {"parameter_error_rms_sd", json_of(s.parameter_error_rms_sd)},
            {"localization_sigma_px", json_of(s.localization_sigma_px)},
            {"calibration_rms_px", json_of(s.calibration_rms_px)},
            {"epipolar_rms_px", json_of(s.epipolar_rms_px)},
            {"depth_law_mm", json_of(s.depth_law_mm)},
            {"source_error_rms_mm", json_of(s.source_error_mm)},
            {"scale_error_ratio", json_of(s.scale_error)},
            {"distance_rms_mm", json_of(s.distance_rms_mm)}};
}

}  // namespace

std::string study_summary_json(const StudySummary& summary) {
    const StudyOutline& outline = summary.outline;
    Json conditions = Json::array();
    for (const ConditionSummary& condition : summary.conditions)
        conditions.push_back(json_of(condition, outline));
    Json leaderboard = Json::array();
    for (const LeaderboardRow& row : summary.leaderboard)
        leaderboard.push_back({{"procedure", outline.procedures[row.procedure]},
                               {"trial_count", row.trials},
                               {"failed_count", row.failed},
                               {"geometric_rms_mm", json_of(row.geometric_rms_mm)},
                               {"over_best_ratio", json_of(row.over_best.ratio)},
                               {"p_value", number(row.over_best.p_value)},
                               {"coverage_95_ratio", json_of(row.coverage_95)}});
    const Json json = {{"schema", "stereodrr/study-summary/v1"},
                       {"version", drr::version()},
                       {"git_commit", drr::git_commit()},
                       {"name", outline.name},
                       {"description", outline.description},
                       {"level", name_of(outline.level)},
                       {"seed", outline.seed},
                       {"repetition_count", outline.repetitions},
                       {"trial_count", outline.trial_count()},
                       {"done_count", summary.counts.trials},
                       {"failed_count", summary.counts.failed},
                       {"conditions", conditions},
                       {"leaderboard", leaderboard}};
    return json.dump(1) + "\n";
}

}  // namespace stereo
