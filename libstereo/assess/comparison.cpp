#include <drr/core/error.hpp>
#include <drr/geometry/decompositions.hpp>
#include <stereo/assess/comparison.hpp>
#include <stereo/calib/uncertainty.hpp>
#include <stereo/recon/rigid_fit.hpp>
#include <stereo/recon/triangulate.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace stereo {
namespace {

// A point of the first world as the second calibration has it.
struct Transferred {
    Eigen::Vector3d in_second_mm;
    Eigen::MatrixXd derivatives;  // of it by the first's, then the second's parameters
};

std::optional<Transferred> transfer(const Calibration& first, const Calibration& second,
                                    const Eigen::Vector3d& point_mm) {
    std::vector<Eigen::Vector2d> pixels;
    for (const auto& view : first.views) {
        if (!((view.view_from_world * point_mm).z() > 0.0)) return std::nullopt;
        pixels.push_back(view.project(point_mm));
    }
    const Triangulation there = triangulate(second.views, pixels);
    if (!there.ok) return std::nullopt;
    const Eigen::Vector3d& found = there.point_in_world_mm;
    Eigen::MatrixXd by_point(static_cast<Eigen::Index>(2 * second.views.size()), 3);
    for (std::size_t v = 0; v < second.views.size(); ++v)
        by_point.middleRows<2>(static_cast<Eigen::Index>(2 * v)) =
            projection_jacobian(second.views[v], found);
    const Eigen::MatrixXd back = (by_point.transpose() * by_point).inverse() * by_point.transpose();
    const Eigen::MatrixXd of_first = back * projection_derivatives(first, point_mm);
    const Eigen::MatrixXd of_second = -back * projection_derivatives(second, found);
    Transferred result{found, Eigen::MatrixXd(3, of_first.cols() + of_second.cols())};
    result.derivatives << of_first, of_second;
    return result;
}

// Of a point of the first world by a motion (turn, shift).
Eigen::Matrix<double, 3, 6> by_motion(const Eigen::Vector3d& point_mm) {
    Eigen::Matrix<double, 3, 6> result;
    result << -drr::cross_matrix(point_mm), Eigen::Matrix3d::Identity();
    return result;
}

PointDifference difference_of(const CalibrationComparison& comparison, const Calibration& first,
                              const Calibration& second, const Eigen::Vector3d& point_mm,
                              const Transferred& transferred) {
    PointDifference result;
    result.point_mm = point_mm;
    result.difference_mm = comparison.first_from_second * transferred.in_second_mm - point_mm;
    const Eigen::MatrixXd derivatives =
        comparison.first_from_second.matrix() * transferred.derivatives +
        by_motion(point_mm) * comparison.motion_derivatives;
    const Eigen::Index of_first = projection_derivatives(first, point_mm).cols();
    const Eigen::Index of_second = derivatives.cols() - of_first;
    const Eigen::MatrixXd a = derivatives.leftCols(of_first);
    const Eigen::MatrixXd b = derivatives.rightCols(of_second);
    result.covariance_mm2 =
        a * first.covariance.topLeftCorner(of_first, of_first) * a.transpose() +
        b * second.covariance.topLeftCorner(of_second, of_second) * b.transpose();
    result.significance = significance_of(result.difference_mm, result.covariance_mm2);
    return result;
}

void map_over(const WorkingVolume& volume, const Calibration& first, const Calibration& second,
              CalibrationComparison& comparison) {
    std::vector<Eigen::Vector3d> here;
    std::vector<Eigen::Vector3d> there;
    std::vector<Transferred> transferred;
    for (const auto& point : grid_points(volume)) {
        const auto moved = transfer(first, second, point);
        if (!moved) continue;
        here.push_back(point);
        there.push_back(moved->in_second_mm);
        transferred.push_back(*moved);
    }
    const RigidFit motion = fit_rigid(there, here);
    drr::require(motion.ok, "the volume does not lie before the views of both calibrations");
    comparison.first_from_second = motion.to_from_from;
    const Eigen::Matrix3d turn = motion.to_from_from.matrix();
    Eigen::Matrix<double, 6, 6> normal = Eigen::Matrix<double, 6, 6>::Zero();
    Eigen::MatrixXd right = Eigen::MatrixXd::Zero(6, transferred[0].derivatives.cols());
    for (std::size_t i = 0; i < here.size(); ++i) {
        const auto j = by_motion(here[i]);
        normal += j.transpose() * j;
        right += j.transpose() * turn * transferred[i].derivatives;
    }
    comparison.motion_derivatives = -drr::solve_symmetric(normal, right);
    double squares = 0.0;
    double expected = 0.0;
    for (std::size_t i = 0; i < here.size(); ++i) {
        comparison.points.push_back(
            difference_of(comparison, first, second, here[i], transferred[i]));
        const auto& point = comparison.points.back();
        squares += point.difference_mm.squaredNorm();
        expected += point.covariance_mm2.trace();
        comparison.max_mm = std::max(comparison.max_mm, point.difference_mm.norm());
    }
    const auto count = static_cast<double>(here.size());
    comparison.rms_mm = std::sqrt(squares / count);
    comparison.expected_rms_mm = std::sqrt(expected / count);
}

}  // namespace

CalibrationComparison compare_calibrations(const Calibration& first, const Calibration& second,
                                           const WorkingVolume& volume) {
    const auto parameters = rig_parameters(std::array{first, second});
    CalibrationComparison result;
    result.names = parameters[0].names;
    result.difference = parameters[1].values - parameters[0].values;
    const Eigen::MatrixXd covariance = parameters[0].covariance + parameters[1].covariance;
    result.sd = covariance.diagonal().cwiseSqrt();
    result.significance = significance_of(result.difference, covariance);
    if (first.views.size() > 1) map_over(volume, first, second, result);
    result.summary = fmt::format(
        "chi-square {:.1f} of {} degrees of freedom, p = {:.2g} ({:.1f} standard deviations)",
        result.significance.chi_square, result.significance.degrees_of_freedom,
        result.significance.p_value, result.significance.sigmas());
    if (!result.points.empty())
        result.summary += fmt::format("; {:.4f} mm RMS over the volume, {:.4f} mm expected",
                                      result.rms_mm, result.expected_rms_mm);
    return result;
}

std::optional<PointDifference> difference_at(const CalibrationComparison& comparison,
                                             const Calibration& first, const Calibration& second,
                                             const Eigen::Vector3d& point_mm) {
    const auto transferred = transfer(first, second, point_mm);
    if (!transferred) return std::nullopt;
    return difference_of(comparison, first, second, point_mm, *transferred);
}

}  // namespace stereo
