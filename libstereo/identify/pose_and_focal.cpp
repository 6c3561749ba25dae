#include "pose_and_focal.hpp"

#include "pose_equations.hpp"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

using Matrix7d = Eigen::Matrix<double, 7, 7>;
using Vector7d = Eigen::Matrix<double, 7, 1>;

// With the prior of the focal length.
PoseEquations equations_at(const drr::MarkerSights& sights, const drr::Pinhole& nominal,
                           const ViewPose& pose, double log_focal_sd) {
    PoseEquations equations = pose_equations(sights, nominal, pose);
    const double weight = 1.0 / (log_focal_sd * log_focal_sd);
    equations.normal(6, 6) += weight;
    equations.gradient(6) += weight * pose.log_focal;
    equations.cost += weight * pose.log_focal * pose.log_focal;
    return equations;
}

ViewPose moved(const ViewPose& pose, const Vector7d& step) {
    ViewPose result;
    result.view_from_phantom.rotation =
        (drr::rotation_from_vector(step.head<3>()) * pose.view_from_phantom.rotation).normalized();
    result.view_from_phantom.translation_mm =
        pose.view_from_phantom.translation_mm + step.segment<3>(3);
    result.log_focal = pose.log_focal + step[6];
    return result;
}

}  // namespace

drr::Pinhole scaled(const drr::Pinhole& nominal, double log_focal) {
    drr::Pinhole pinhole = nominal;
    const double scale = std::exp(log_focal);
    pinhole.fx_px *= scale;
    pinhole.fy_px *= scale;
    return pinhole;
}

ViewPoseFit fit_pose_and_focal(const drr::MarkerSights& sights, const drr::Pinhole& nominal,
                               const ViewPose& initial, double log_focal_sd, int max_iterations) {
    ViewPoseFit fit{initial, {}};
    PoseEquations at = equations_at(sights, nominal, initial, log_focal_sd);
    if (!std::isfinite(at.cost)) return fit;
    double damping = 1e-6;
    for (int iteration = 0; iteration < max_iterations; ++iteration) {
        Matrix7d damped = at.normal;
        damped.diagonal() *= 1.0 + damping;
        const ViewPose trial = moved(fit.pose, -damped.ldlt().solve(at.gradient));
        const PoseEquations there = equations_at(sights, nominal, trial, log_focal_sd);
        if (!(there.cost <= at.cost)) {
            damping = std::max(damping, 1e-5) * 10.0;
            continue;
        }
        const double gain = at.cost - there.cost;
        fit.pose = trial;
        at = there;
        damping = std::max(damping * 0.1, 1e-12);
        if (gain <= 1e-4) break;  // of the log-likelihood's double: no decision hangs on that
    }
    // A little of the diagonal for sights that leave the pose open: three, or on one line.
    at.normal.diagonal() *= 1.0 + 1e-9;
    fit.covariance = at.normal.ldlt().solve(Matrix7d::Identity());
    return fit;
}

}  // namespace stereo
