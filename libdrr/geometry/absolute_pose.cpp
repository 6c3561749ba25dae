#include <drr/core/error.hpp>
#include <drr/geometry/absolute_pose.hpp>

#include <Eigen/Cholesky>

#include <cmath>
#include <limits>

namespace drr {
namespace {

using Matrix6d = Eigen::Matrix<double, 6, 6>;
using Vector6d = Eigen::Matrix<double, 6, 1>;

struct Sums {
    double cost = 0.0;
    Matrix6d normal = Matrix6d::Zero();
    Vector6d gradient = Vector6d::Zero();
};

double cost_of(std::span<const Eigen::Vector3d> points, std::span<const Eigen::Vector2d> pixels,
               const Pinhole& pinhole, const Rigid3& pose) {
    double cost = 0.0;
    const Eigen::Matrix3d turn = pose.matrix();  // cheaper than a quaternion from the second on
    for (std::size_t i = 0; i < points.size(); ++i) {
        const Eigen::Vector3d p = turn * points[i] + pose.translation_mm;
        if (p.z() <= 0.0) return std::numeric_limits<double>::infinity();
        cost += (pinhole.project(p) - pixels[i]).squaredNorm();
    }
    return cost;
}

// The update is view_from_object <- exp(w) R, t + dt, so d(point)/d(w, dt) = [-[R x]x | I], and a
// pixel's derivative by w is R x times that by the point.
Sums linearize(std::span<const Eigen::Vector3d> points, std::span<const Eigen::Vector2d> pixels,
               const Pinhole& pinhole, const Rigid3& pose) {
    Sums sums;
    const Eigen::Matrix3d turn = pose.matrix();
    for (std::size_t i = 0; i < points.size(); ++i) {
        const Eigen::Vector3d rotated = turn * points[i];
        const Eigen::Vector3d p = rotated + pose.translation_mm;
        const Eigen::Vector2d residual = pinhole.project(p) - pixels[i];
        const double by_depth = 1.0 / p.z();
        const double x = p.x() * by_depth;
        const double y = p.y() * by_depth;
        const double fx = pinhole.fx_px * by_depth;
        const double fy = pinhole.fy_px * by_depth;
        const Eigen::Vector3d& a = rotated;
        Vector6d u;
        Vector6d v;
        u << -fx * x * a.y(), fx * (a.z() + x * a.x()), -fx * a.y(), fx, 0.0, -fx * x;
        v << -fy * (a.z() + y * a.y()), fy * y * a.x(), fy * a.x(), 0.0, fy, -fy * y;
        sums.cost += residual.squaredNorm();
        for (int column = 0; column < 6; ++column)
            sums.normal.col(column) += u[column] * u + v[column] * v;
        sums.gradient += residual.x() * u + residual.y() * v;
    }
    return sums;
}

}  // namespace

PoseFit fit_pose(std::span<const Eigen::Vector3d> points_in_object_mm,
                 std::span<const Eigen::Vector2d> pixels, const Pinhole& pinhole,
                 const Rigid3& initial, int max_iterations) {
    require(points_in_object_mm.size() == pixels.size(), "a pose fit needs a pixel for each point");
    PoseFit fit;
    fit.view_from_object = initial;
    const auto count = static_cast<double>(pixels.size());
    if (pixels.size() < 3) return fit;
    double cost = cost_of(points_in_object_mm, pixels, pinhole, initial);
    if (!std::isfinite(cost)) return fit;
    double damping = 1e-6;
    for (int iteration = 0; iteration < max_iterations && !fit.converged; ++iteration) {
        const Sums sums = linearize(points_in_object_mm, pixels, pinhole, fit.view_from_object);
        bool improved = false;
        while (!improved && damping < 1e8) {
            Matrix6d damped = sums.normal;
            damped.diagonal() += damping * sums.normal.diagonal();
            const Vector6d step = -damped.ldlt().solve(sums.gradient);
            const Rigid3 trial(
                (rotation_from_vector(step.head<3>()) * fit.view_from_object.rotation).normalized(),
                fit.view_from_object.translation_mm + step.tail<3>());
            const double trial_cost = cost_of(points_in_object_mm, pixels, pinhole, trial);
            if (trial_cost <= cost) {
                improved = true;
                // 1e-12 of the cost is far below any pixel noise and well above rounding.
                fit.converged = cost - trial_cost <= 1e-12 * (cost + 1e-12);
                fit.view_from_object = trial;
                cost = trial_cost;
                damping = std::max(damping * 0.1, 1e-12);
            } else {
                damping *= 10.0;
            }
        }
        if (!improved) fit.converged = true;  // no smaller cost in any damped direction
    }
    fit.rms_px = std::sqrt(cost / count);
    return fit;
}

}  // namespace drr
