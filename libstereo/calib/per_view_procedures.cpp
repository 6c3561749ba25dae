#include "bundle.hpp"
#include "dlt_covariance.hpp"
#include "procedures.hpp"

#include <stereo/calib/dlt.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace stereo {
namespace {

Observations of_view(const Observations& observations, int view) {
    Observations result = observations;
    result.view_count = 1;
    std::erase_if(result.items, [&](const Observation& item) { return item.view != view; });
    for (auto& item : result.items)
        item.view = 0;
    return result;
}

// Views are independent. Skew is part of the fit and not of the view, so that the noise is told by
// the residuals of the matrices.
void add_dlt_covariance(const Observations& observations, const CalibrationOptions& options,
                        Calibration& result) {
    const auto size = static_cast<Eigen::Index>(result.views.size()) * view_columns;
    Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(size, size);
    std::vector<Parameter> parameters;
    double weighted = 0.0;
    for (std::size_t v = 0; v < result.views.size(); ++v) {
        const ImagePoints image =
            points_of_image(observations, result.world_pose, static_cast<int>(v));
        std::vector<double> sd_px;
        for (const auto& item : observations.items)
            if (item.pose == result.world_pose && item.view == static_cast<int>(v))
                sd_px.push_back(item.sd_px);
        const auto of_view =
            dlt_covariance(image.points_in_phantom_mm, image.pixels, sd_px, result.views[v]);
        if (!of_view) return;
        const auto at = static_cast<Eigen::Index>(v) * view_columns;
        covariance.block<view_columns, view_columns>(at, at) = *of_view;
        for (const auto& parameter : view_parameters(static_cast<int>(v)))
            parameters.push_back(parameter);
        const DltResult linear = dlt(image.points_in_phantom_mm, image.pixels);
        for (std::size_t i = 0; i < image.pixels.size(); ++i)
            weighted += ((drr::project(linear.projection_matrix, image.points_in_phantom_mm[i]) -
                          image.pixels[i]) /
                         sd_px[i])
                            .squaredNorm();
    }
    if (options.noise != NoiseScale::declared) {
        if (result.degrees_of_freedom <= 0) return;
        covariance *= weighted / result.degrees_of_freedom;
    }
    result.covariance = covariance;
    result.parameters = parameters;
}

}  // namespace

Calibration calibrate_dlt(const Observations& observations, const CalibrationOptions& options) {
    Calibration result;
    result.procedure = Procedure::dlt;
    result.markers_in_phantom_mm = observations.markers_in_phantom_mm;
    std::string last;
    for (int pose = 0; pose < observations.pose_count && !result.ok; ++pose) {
        result.views.clear();
        result.ok = true;
        for (int view = 0; view < observations.view_count && result.ok; ++view) {
            const ImagePoints image = points_of_image(observations, pose, view);
            const DltResult linear = dlt(image.points_in_phantom_mm, image.pixels);
            result.ok = linear.ok;
            if (!linear.ok) {
                last = fmt::format("pose {}, view {}: {}", pose, view, linear.summary);
                continue;
            }
            auto found = drr::decompose_projection(linear.projection_matrix).view;
            found.width_px = observations.width_px;
            found.height_px = observations.height_px;
            result.views.push_back(found);
        }
        result.world_pose = pose;
    }
    if (!result.ok) {
        result.views.clear();
        result.undetermined.push_back("no pose has enough markers in every view for a DLT; last, " +
                                      last);
        result.summary = result.undetermined.front();
        return result;
    }
    const auto poses = static_cast<std::size_t>(observations.pose_count);
    result.world_from_phantom.resize(poses);
    result.pose_known.assign(poses, false);
    result.pose_known[static_cast<std::size_t>(result.world_pose)] = true;
    double sum = 0.0;
    double weighted = 0.0;
    int count = 0;
    for (const auto& item : observations.items) {
        const bool here = item.pose == result.world_pose;
        result.used.push_back(here);
        const Eigen::Vector2d residual =
            here ? Eigen::Vector2d(
                       item.pixel -
                       result.views[static_cast<std::size_t>(item.view)].project(
                           observations
                               .markers_in_phantom_mm[static_cast<std::size_t>(item.marker)]))
                 : Eigen::Vector2d::Zero();
        result.residuals_px.push_back(residual);
        sum += residual.squaredNorm();
        weighted += residual.squaredNorm() / (item.sd_px * item.sd_px);
        count += here ? 1 : 0;
    }
    constexpr int parameters_per_view = 11;
    result.degrees_of_freedom = 2 * count - parameters_per_view * observations.view_count;
    result.rms_px = std::sqrt(sum / count);
    if (result.degrees_of_freedom > 0)
        result.sigma0 = std::sqrt(weighted / result.degrees_of_freedom);
    if (options.covariance) add_dlt_covariance(observations, options, result);
    result.summary = fmt::format("{} observations of pose {}, RMS {:.4f} px", count,
                                 result.world_pose, result.rms_px);
    return result;
}

Calibration calibrate_resection(const Observations& observations,
                                const CalibrationOptions& options) {
    Calibration result;
    result.procedure = Procedure::resection;
    result.markers_in_phantom_mm = observations.markers_in_phantom_mm;
    result.residuals_px.resize(observations.items.size());
    result.used.resize(observations.items.size());
    result.ok = true;
    double sum = 0.0;
    double weighted = 0.0;
    std::size_t count = 0;
    for (int view = 0; view < observations.view_count; ++view) {
        CalibrationOptions own = options;
        own.priors = {};
        for (auto prior : options.priors.focal_lengths)
            if (std::exchange(prior.view, 0) == view) own.priors.focal_lengths.push_back(prior);
        for (auto prior : options.priors.principal_points)
            if (std::exchange(prior.view, 0) == view) own.priors.principal_points.push_back(prior);
        const Calibration one = bundle(of_view(observations, view), own, false);
        if (view == 0) {
            result.world_pose = one.world_pose;
            result.world_from_phantom = one.world_from_phantom;
            result.pose_known = one.pose_known;
        }
        std::string failure = one.ok ? "" : one.summary;
        if (one.ok && one.world_pose != result.world_pose)
            failure = fmt::format("does not see pose {}, the world of view 0", result.world_pose);
        if (!failure.empty()) {
            result.ok = false;
            result.undetermined.push_back(fmt::format("view {}: {}", view, failure));
            continue;
        }
        result.views.push_back(one.views[0]);
        for (std::size_t pose = 0; pose < result.pose_known.size(); ++pose)
            if (!result.pose_known[pose] && one.pose_known[pose]) {
                result.pose_known[pose] = true;
                result.world_from_phantom[pose] = one.world_from_phantom[pose];
            }
        std::size_t at = 0;
        for (std::size_t i = 0; i < observations.items.size(); ++i) {
            if (observations.items[i].view != view) continue;
            result.residuals_px[i] = one.residuals_px[at];
            result.used[i] = one.used[at++];
        }
        const auto used =
            static_cast<std::size_t>(std::count(one.used.begin(), one.used.end(), true));
        sum += one.rms_px * one.rms_px * static_cast<double>(used);
        weighted += one.sigma0 * one.sigma0 * one.degrees_of_freedom;
        count += used;
        result.rejected_count += one.rejected_count;
        result.degrees_of_freedom += one.degrees_of_freedom;
        result.iterations += one.iterations;
        if (one.covariance.size() == 0) continue;
        // The view's own parameters come first.
        Eigen::Index own_count = 0;
        for (const auto& parameter : one.parameters) {
            if (parameter.kind == ParameterKind::pose_turn_rad ||
                parameter.kind == ParameterKind::pose_shift_mm)
                break;
            result.parameters.push_back({parameter.kind, view, parameter.axis});
            ++own_count;
        }
        const Eigen::Index before = result.covariance.rows();
        result.covariance.conservativeResize(before + own_count, before + own_count);
        result.covariance.rightCols(own_count).setZero();
        result.covariance.bottomRows(own_count).setZero();
        result.covariance.bottomRightCorner(own_count, own_count) =
            one.covariance.topLeftCorner(own_count, own_count);
    }
    if (!result.ok) {
        result.summary = result.undetermined.front();
        return result;
    }
    result.rms_px = std::sqrt(sum / static_cast<double>(count));
    result.sigma0 = std::sqrt(weighted / result.degrees_of_freedom);
    result.summary = fmt::format("{} observations, {} rejected, RMS {:.4f} px, view by view", count,
                                 result.rejected_count, result.rms_px);
    return result;
}

}  // namespace stereo
