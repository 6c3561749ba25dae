#include "held_out_pose.hpp"

#include <drr/core/error.hpp>
#include <stereo/calib/initial_calibration.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

void summarize(CrossValidation& result) {
    double squares = 0.0;
    double count = 0.0;
    double chi_square = 0.0;
    double expected = 0.0;
    double in_space = 0.0;
    double triangulated = 0.0;
    for (const auto& pose : result.poses) {
        squares += pose.rms_px * pose.rms_px * static_cast<double>(pose.count);
        count += static_cast<double>(pose.count);
        chi_square += pose.chi_square;
        expected += pose.expected_chi_square;
        in_space += pose.rigid_rms_mm * pose.rigid_rms_mm * static_cast<double>(pose.triangulated);
        triangulated += static_cast<double>(pose.triangulated);
    }
    result.ok = result.ok && count > 0.0;
    if (count > 0.0) result.rms_px = std::sqrt(squares / count);
    if (expected > 0.0) result.ratio = std::sqrt(chi_square / expected);
    if (triangulated > 0.0) result.rigid_rms_mm = std::sqrt(in_space / triangulated);
    std::sort(result.poses.begin(), result.poses.end(),
              [](const auto& a, const auto& b) { return a.pose < b.pose; });
    if (result.ok)
        result.summary = fmt::format(
            "{} poses held out in {} folds: RMS {:.4f} px, {:.2f} of what the error bars predict; "
            "{:.4f} mm RMS after the best rigid motion",
            result.poses.size(), result.folds, result.rms_px, result.ratio, result.rigid_rms_mm);
}

}  // namespace

CrossValidation cross_validate(Procedure procedure, const Observations& observations,
                               const CalibrationOptions& options, int folds) {
    observations.validate();
    drr::require(folds >= 2 && folds <= observations.pose_count,
                 fmt::format("poses are held out in 2 folds to as many as there are poses, {}",
                             observations.pose_count));
    CrossValidation result;
    result.folds = folds;
    // Outliers are those of the calibration over all poses; poses start from where that begins.
    const Calibration of_all = calibrate(procedure, observations, options);
    const InitialCalibration start =
        initial_calibration(observations, options.priors.focal_lengths);
    if (!of_all.ok || !start.ok) {
        result.summary = of_all.ok ? start.summary : of_all.summary;
        return result;
    }
    result.ok = true;
    double squares = 0.0;
    for (int fold = 0; fold < folds; ++fold) {
        Observations kept = observations;
        std::erase_if(kept.items, [&](const auto& item) { return item.pose % folds == fold; });
        const Calibration calibration = calibrate(procedure, kept, options);
        if (!calibration.ok) {
            result.ok = false;
            result.summary = fmt::format("fold {}: {}", fold, calibration.summary);
            return result;
        }
        squares += calibration.rms_px * calibration.rms_px / folds;
        for (int pose = fold; pose < observations.pose_count; pose += folds) {
            const auto p = static_cast<std::size_t>(pose);
            if (!start.pose_known[p]) continue;
            std::vector<Observation> items;
            for (std::size_t i = 0; i < observations.items.size(); ++i)
                if (observations.items[i].pose == pose && (of_all.used[i] || !of_all.pose_known[p]))
                    items.push_back(observations.items[i]);
            for (auto& item : items)
                if (!calibration.view_noise.empty())
                    item.sd_px *= calibration.view_noise[static_cast<std::size_t>(item.view)];
            const drr::Rigid3 about = calibration.views[0].view_from_world.inverse() *
                                      start.views[0].view_from_world * start.world_from_phantom[p];
            if (const auto judged = judge_held_out(calibration, items, about, options.noise))
                result.poses.push_back(*judged);
        }
    }
    result.fitted_rms_px = std::sqrt(squares);
    summarize(result);
    return result;
}

}  // namespace stereo
