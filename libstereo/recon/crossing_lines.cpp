#include <stereo/recon/crossing_lines.hpp>

#include <Eigen/Geometry>

#include <cmath>
#include <optional>

namespace stereo {
namespace {

std::optional<double> distance_mm(const drr::CalibratedView& view_a,
                                  const drr::CalibratedView& view_b, const Eigen::Vector2d& a,
                                  const Eigen::Vector2d& b) {
    // Rays nearer to parallel have no usable normal (0.06 degrees, as in triangulation).
    constexpr double min_convergence_rad = 1e-3;
    const Eigen::Vector3d normal = view_a.ray_in_world(a).cross(view_b.ray_in_world(b));
    if (!(normal.norm() >= min_convergence_rad)) return std::nullopt;
    return normal.normalized().dot(view_b.source_in_world_mm() - view_a.source_in_world_mm());
}

}  // namespace

CrossingLines crossing_lines(const drr::CalibratedView& view_a, const drr::CalibratedView& view_b,
                             const MeasuredPixel& a, const MeasuredPixel& b) {
    constexpr double step_px = 0.05;  // the distance is nearly linear in the pixels
    CrossingLines result;
    const std::optional<double> distance = distance_mm(view_a, view_b, a.pixel, b.pixel);
    if (!distance) return result;
    result.distance_mm = *distance;
    Eigen::Vector2d by_a;
    Eigen::Vector2d by_b;
    for (Eigen::Index axis = 0; axis < 2; ++axis) {
        const Eigen::Vector2d step = step_px * Eigen::Vector2d::Unit(axis);
        const auto a_above = distance_mm(view_a, view_b, a.pixel + step, b.pixel);
        const auto a_below = distance_mm(view_a, view_b, a.pixel - step, b.pixel);
        const auto b_above = distance_mm(view_a, view_b, a.pixel, b.pixel + step);
        const auto b_below = distance_mm(view_a, view_b, a.pixel, b.pixel - step);
        if (!a_above || !a_below || !b_above || !b_below) return result;
        by_a[axis] = (*a_above - *a_below) / (2.0 * step_px);
        by_b[axis] = (*b_above - *b_below) / (2.0 * step_px);
    }
    result.sd_mm = std::sqrt(by_a.dot(a.covariance_px2 * by_a) + by_b.dot(b.covariance_px2 * by_b));
    result.ok = true;
    return result;
}

}  // namespace stereo
