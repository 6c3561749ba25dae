#include <drr/geometry/distortion.hpp>

#include <Eigen/LU>

#include <algorithm>
#include <cmath>

namespace drr {

bool BrownConrady::is_none() const {
    return std::all_of(coefficients.begin(), coefficients.end(), [](double c) { return c == 0.0; });
}

Eigen::Vector2d BrownConrady::distort(const Eigen::Vector2d& normalized) const {
    const auto& [k1, k2, p1, p2, k3, k4, k5, k6] = coefficients;
    const double x = normalized.x();
    const double y = normalized.y();
    const double r2 = x * x + y * y;
    const double radial =
        (1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))) / (1.0 + r2 * (k4 + r2 * (k5 + r2 * k6)));
    return {x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y};
}

std::optional<Eigen::Vector2d> BrownConrady::undistort(const Eigen::Vector2d& distorted) const {
    constexpr double step = 1e-6;  // of the central differences; normalized coordinates are O(0.1)
    Eigen::Vector2d estimate = distorted;
    for (int iteration = 0; iteration < 50; ++iteration) {
        const Eigen::Vector2d error = distort(estimate) - distorted;
        if (error.norm() < 1e-12) return estimate;
        Eigen::Matrix2d jacobian;
        for (int axis = 0; axis < 2; ++axis) {
            const Eigen::Vector2d h = step * Eigen::Vector2d::Unit(axis);
            jacobian.col(axis) = (distort(estimate + h) - distort(estimate - h)) / (2.0 * step);
        }
        if (!(jacobian.determinant() > 0.0)) return std::nullopt;
        estimate -= jacobian.inverse() * error;
        if (!estimate.allFinite()) return std::nullopt;
    }
    return std::nullopt;
}

std::optional<Eigen::Vector2d> undistort_pixel(const Pinhole& pinhole,
                                               const BrownConrady& distortion,
                                               const Eigen::Vector2d& pixel) {
    const auto normalized = distortion.undistort(pinhole.ray(pixel).head<2>());
    if (!normalized) return std::nullopt;
    return pinhole.project({normalized->x(), normalized->y(), 1.0});
}

}  // namespace drr
