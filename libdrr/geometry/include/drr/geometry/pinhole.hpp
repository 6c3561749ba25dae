#pragma once

#include <drr/geometry/rigid3.hpp>

#include <Eigen/Core>

namespace drr {

using Matrix34d = Eigen::Matrix<double, 3, 4>;

/// Intrinsics of an undistorted view in pixels: u = fx x/z + cx, v = fy y/z + cy with (x, y, z) in
/// the view frame (x along columns, y along rows downwards, z from source to detector).
struct Pinhole {
    double fx_px = 0.0;
    double fy_px = 0.0;
    double cx_px = 0.0;
    double cy_px = 0.0;

    [[nodiscard]] Eigen::Matrix3d matrix() const;
    /// The pixel of a point in the view frame with z > 0, mm.
    [[nodiscard]] Eigen::Vector2d project(const Eigen::Vector3d& point_in_view_mm) const {
        return {fx_px * point_in_view_mm.x() / point_in_view_mm.z() + cx_px,
                fy_px * point_in_view_mm.y() / point_in_view_mm.z() + cy_px};
    }
    /// The direction (x/z, y/z, 1) of the ray through a pixel, in the view frame.
    [[nodiscard]] Eigen::Vector3d ray(const Eigen::Vector2d& pixel) const {
        return {(pixel.x() - cx_px) / fx_px, (pixel.y() - cy_px) / fy_px, 1.0};
    }
};

/// A calibrated view: what a calibration procedure returns and a reconstruction needs. The focal
/// lengths are in pixels, so the source-detector distance is fx times the pixel pitch.
struct CalibratedView {
    Pinhole pinhole;
    Rigid3 view_from_world;
    int width_px = 0;
    int height_px = 0;

    /// K [R | t], mm to homogeneous pixels.
    [[nodiscard]] Matrix34d projection_matrix() const;
    [[nodiscard]] Eigen::Vector3d source_in_world_mm() const;
    [[nodiscard]] Eigen::Vector2d project(const Eigen::Vector3d& point_in_world_mm) const {
        return pinhole.project(view_from_world * point_in_world_mm);
    }
    /// Unit direction of the ray through a pixel, from the source, in the world frame.
    [[nodiscard]] Eigen::Vector3d ray_in_world(const Eigen::Vector2d& pixel) const;
};

/// The pixel of a homogeneous projection.
[[nodiscard]] Eigen::Vector2d project(const Matrix34d& projection_matrix,
                                      const Eigen::Vector3d& point_in_world_mm);

/// Splits a finite projection matrix (any scale and sign) into K with positive focal lengths and a
/// proper rotation by RQ decomposition (Hartley & Zisserman 2004, section 6.2.4); the skew is
/// returned beside it. Throws Error(usage) when the left 3x3 block is singular (camera at
/// infinity). The image size is left 0.
struct DecomposedProjection {
    CalibratedView view;
    double skew_px = 0.0;
};
[[nodiscard]] DecomposedProjection decompose_projection(const Matrix34d& projection_matrix);

}  // namespace drr
