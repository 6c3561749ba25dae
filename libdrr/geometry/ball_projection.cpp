#include <drr/core/error.hpp>
#include <drr/geometry/ball_projection.hpp>

#include <Eigen/Eigenvalues>

#include <cmath>

namespace drr {

BallProjection project_ball(const Pinhole& pinhole, const Eigen::Vector3d& center_in_view_mm,
                            double radius_mm) {
    require(radius_mm > 0.0 && center_in_view_mm.z() > radius_mm,
            "a ball to be projected must lie in front of the source");
    const Eigen::Matrix3d k = pinhole.matrix();
    const Eigen::Matrix3d dual = k *
                                 (center_in_view_mm * center_in_view_mm.transpose() -
                                  radius_mm * radius_mm * Eigen::Matrix3d::Identity()) *
                                 k.transpose();
    BallProjection result;
    result.center_px = pinhole.project(center_in_view_mm);
    result.outline_px = dual.topRightCorner<2, 1>() / dual(2, 2);
    const Eigen::Matrix2d shape =
        result.outline_px * result.outline_px.transpose() - dual.topLeftCorner<2, 2>() / dual(2, 2);
    const Eigen::Vector2d squared =
        Eigen::SelfAdjointEigenSolver<Eigen::Matrix2d>(shape, Eigen::EigenvaluesOnly).eigenvalues();
    result.minor_px = std::sqrt(squared[0]);
    result.major_px = std::sqrt(squared[1]);
    return result;
}

Eigen::Vector2d ball_center_px(const Pinhole& pinhole, const Eigen::Vector2d& measured_px,
                               double radius_px, double share) {
    const Eigen::Vector2d tangent = pinhole.ray(measured_px).head<2>();
    const double cos2 = 1.0 / (1.0 + tangent.squaredNorm());
    // The product of the semi-axes is f^2 q / cos^3 to first order in q = sin^2 of the half-angle.
    const double relative = radius_px / pinhole.fx_px;
    const double q = relative * relative * cos2 * std::sqrt(cos2);
    const Eigen::Vector2d shift = tangent * (share * q / cos2);
    return measured_px - Eigen::Vector2d(pinhole.fx_px * shift.x(), pinhole.fy_px * shift.y());
}

}  // namespace drr
