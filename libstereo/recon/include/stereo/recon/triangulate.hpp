#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/recon/measured_pixel.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace stereo {

/// A point reconstructed from two or more views.
struct Triangulation {
    Eigen::Vector3d point_in_world_mm = Eigen::Vector3d::Zero();
    /// Covariance for independent pixel noise with the covariances given (1 px where none are),
    /// with the views taken as exact.
    Eigen::Matrix3d covariance_mm2 = Eigen::Matrix3d::Zero();
    /// How the point moves with its pixels by the method that is used, mm/px: columns u, v of each
    /// view. Carries errors to the point that are not those of single pixels.
    Eigen::Matrix3Xd by_pixels;
    double reprojection_rms_px = 0.0;  ///< root mean square of the 2D residuals' length
    /// Distance of the rays from the point nearest to all of them, root mean square over the views.
    /// Of two views: half the distance between the crossing lines.
    double ray_distance_rms_mm = 0.0;
    bool ok = false;  ///< false for (nearly) parallel rays or a point behind a source
};

enum class TriangulationMethod {
    /// Least reprojection error in the metric of the pixels' covariances, by Gauss-Newton from the
    /// midpoint: the point of maximum likelihood (Hartley & Zisserman 2004, section 12.3 gives the
    /// cost). Any number of views.
    maximum_likelihood,
    /// The same optimum for two views: pixels are first corrected to an exact match (correct_match,
    /// Lindstrom 2010), whose rays meet.
    optimal_two_view,
    /// Linear: the null vector of the rows u p3 - p1, v p3 - p2 of unit norm, in coordinates about
    /// the midpoint (ibid., section 12.2). Covariances are not weighed.
    dlt,
    /// The point nearest to all rays. Covariances are not weighed.
    midpoint,
};

/// The name of a method in files and on the command line: "maximum-likelihood", "optimal-two-view",
/// "dlt", "midpoint".
[[nodiscard]] std::string_view name_of(TriangulationMethod method);
[[nodiscard]] std::optional<TriangulationMethod> triangulation_method(std::string_view name);

struct TriangulationOptions {
    TriangulationMethod method = TriangulationMethod::maximum_likelihood;
};

/// The point that pixels of two or more views show. Covariance to first order in the noise, of the
/// method that is used. Throws drr::Error(usage) for fewer than two views, for more than two with
/// optimal_two_view, or when the counts differ.
[[nodiscard]] Triangulation triangulate(std::span<const drr::CalibratedView> views,
                                        std::span<const MeasuredPixel> pixels,
                                        const TriangulationOptions& options = {});

/// The same of maximum likelihood. `sd_px` are the standard deviations of one coordinate in each
/// view; empty means equal ones of 1 px.
[[nodiscard]] Triangulation triangulate(std::span<const drr::CalibratedView> views,
                                        std::span<const Eigen::Vector2d> pixels,
                                        std::span<const double> sd_px = {});

/// Why pixels make no point, in one sentence with what cannot be known: rays that are parallel, a
/// point of the line on which all sources lie, rays that meet behind a source. For the pixels of a
/// Triangulation that is not ok.
[[nodiscard]] std::string unmet_rays(std::span<const drr::CalibratedView> views,
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
