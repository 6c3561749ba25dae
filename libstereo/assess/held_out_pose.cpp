#include "held_out_pose.hpp"

#include <drr/geometry/decompositions.hpp>
#include <stereo/calib/uncertainty.hpp>
#include <stereo/recon/triangulate.hpp>

#include <cmath>
#include <map>

namespace stereo {
namespace {

constexpr int pose_parameters = 6;

const Eigen::Vector3d& marker_of(const Calibration& calibration, const Observation& item) {
    return calibration.markers_in_phantom_mm[static_cast<std::size_t>(item.marker)];
}
const drr::CalibratedView& view_of(const Calibration& calibration, const Observation& item) {
    return calibration.views[static_cast<std::size_t>(item.view)];
}

// Residuals over their standard deviations and derivatives by the phantom's pose.
struct Linearized {
    Eigen::VectorXd residuals;
    Eigen::MatrixXd by_pose;
    bool valid = true;
};

Linearized linearize(const Calibration& calibration, const std::vector<Observation>& items,
                     const drr::Rigid3& world_from_phantom) {
    const auto rows = static_cast<Eigen::Index>(2 * items.size());
    Linearized result{Eigen::VectorXd(rows), Eigen::MatrixXd(rows, pose_parameters)};
    Eigen::Index row = 0;
    for (const auto& item : items) {
        const Eigen::Vector3d turned = world_from_phantom.rotation * marker_of(calibration, item);
        const Eigen::Vector3d point = turned + world_from_phantom.translation_mm;
        const auto& view = view_of(calibration, item);
        result.valid = result.valid && (view.view_from_world * point).z() > 0.0;
        const Eigen::Matrix<double, 2, 3> jacobian = projection_jacobian(view, point) / item.sd_px;
        result.residuals.segment<2>(row) = (item.pixel - view.project(point)) / item.sd_px;
        result.by_pose.middleRows<2>(row) << -jacobian * drr::cross_matrix(turned), jacobian;
        row += 2;
    }
    return result;
}

// Derivatives of the projections, over their standard deviations, by what the calibration is
// uncertain about; its poses play no part.
Eigen::MatrixXd by_calibration(const Calibration& calibration,
                               const std::vector<Observation>& items,
                               const drr::Rigid3& world_from_phantom) {
    Eigen::MatrixXd result = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(2 * items.size()),
                                                   calibration.covariance.cols());
    Eigen::Index row = 0;
    for (const auto& item : items) {
        const Eigen::Vector3d& marker = marker_of(calibration, item);
        const Eigen::Vector3d point = world_from_phantom * marker;
        const Eigen::MatrixXd of_views = projection_derivatives(calibration, point);
        auto rows = result.middleRows<2>(row);
        rows.leftCols(of_views.cols()) = of_views.middleRows<2>(2 * item.view) / item.sd_px;
        const Eigen::Matrix<double, 2, 3> by_marker =
            projection_jacobian(view_of(calibration, item), point) * world_from_phantom.matrix() /
            item.sd_px;
        for (std::size_t i = 0; i < calibration.parameters.size(); ++i) {
            const Parameter& parameter = calibration.parameters[i];
            const auto column = static_cast<Eigen::Index>(i);
            if (parameter.kind == ParameterKind::phantom_scale)
                rows.col(column) = by_marker * marker / calibration.phantom_scale;
            if (parameter.kind == ParameterKind::marker_mm && parameter.index == item.marker)
                rows.col(column) = calibration.phantom_scale * by_marker.col(parameter.axis);
        }
        row += 2;
    }
    return result;
}

void judge_in_space(const Calibration& calibration, const std::vector<Observation>& items,
                    HeldOutPose& result) {
    std::map<int, std::vector<const Observation*>> of_marker;
    for (const auto& item : items)
        of_marker[item.marker].push_back(&item);
    std::vector<Eigen::Vector3d> found;
    std::vector<Eigen::Vector3d> design;
    for (const auto& [marker, sightings] : of_marker) {
        if (sightings.size() < 2) continue;
        std::vector<drr::CalibratedView> views;
        std::vector<Eigen::Vector2d> pixels;
        std::vector<double> sd_px;
        for (const Observation* item : sightings) {
            views.push_back(view_of(calibration, *item));
            pixels.push_back(item->pixel);
            sd_px.push_back(item->sd_px);
        }
        const Triangulation point = triangulate(views, pixels, sd_px);
        if (!point.ok) continue;
        found.push_back(point.point_in_world_mm);
        design.push_back(marker_of(calibration, *sightings[0]));
    }
    const ReconstructionError error = reconstruction_error(found, design);
    if (!error.ok) return;
    result.triangulated = found.size();
    result.rigid_rms_mm = error.after_rigid.rms_length_mm;
    result.max_mm = error.after_rigid.max_length_mm;
    result.scale = error.similarity.scale;
    result.scale_sd = error.similarity.scale_sd;
}

}  // namespace

std::optional<HeldOutPose> judge_held_out(const Calibration& calibration,
                                          const std::vector<Observation>& items,
                                          const drr::Rigid3& start, NoiseScale noise) {
    if (2 * items.size() <= pose_parameters) return std::nullopt;
    constexpr int max_iterations = 50;
    constexpr double still = 1e-6;  // of a step in its standard deviations
    drr::Rigid3 pose = start;
    Linearized here = linearize(calibration, items, pose);
    for (int iteration = 0; here.valid && iteration < max_iterations; ++iteration) {
        const Eigen::Matrix<double, pose_parameters, 1> step =
            drr::solve_least_squares(here.by_pose, here.residuals);
        if (!step.allFinite()) return std::nullopt;
        pose = {(drr::rotation_from_vector(step.head<3>()) * pose.rotation).normalized(),
                pose.translation_mm + step.tail<3>()};
        const double length = (here.by_pose * step).norm();
        here = linearize(calibration, items, pose);
        if (length < still) break;
    }
    if (!here.valid) return std::nullopt;
    HeldOutPose result;
    result.pose = items[0].pose;
    result.count = items.size();
    double squares = 0.0;
    for (std::size_t i = 0; i < items.size(); ++i)
        squares += here.residuals.segment<2>(static_cast<Eigen::Index>(2 * i)).squaredNorm() *
                   items[i].sd_px * items[i].sd_px;
    result.rms_px = std::sqrt(squares / static_cast<double>(items.size()));
    result.chi_square = here.residuals.squaredNorm();
    result.degrees_of_freedom = static_cast<int>(2 * items.size()) - pose_parameters;
    const double variance =
        noise == NoiseScale::declared ? 1.0 : calibration.sigma0 * calibration.sigma0;
    result.expected_chi_square = variance * result.degrees_of_freedom;
    if (calibration.covariance.size() > 0) {
        const Eigen::MatrixXd moved = by_calibration(calibration, items, pose);
        // What of it a pose of the phantom cannot make up for.
        const Eigen::MatrixXd left =
            moved - here.by_pose * drr::solve_least_squares(here.by_pose, moved);
        result.expected_chi_square += (left * calibration.covariance).cwiseProduct(left).sum();
    }
    judge_in_space(calibration, items, result);
    return result;
}

}  // namespace stereo
