#pragma once

#include <drr/geometry/pinhole.hpp>

namespace drr {

/// The outline of a ball's shadow: an ellipse, whose centre is not the projection of the ball's
/// centre unless that lies on the principal axis.
struct BallProjection {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();   ///< projection of the ball's centre
    Eigen::Vector2d outline_px = Eigen::Vector2d::Zero();  ///< centre of the ellipse
    double major_px = 0.0;                                 ///< semi-axes
    double minor_px = 0.0;
};

/// Projects a ball by its dual quadric (Hartley & Zisserman 2004, section 8.3). Throws Error(usage)
/// unless the ball lies wholly in front of the source's plane (z > radius).
[[nodiscard]] BallProjection project_ball(const Pinhole& pinhole,
                                          const Eigen::Vector3d& center_in_view_mm,
                                          double radius_mm);

/// The projection of a ball's centre from the centre and the mean radius (square root of the
/// product of the semi-axes) of its outline; `pinhole` needs square pixels. The outline's centre
/// lies farther from the principal point by tan(t) sin^2(a) / (cos^2(t) - sin^2(a)) focal lengths,
/// t the ray's angle with the principal axis and a half the angle under which the source sees the
/// ball (Clackdoyle & Mennessier, Phys. Med. Biol. 56, 2011). `share` is the part of that bias
/// which the measured centre has: 1 for outlines, about 0.8 for centroids of faint balls.
[[nodiscard]] Eigen::Vector2d ball_center_px(const Pinhole& pinhole,
                                             const Eigen::Vector2d& measured_px, double radius_px,
                                             double share = 1.0);

}  // namespace drr
