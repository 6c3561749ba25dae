#include "bundle.hpp"

#include "bundle_problem.hpp"
#include "degeneracy.hpp"
#include "neighbour_correlation.hpp"
#include "variance_components.hpp"
#include "wand.hpp"

#include <stereo/calib/chi_square.hpp>
#include <stereo/calib/initial_calibration.hpp>

#include <Eigen/Cholesky>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace stereo {
namespace {

// An outlier pulls its neighbours over the limit too, so those are asked again without it.
constexpr int max_rounds = 5;

drr::Pinhole mean_pinhole(const std::vector<drr::CalibratedView>& views) {
    drr::Pinhole mean;
    for (const auto& view : views) {
        const double share = 1.0 / static_cast<double>(views.size());
        mean.fx_px += share * view.pinhole.fx_px;
        mean.fy_px += share * view.pinhole.fy_px;
        mean.cx_px += share * view.pinhole.cx_px;
        mean.cy_px += share * view.pinhole.cy_px;
    }
    return mean;
}

void fill_residuals(const BundleProblem& problem, Calibration& result) {
    const Observations& observations = problem.observations;
    double sum = 0.0;
    double weighted = 0.0;
    std::size_t count = 0;
    result.residuals_px = problem.residuals_px();
    for (std::size_t i = 0; i < observations.items.size(); ++i) {
        const Observation& item = observations.items[i];
        if (!result.used[i]) {
            if (result.pose_known[static_cast<std::size_t>(item.pose)]) ++result.rejected_count;
            continue;
        }
        sum += result.residuals_px[i].squaredNorm();
        weighted += result.residuals_px[i].squaredNorm() / (item.sd_px * item.sd_px);
        ++count;
    }
    result.rms_px = count > 0 ? std::sqrt(sum / static_cast<double>(count)) : 0.0;
    // What is known beside the images was measured too, and counts with its own residuals.
    NormalEquations priors;
    priors.reset(problem.layout);
    add_priors(observations, problem.state, problem.layout, problem.options.priors, priors);
    weighted += priors.cost;
    result.degrees_of_freedom = 2 * static_cast<int>(count) +
                                prior_count(problem.layout, problem.options.priors) -
                                problem.layout.size();
    if (result.degrees_of_freedom <= 0) return;
    result.sigma0 = std::sqrt(weighted / result.degrees_of_freedom);
    result.noise_p_value = chi_square_p_value(weighted, result.degrees_of_freedom);
}

void fill_covariance(const BundleProblem& problem, Calibration& result) {
    NormalEquations equations;
    problem.linearize(problem.state, by_image(problem.observations, problem.used), equations);
    if (!equations.valid || !equations.matrix().allFinite()) {
        result.undetermined.emplace_back(
            "no view explains the observations: SDD and source-isocentre distance cannot be told "
            "apart where the markers are so near each other that their rays are all but parallel, "
            "or their noise is too large");
        return;
    }
    const NormalInverse inverse =
        invert_normal_matrix(equations.matrix(), problem.layout.parameters, problem.state);
    result.undetermined = inverse.undetermined;
    if (!result.undetermined.empty()) return;
    result.parameters = problem.layout.parameters;
    const bool estimated = problem.options.noise != NoiseScale::declared;
    if (problem.options.errors == ErrorModel::correlated_neighbours &&
        result.degrees_of_freedom > 0) {
        const NeighbourCorrelation correlation = estimate_neighbour_correlation(problem);
        result.correlation_length_mm = correlation.length_mm;
        result.covariance = (estimated ? correlation.variance : 1.0) * inverse.inverse *
                            correlation.gradient_covariance * inverse.inverse;
    } else {
        const double scale = estimated ? result.sigma0 * result.sigma0 : 1.0;
        result.covariance = scale * inverse.inverse;
    }
    result.undetermined = beyond_first_order(result.covariance, result.parameters, problem.state);
    if (result.undetermined.empty()) return;
    result.parameters.clear();
    result.covariance.resize(0, 0);
}

// Poses of which hardly an observation is left, as when the beads of one of their images bear wrong
// names: nothing tells them any more. Returns how many observations they had.
std::size_t give_up_bare_poses(BundleProblem& problem, const LayoutChoice& choice) {
    constexpr int needed = 3;  // six numbers
    std::vector<int> left(problem.pose_known.size(), 0);
    for (std::size_t i = 0; i < problem.used.size(); ++i)
        if (problem.used[i]) ++left[static_cast<std::size_t>(problem.observations.items[i].pose)];
    std::size_t given_up = 0;
    for (std::size_t i = 0; i < problem.used.size(); ++i) {
        const int pose = problem.observations.items[i].pose;
        const auto p = static_cast<std::size_t>(pose);
        if (pose == choice.world_pose || left[p] >= needed || !problem.layout.is_adjusted(pose))
            continue;
        problem.used[i] = false;
        problem.pose_known[p] = false;
        ++given_up;
    }
    if (given_up > 0)
        problem.layout = make_layout(problem.options, problem.state.views.size(),
                                     problem.pose_known, problem.layout.of_marker.size(), choice);
    return given_up;
}

// The minimum over the observations that lie within the noise.
BundleProblem::Minimum settle(BundleProblem& problem, const LayoutChoice& choice,
                              Calibration& result) {
    BundleProblem::Minimum minimum = problem.minimize();
    result.iterations += minimum.iterations;
    for (int round = 0;
         problem.options.outlier_sigmas > 0.0 && round < max_rounds && problem.reject_outliers();
         ++round) {
        result.rejected_count += give_up_bare_poses(problem, choice);
        minimum = problem.minimize();
        result.iterations += minimum.iterations;
    }
    return minimum;
}

// What a calibration says is about the phantom's own poses and observations; those of the wand
// stand last.
void leave_out_wand(const Observations& observations, Calibration& result) {
    const auto poses = static_cast<std::size_t>(observations.pose_count);
    result.wand_frames = static_cast<int>(std::count(
        result.pose_known.begin() + observations.pose_count, result.pose_known.end(), true));
    result.world_from_phantom.resize(poses);
    result.pose_known.resize(poses);
    result.used.resize(observations.items.size());
    result.residuals_px.resize(observations.items.size());
    const auto of_wand =
        std::find_if(result.parameters.begin(), result.parameters.end(), [&](const Parameter& p) {
            return p.kind >= ParameterKind::pose_turn_rad && p.index >= observations.pose_count;
        });
    const auto kept = of_wand - result.parameters.begin();
    if (of_wand == result.parameters.end()) return;
    result.parameters.erase(of_wand, result.parameters.end());
    result.covariance = Eigen::MatrixXd(result.covariance.topLeftCorner(kept, kept));
}

}  // namespace

Calibration bundle(const Observations& observations, const CalibrationOptions& options,
                   bool refine_markers) {
    Calibration result;
    result.procedure = refine_markers ? Procedure::bundle_phantom : Procedure::bundle;
    const InitialCalibration start =
        initial_calibration(observations, options.priors.focal_lengths);
    result.undetermined = start.undetermined;
    if (!start.ok) {
        result.summary = start.summary;
        return result;
    }
    Observations joined = with_wand_poses(observations);
    const std::size_t markers = joined.markers_in_phantom_mm.size();
    BundleState state;
    state.views = start.views;
    state.phantom_markers = observations.markers_in_phantom_mm.size();
    if (options.shared_intrinsics)
        for (auto& view : state.views)
            view.pinhole = mean_pinhole(start.views);
    state.world_from_phantom = start.world_from_phantom;
    std::vector<bool> pose_known = start.pose_known;
    for (const auto& pose : world_from_wand(observations.wand, state.views)) {
        pose_known.push_back(pose.has_value());
        state.world_from_phantom.push_back(pose.value_or(drr::Rigid3()));
    }
    state.marker_shifts_mm.resize(markers, Eigen::Vector3d::Zero());
    const bool has_wand = !observations.wand.beads_mm.empty();
    const LayoutChoice choice{
        start.world_pose,        refine_markers, state.phantom_markers,
        observations.pose_count, has_wand,       has_wand && is_straight(observations.wand)};
    BundleProblem problem{joined,
                          options,
                          make_layout(options, start.views.size(), pose_known, markers, choice),
                          std::move(state),
                          pose_known,
                          {}};
    for (const auto& item : joined.items)
        problem.used.push_back(pose_known[static_cast<std::size_t>(item.pose)]);
    BundleProblem::Minimum minimum = settle(problem, choice, result);
    if (options.noise == NoiseScale::per_view) {
        // The first factors decide anew what is an outlier, which the second ones are free of.
        result.view_noise = balance_views(problem, joined);
        minimum = settle(problem, choice, result);
        const std::vector<double> again = balance_views(problem, joined);
        for (std::size_t v = 0; v < again.size(); ++v)
            result.view_noise[v] *= again[v];
    }

    result.views = problem.state.views;
    result.world_from_phantom = problem.state.world_from_phantom;
    result.world_pose = start.world_pose;
    result.pose_known = problem.pose_known;
    result.used = problem.used;
    result.phantom_scale = problem.state.phantom_scale;
    result.wand_scale = problem.state.wand_scale;
    for (std::size_t m = 0; m < problem.state.phantom_markers; ++m)
        result.markers_in_phantom_mm.push_back(
            problem.state.marker_mm(joined, static_cast<int>(m)));
    fill_residuals(problem, result);
    if (options.covariance) fill_covariance(problem, result);
    leave_out_wand(observations, result);
    if (result.undetermined.empty() && result.degrees_of_freedom <= 0)
        result.undetermined.push_back(fmt::format(
            "{} measured numbers for {} parameters: nothing is left to tell the noise",
            2 * std::count(result.used.begin(), result.used.end(), true), problem.layout.size()));
    if (!result.undetermined.empty()) {
        result.summary =
            "the observations do not determine all parameters: " + result.undetermined.front();
        return result;
    }
    result.ok = minimum.converged;
    result.summary =
        fmt::format("{} observations, {} rejected, RMS {:.4f} px, {}",
                    std::count(result.used.begin(), result.used.end(), true), result.rejected_count,
                    result.rms_px, result.ok ? "converged" : "not converged");
    if (has_wand) result.summary += fmt::format("; wand in {} frames", result.wand_frames);
    if (result.correlation_length_mm > 0.0)
        result.summary += fmt::format("; errors of neighbours hang together over {:.3g} mm",
                                      result.correlation_length_mm);
    if (!result.view_noise.empty())
        result.summary += fmt::format("; noise of the views {:.3f} of their sd",
                                      fmt::join(result.view_noise, ", "));
    return result;
}

}  // namespace stereo
