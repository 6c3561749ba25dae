#include "body_pose.hpp"

#include <Eigen/Cholesky>
#include <Eigen/LU>

#include <cmath>

namespace stereo {
namespace {

// A body about which nothing but its place is known may move by this much more than its motion may
// change between frames.
constexpr double unknown_velocity = 3.0;

}  // namespace

PredictedPixel predict_pixel(const drr::CalibratedView& view, const PoseEstimate& pose,
                             const BodyBead& bead) {
    PredictedPixel result;
    const Eigen::Vector3d arm = pose.world_from_body.rotation * bead.point_mm;
    const Eigen::Vector3d point = arm + pose.world_from_body.translation_mm;
    result.in_front = (view.view_from_world * point).z() > 0.0;
    if (!result.in_front) return result;
    result.pixel = view.project(point);
    const Eigen::Matrix<double, 2, 3> by_point = projection_jacobian(view, point);
    result.jacobian << by_point * -drr::cross_matrix(arm), by_point;
    const Eigen::Matrix<double, 2, 3> by_bead = by_point * pose.world_from_body.matrix();
    result.covariance_px2 = result.jacobian * pose.covariance * result.jacobian.transpose() +
                            by_bead * bead.covariance_mm2 * by_bead.transpose();
    return result;
}

drr::Rigid3 moved(const drr::Rigid3& world_from_body, const Eigen::Matrix<double, 6, 1>& step) {
    return {(drr::rotation_from_vector(step.head<3>()) * world_from_body.rotation).normalized(),
            world_from_body.translation_mm + step.tail<3>()};
}

FittedPose fit_body_pose(std::span<const drr::CalibratedView> views,
                         std::span<const Sighting> sightings, const drr::Rigid3& initial) {
    FittedPose fit;
    fit.pose.world_from_body = initial;
    if (sightings.size() < 3) return fit;
    constexpr int max_iterations = 20;
    constexpr double converged = 1e-9;  // rad and mm, far below any noise
    Matrix6d normal;
    fit.by_pixels.resize(6, static_cast<Eigen::Index>(2 * sightings.size()));
    for (int iteration = 0; iteration < max_iterations && !fit.ok; ++iteration) {
        normal.setZero();
        Eigen::Matrix<double, 6, 1> gradient = Eigen::Matrix<double, 6, 1>::Zero();
        fit.chi2 = 0.0;
        for (std::size_t i = 0; i < sightings.size(); ++i) {
            const Sighting& sighting = sightings[i];
            const PredictedPixel predicted = predict_pixel(
                views[sighting.view], {fit.pose.world_from_body, Matrix6d::Zero()}, sighting.bead);
            if (!predicted.in_front) return fit;
            const Eigen::Vector2d residual = sighting.seen.pixel - predicted.pixel;
            const Eigen::Matrix2d weight =
                (sighting.seen.covariance_px2 + predicted.covariance_px2).inverse();
            const Eigen::Matrix<double, 6, 2> weighed = predicted.jacobian.transpose() * weight;
            normal += weighed * predicted.jacobian;
            gradient += weighed * residual;
            fit.by_pixels.middleCols<2>(static_cast<Eigen::Index>(2 * i)) = weighed;
            fit.chi2 += residual.dot(weight * residual);
        }
        const Eigen::LDLT<Matrix6d> solver(normal);
        // Beads on a line, or too few of them: a direction without information.
        constexpr double singular = 1e-12;
        if (solver.info() != Eigen::Success || !(solver.rcond() > singular)) return fit;
        const Eigen::Matrix<double, 6, 1> step = solver.solve(gradient);
        if (!step.allFinite()) return fit;
        fit.pose.world_from_body = moved(fit.pose.world_from_body, step);
        fit.ok = step.norm() < converged;
    }
    if (!fit.ok) return fit;
    fit.pose.covariance = normal.inverse();
    fit.by_pixels = (fit.pose.covariance * fit.by_pixels).eval();
    return fit;
}

Matrix6d shared_covariance(const FittedPose& fit, std::span<const Sighting> sightings,
                           const CalibrationError& error) {
    std::vector<Eigen::Vector3d> points_mm;
    for (const Sighting& sighting : sightings)
        points_mm.push_back(fit.pose.world_from_body * sighting.bead.point_mm);
    const Eigen::MatrixXd of_both_views = error.covariance_px2(points_mm);
    Eigen::MatrixXd of_pixels(fit.by_pixels.cols(), fit.by_pixels.cols());
    for (std::size_t i = 0; i < sightings.size(); ++i)
        for (std::size_t j = 0; j < sightings.size(); ++j)
            of_pixels.block<2, 2>(static_cast<Eigen::Index>(2 * i),
                                  static_cast<Eigen::Index>(2 * j)) =
                of_both_views.block<2, 2>(static_cast<Eigen::Index>(4 * i + 2 * sightings[i].view),
                                          static_cast<Eigen::Index>(4 * j + 2 * sightings[j].view));
    return fit.by_pixels * of_pixels * fit.by_pixels.transpose();
}

PoseEstimate predicted_pose(const PoseEstimate* before, std::size_t frames_between,
                            const PoseEstimate& last, std::size_t frames,
                            const TrackOptions& options) {
    PoseEstimate pose = last;
    const auto ahead = static_cast<double>(frames);
    double step = 1.0 + ahead;  // a change of velocity acts on all frames that follow
    if (before != nullptr) {
        const double share = ahead / static_cast<double>(frames_between);
        const Eigen::Quaterniond turn =
            last.world_from_body.rotation * before->world_from_body.rotation.conjugate();
        Eigen::Matrix<double, 6, 1> motion;
        motion << share * drr::vector_from_rotation(turn),
            share * (last.world_from_body.translation_mm - before->world_from_body.translation_mm);
        pose.world_from_body = moved(last.world_from_body, motion);
        pose.covariance =
            (1.0 + share) * (1.0 + share) * last.covariance + share * share * before->covariance;
        step = 0.5 * ahead * (1.0 + ahead);
    } else {
        step *= unknown_velocity;
    }
    Eigen::Matrix<double, 6, 1> variance;
    variance.head<3>().setConstant(std::pow(step * options.step_sd_rad, 2));
    variance.tail<3>().setConstant(std::pow(step * options.step_sd_mm, 2));
    pose.covariance.diagonal() += variance;
    return pose;
}

}  // namespace stereo
