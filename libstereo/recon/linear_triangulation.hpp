#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/recon/measured_pixel.hpp>
#include <stereo/recon/triangulate.hpp>

#include <optional>
#include <span>

namespace stereo {

/// The point with the least sum of squared distances to all rays, and the root mean square of these
/// distances; none for (nearly) parallel rays.
struct NearestPoint {
    Eigen::Vector3d point_in_world_mm;
    double ray_distance_rms_mm;
};
[[nodiscard]] std::optional<NearestPoint> nearest_to_rays(
    std::span<const drr::CalibratedView> views, std::span<const MeasuredPixel> pixels);

/// The point by a method that has a closed form: all but maximum likelihood. Throws
/// drr::Error(usage) as triangulate().
[[nodiscard]] std::optional<Eigen::Vector3d> closed_form_point(
    TriangulationMethod method, std::span<const drr::CalibratedView> views,
    std::span<const MeasuredPixel> pixels);

}  // namespace stereo
