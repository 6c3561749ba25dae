#include "linear_triangulation.hpp"

#include <drr/core/error.hpp>
#include <drr/geometry/decompositions.hpp>
#include <stereo/recon/epipolar.hpp>
#include <stereo/recon/match_correction.hpp>

#include <Eigen/Cholesky>

#include <array>
#include <cmath>

namespace stereo {
namespace {

// Rays that converge by less than this have no usable intersection (0.06 degrees).
constexpr double min_convergence_rad = 1e-3;

std::optional<Eigen::Vector3d> dlt_point(std::span<const drr::CalibratedView> views,
                                         std::span<const MeasuredPixel> pixels) {
    const std::optional<NearestPoint> near = nearest_to_rays(views, pixels);
    if (!near) return std::nullopt;
    // About the midpoint and in units of its mean distance from the sources, the four coordinates
    // are of one size.
    double unit_mm = 0.0;
    for (const drr::CalibratedView& view : views)
        unit_mm += (near->point_in_world_mm - view.source_in_world_mm()).norm() /
                   static_cast<double>(views.size());
    Eigen::Matrix4d world_from_local = Eigen::Matrix4d::Identity();
    world_from_local.topLeftCorner<3, 3>() *= unit_mm;
    world_from_local.topRightCorner<3, 1>() = near->point_in_world_mm;
    Eigen::MatrixX4d rows(static_cast<Eigen::Index>(2 * views.size()), 4);
    for (std::size_t i = 0; i < views.size(); ++i) {
        const drr::Matrix34d p = views[i].projection_matrix() * world_from_local;
        for (Eigen::Index axis = 0; axis < 2; ++axis)
            rows.row(static_cast<Eigen::Index>(2 * i) + axis) =
                (pixels[i].pixel[axis] * p.row(2) - p.row(axis)).normalized();
    }
    const Eigen::Vector4d point = world_from_local * drr::right_singular(rows).vectors.col(3);
    if (point.w() == 0.0) return std::nullopt;
    return point.hnormalized();
}

std::optional<Eigen::Vector3d> optimal_point(std::span<const drr::CalibratedView> views,
                                             std::span<const MeasuredPixel> pixels) {
    drr::require(views.size() == 2, "optimal two-view triangulation takes two views");
    const CorrectedMatch match =
        correct_match(fundamental_from_views(views[0], views[1]), pixels[0], pixels[1]);
    if (!match.converged) return std::nullopt;
    const std::array<MeasuredPixel, 2> corrected{MeasuredPixel{match.a}, MeasuredPixel{match.b}};
    const std::optional<NearestPoint> near = nearest_to_rays(views, corrected);
    if (!near) return std::nullopt;
    return near->point_in_world_mm;
}

}  // namespace

std::optional<NearestPoint> nearest_to_rays(std::span<const drr::CalibratedView> views,
                                            std::span<const MeasuredPixel> pixels) {
    Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
    Eigen::Vector3d right = Eigen::Vector3d::Zero();
    for (std::size_t i = 0; i < views.size(); ++i) {
        const Eigen::Vector3d ray = views[i].ray_in_world(pixels[i].pixel);
        const Eigen::Matrix3d across = Eigen::Matrix3d::Identity() - ray * ray.transpose();
        normal += across;
        right += across * views[i].source_in_world_mm();
    }
    // Two rays at a small angle a give a smallest eigenvalue of a^2/2. All eigenvalues are above a
    // number if the matrix less that number has a Cholesky factor.
    constexpr double least = 0.5 * min_convergence_rad * min_convergence_rad;
    const Eigen::Matrix3d above = normal - least * Eigen::Matrix3d::Identity();
    if (above.llt().info() != Eigen::Success) return std::nullopt;
    NearestPoint near{normal.llt().solve(right), 0.0};
    double sum = 0.0;
    for (std::size_t i = 0; i < views.size(); ++i)
        sum += (near.point_in_world_mm - views[i].source_in_world_mm())
                   .cross(views[i].ray_in_world(pixels[i].pixel))
                   .squaredNorm();
    near.ray_distance_rms_mm = std::sqrt(sum / static_cast<double>(views.size()));
    return near;
}

std::optional<Eigen::Vector3d> closed_form_point(TriangulationMethod method,
                                                 std::span<const drr::CalibratedView> views,
                                                 std::span<const MeasuredPixel> pixels) {
    if (method == TriangulationMethod::dlt) return dlt_point(views, pixels);
    if (method == TriangulationMethod::optimal_two_view) return optimal_point(views, pixels);
    const std::optional<NearestPoint> near = nearest_to_rays(views, pixels);
    if (!near) return std::nullopt;
    return near->point_in_world_mm;
}

}  // namespace stereo
