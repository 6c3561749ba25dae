#pragma once

// The bundle of Procedure::bundle (square pixels, own intrinsics) as a user of Ceres would write
// it: automatic derivatives, angle-axis rotations, Schur complement, Ceres' covariance.
#include <drr/core/error.hpp>
#include <stereo/calib/initial_calibration.hpp>

#include <ceres/ceres.h>
#include <ceres/rotation.h>

#include <array>
#include <vector>

namespace test {

struct CeresBundle {
    /// f, cx, cy, angle-axis, translation of view_from_world.
    using View = std::array<double, 9>;
    /// Angle-axis, translation of world_from_phantom.
    using Pose = std::array<double, 6>;
    std::vector<View> views;
    std::vector<Pose> poses;
    Eigen::MatrixXd covariance;  ///< of the views; empty unless asked for
    int iterations = 0;
    double cost = 0.0;  ///< sum of squares
};

struct ReprojectionCost {
    Eigen::Vector3d marker_mm;
    Eigen::Vector2d pixel;
    double sd_px;

    template <class T>
    bool operator()(const T* view, const T* pose, T* residual) const {
        const T marker[3] = {T(marker_mm.x()), T(marker_mm.y()), T(marker_mm.z())};
        T world[3];
        ceres::AngleAxisRotatePoint(pose, marker, world);
        for (int i = 0; i < 3; ++i)
            world[i] += pose[3 + i];
        T p[3];
        ceres::AngleAxisRotatePoint(view + 3, world, p);
        for (int i = 0; i < 3; ++i)
            p[i] += view[6 + i];
        residual[0] = (view[0] * p[0] / p[2] + view[1] - pixel.x()) / sd_px;
        residual[1] = (view[0] * p[1] / p[2] + view[2] - pixel.y()) / sd_px;
        return true;
    }
};

inline CeresBundle ceres_bundle(const stereo::Observations& observations, bool with_covariance) {
    const stereo::InitialCalibration start = stereo::initial_calibration(observations);
    drr::require(start.ok, start.summary);
    CeresBundle result;
    const auto motion = [](const drr::Rigid3& from, double* to) {
        Eigen::Map<Eigen::Vector3d> turn(to);
        turn = drr::vector_from_rotation(from.rotation);
        Eigen::Map<Eigen::Vector3d> shift(to + 3);
        shift = from.translation_mm;
    };
    for (const auto& view : start.views) {
        auto& numbers = result.views.emplace_back();
        numbers = {view.pinhole.fx_px, view.pinhole.cx_px, view.pinhole.cy_px};
        motion(view.view_from_world, numbers.data() + 3);
    }
    for (const auto& pose : start.world_from_phantom)
        motion(pose, result.poses.emplace_back().data());
    ceres::Problem problem;
    for (const auto& item : observations.items)
        problem.AddResidualBlock(
            new ceres::AutoDiffCostFunction<ReprojectionCost, 2, 9, 6>(new ReprojectionCost{
                observations.markers_in_phantom_mm[static_cast<std::size_t>(item.marker)],
                item.pixel, item.sd_px}),
            nullptr, result.views[static_cast<std::size_t>(item.view)].data(),
            result.poses[static_cast<std::size_t>(item.pose)].data());
    problem.SetParameterBlockConstant(
        result.poses[static_cast<std::size_t>(start.world_pose)].data());
    ceres::Solver::Options options;
    options.linear_solver_type = ceres::DENSE_SCHUR;
    options.num_threads = 1;
    options.function_tolerance = 1e-14;
    options.parameter_tolerance = 1e-12;
    options.gradient_tolerance = 1e-12;
    options.max_num_iterations = 100;
    options.logging_type = ceres::SILENT;
    ceres::Solver::Summary summary;
    ceres::Solve(options, &problem, &summary);
    result.iterations = static_cast<int>(summary.iterations.size());
    result.cost = 2.0 * summary.final_cost;
    if (!with_covariance) return result;
    std::vector<const double*> blocks;
    for (const auto& view : result.views)
        blocks.push_back(view.data());
    ceres::Covariance::Options of_covariance;
    of_covariance.algorithm_type = ceres::SPARSE_QR;
    of_covariance.num_threads = 1;
    ceres::Covariance covariance(of_covariance);
    const auto size = static_cast<Eigen::Index>(9 * blocks.size());
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> matrix(size, size);
    drr::require(covariance.Compute(blocks, &problem) &&
                     covariance.GetCovarianceMatrix(blocks, matrix.data()),
                 "Ceres finds no covariance");
    result.covariance = matrix;
    return result;
}

}  // namespace test
