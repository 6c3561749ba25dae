#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/recon/measured_pixel.hpp>

#include <span>

namespace stereo {

/// A point reconstructed from two or more views.
struct Triangulation {
    Eigen::Vector3d point_in_world_mm = Eigen::Vector3d::Zero();
    /// Covariance for independent pixel noise with the standard deviations given (1 px where none
    /// are), with the views taken as exact.
    Eigen::Matrix3d covariance_mm2 = Eigen::Matrix3d::Zero();
    double reprojection_rms_px = 0.0;  ///< root mean square of the 2D residuals' length
    /// Smallest distance of the rays to their common point, root mean square over the views.
    double ray_distance_rms_mm = 0.0;
    bool ok = false;  ///< false for (nearly) parallel rays or a point behind a source
};

/// Maximum-likelihood point for independent pixel noise: the midpoint of the rays (the
/// point nearest to all of them) refined by Gauss-Newton on the reprojection error (Hartley &
/// Zisserman 2004, section 12.3 gives the cost). `sd_px` are the standard deviations of one
/// coordinate in each view; empty means equal ones of 1 px. Throws drr::Error(usage) for fewer than
/// two views or when the counts differ.
[[nodiscard]] Triangulation triangulate(std::span<const drr::CalibratedView> views,
                                        std::span<const Eigen::Vector2d> pixels,
                                        std::span<const double> sd_px = {});

/// The same with a covariance of each pixel.
[[nodiscard]] Triangulation triangulate(std::span<const drr::CalibratedView> views,
                                        std::span<const MeasuredPixel> pixels);

/// The derivative of a point's pixel by the point, px/mm in the world.
[[nodiscard]] Eigen::Matrix<double, 2, 3> projection_jacobian(
    const drr::CalibratedView& view, const Eigen::Vector3d& point_in_world_mm);

/// The depth resolution that a stereo pair is expected to have: Z^2 * delta_d / (B * f), with the
/// distance Z (mm) of the point from the baseline, the disparity noise delta_d (px), the baseline B
/// (mm) and the focal length f (px).
[[nodiscard]] double expected_depth_resolution_mm(double distance_mm, double disparity_noise_px,
                                                  double baseline_mm, double focal_length_px);

}  // namespace stereo
