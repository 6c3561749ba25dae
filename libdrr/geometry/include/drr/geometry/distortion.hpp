#pragma once

#include <drr/geometry/pinhole.hpp>

#include <Eigen/Core>

#include <array>
#include <optional>

namespace drr {

/// Brown-Conrady lens distortion in OpenCV's rational form, on normalized coordinates x/z, y/z:
/// k1 k2 p1 p2 k3 k4 k5 k6 (OpenCV's order). All zero means none.
struct BrownConrady {
    std::array<double, 8> coefficients{};

    [[nodiscard]] bool is_none() const;
    /// Undistorted to distorted normalized coordinates.
    [[nodiscard]] Eigen::Vector2d distort(const Eigen::Vector2d& normalized) const;
    /// Distorted to undistorted, by Newton's method to 1e-12; none where it does not converge
    /// (the distortion folds over).
    [[nodiscard]] std::optional<Eigen::Vector2d> undistort(const Eigen::Vector2d& distorted) const;
};

/// A distorted pixel as the pinhole would have imaged it.
[[nodiscard]] std::optional<Eigen::Vector2d> undistort_pixel(const Pinhole& pinhole,
                                                             const BrownConrady& distortion,
                                                             const Eigen::Vector2d& pixel);

}  // namespace drr
