#include "pose_and_focal.hpp"

#include <drr/geometry/decompositions.hpp>

#include <cmath>
#include <limits>

namespace stereo {
namespace {

using Matrix7d = Eigen::Matrix<double, 7, 7>;
using Vector7d = Eigen::Matrix<double, 7, 1>;

struct Sums {
    Matrix7d normal = Matrix7d::Zero();
    Vector7d gradient = Vector7d::Zero();
};

double cost_of(std::span<const MarkerSight> sights, const drr::Pinhole& nominal,
               const ViewPose& pose, double log_focal_sd) {
    const drr::Pinhole pinhole = scaled(nominal, pose.log_focal);
    const Eigen::Matrix3d rotation = pose.view_from_phantom.matrix();
    double cost = std::pow(pose.log_focal / log_focal_sd, 2);
    for (const auto& sight : sights) {
        const Eigen::Vector3d p = rotation * sight.point_mm + pose.view_from_phantom.translation_mm;
        if (p.z() <= 0.0) return std::numeric_limits<double>::infinity();
        cost += (pinhole.project(p) - sight.pixel).squaredNorm() / (sight.sd_px * sight.sd_px);
    }
    return cost;
}

// The update is view_from_phantom <- exp(w) R, t + dt, log_focal + df.
Sums linearize(std::span<const MarkerSight> sights, const drr::Pinhole& nominal,
               const ViewPose& pose, double log_focal_sd) {
    const drr::Pinhole pinhole = scaled(nominal, pose.log_focal);
    const Eigen::Matrix3d rotation = pose.view_from_phantom.matrix();
    Sums sums;
    for (const auto& sight : sights) {
        const Eigen::Vector3d turned = rotation * sight.point_mm;
        const Eigen::Vector3d p = turned + pose.view_from_phantom.translation_mm;
        const double weight = 1.0 / sight.sd_px;
        const Eigen::Vector2d centred(pinhole.fx_px * p.x() / p.z(), pinhole.fy_px * p.y() / p.z());
        const Eigen::Vector2d residual =
            weight * (centred + Eigen::Vector2d(pinhole.cx_px, pinhole.cy_px) - sight.pixel);
        Eigen::Matrix<double, 2, 3> d_pixel;
        d_pixel << pinhole.fx_px / p.z(), 0.0, -centred.x() / p.z(), 0.0, pinhole.fy_px / p.z(),
            -centred.y() / p.z();
        d_pixel *= weight;
        Eigen::Matrix<double, 2, 7> jacobian;
        jacobian << -d_pixel * drr::cross_matrix(turned), d_pixel, weight * centred;
        sums.normal.noalias() += jacobian.transpose() * jacobian;
        sums.gradient.noalias() += jacobian.transpose() * residual;
    }
    sums.normal(6, 6) += 1.0 / (log_focal_sd * log_focal_sd);
    sums.gradient(6) += pose.log_focal / (log_focal_sd * log_focal_sd);
    return sums;
}

}  // namespace

drr::Pinhole scaled(const drr::Pinhole& nominal, double log_focal) {
    drr::Pinhole pinhole = nominal;
    const double scale = std::exp(log_focal);
    pinhole.fx_px *= scale;
    pinhole.fy_px *= scale;
    return pinhole;
}

ViewPoseFit fit_pose_and_focal(std::span<const MarkerSight> sights, const drr::Pinhole& nominal,
                               const ViewPose& initial, double log_focal_sd, int max_iterations) {
    ViewPoseFit fit{initial, {}};
    double cost = cost_of(sights, nominal, initial, log_focal_sd);
    if (!std::isfinite(cost)) return fit;
    Sums sums = linearize(sights, nominal, initial, log_focal_sd);
    double damping = 1e-6;
    for (int iteration = 0; iteration < max_iterations; ++iteration) {
        Matrix7d damped = sums.normal;
        damped.diagonal() *= 1.0 + damping;
        const Vector7d step = -drr::solve_symmetric(damped, sums.gradient);
        ViewPose trial;
        trial.view_from_phantom.rotation =
            (drr::rotation_from_vector(step.head<3>()) * fit.pose.view_from_phantom.rotation)
                .normalized();
        trial.view_from_phantom.translation_mm =
            fit.pose.view_from_phantom.translation_mm + step.segment<3>(3);
        trial.log_focal = fit.pose.log_focal + step[6];
        const double trial_cost = cost_of(sights, nominal, trial, log_focal_sd);
        if (!(trial_cost <= cost)) {
            damping = std::max(damping, 1e-5) * 10.0;
            continue;
        }
        const double gain = cost - trial_cost;
        fit.pose = trial;
        cost = trial_cost;
        damping = std::max(damping * 0.1, 1e-12);
        sums = linearize(sights, nominal, fit.pose, log_focal_sd);
        if (gain <= 1e-4) break;  // of the log-likelihood's double: no decision hangs on that
    }
    // A little of the diagonal for sights that leave the pose open: three, or on one line.
    sums.normal.diagonal() *= 1.0 + 1e-9;
    fit.covariance = drr::solve_symmetric(sums.normal, Matrix7d::Identity());
    return fit;
}

}  // namespace stereo
