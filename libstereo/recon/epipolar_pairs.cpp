#include <drr/core/error.hpp>
#include <stereo/recon/epipolar.hpp>
#include <stereo/recon/epipolar_pairs.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace stereo {

void EpipolarPairOptions::validate() const {
    drr::require(max_sigma > 0.0 && std::isfinite(max_sigma), "max_sigma must be positive");
    drr::require(min_depth_mm < max_depth_mm, "min_depth_mm must be below max_depth_mm");
}

double epipolar_sigma(const Eigen::Matrix3d& fundamental, const MeasuredPixel& a,
                      const MeasuredPixel& b) {
    const Eigen::Vector3d line_in_b = fundamental * a.pixel.homogeneous();
    const Eigen::Vector3d line_in_a = fundamental.transpose() * b.pixel.homogeneous();
    const double variance = line_in_b.head<2>().dot(b.covariance_px2 * line_in_b.head<2>()) +
                            line_in_a.head<2>().dot(a.covariance_px2 * line_in_a.head<2>());
    return b.pixel.homogeneous().dot(line_in_b) / std::sqrt(variance);
}

std::vector<EpipolarPair> epipolar_pairs(const drr::CalibratedView& view_a,
                                         const drr::CalibratedView& view_b,
                                         std::span<const MeasuredPixel> pixels_a,
                                         std::span<const MeasuredPixel> pixels_b,
                                         const EpipolarPairOptions& options) {
    options.validate();
    const Eigen::Matrix3d f = fundamental_from_views(view_a, view_b);
    const std::array<drr::CalibratedView, 2> views = {view_a, view_b};
    std::vector<EpipolarPair> pairs;
    for (std::size_t a = 0; a < pixels_a.size(); ++a)
        for (std::size_t b = 0; b < pixels_b.size(); ++b) {
            const double sigma = epipolar_sigma(f, pixels_a[a], pixels_b[b]);
            if (!(std::abs(sigma) <= options.max_sigma)) continue;
            const Triangulation point =
                triangulate(views, std::array<MeasuredPixel, 2>{pixels_a[a], pixels_b[b]});
            if (!point.ok) continue;
            const bool in_range =
                std::all_of(views.begin(), views.end(), [&](const drr::CalibratedView& view) {
                    const double depth = (view.view_from_world * point.point_in_world_mm).z();
                    return depth > options.min_depth_mm && depth < options.max_depth_mm;
                });
            if (in_range) pairs.push_back({a, b, sigma, point});
        }
    return pairs;
}

}  // namespace stereo
