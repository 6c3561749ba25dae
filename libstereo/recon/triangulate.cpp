#include "linear_triangulation.hpp"

#include <drr/core/error.hpp>
#include <stereo/recon/triangulate.hpp>

#include <Eigen/LU>

#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace stereo {
namespace {

constexpr std::array<std::pair<TriangulationMethod, std::string_view>, 4> names{
    {{TriangulationMethod::maximum_likelihood, "maximum-likelihood"},
     {TriangulationMethod::optimal_two_view, "optimal-two-view"},
     {TriangulationMethod::dlt, "dlt"},
     {TriangulationMethod::midpoint, "midpoint"}}};

bool is_before_all(std::span<const drr::CalibratedView> views, const Eigen::Vector3d& point) {
    for (const drr::CalibratedView& view : views)
        if (!((view.view_from_world * point).z() > 0.0)) return false;
    return true;
}

/// A point as a view sees it.
struct Sight {
    Eigen::Vector2d pixel;
    Eigen::Matrix<double, 2, 3> jacobian;
    bool is_before;
};

Sight sight_of(const drr::CalibratedView& view, const Eigen::Vector3d& point_in_world_mm) {
    const drr::Pinhole& k = view.pinhole;
    const Eigen::Matrix3d turn = view.view_from_world.matrix();
    const Eigen::Vector3d p = turn * point_in_world_mm + view.view_from_world.translation_mm;
    const double x = p.x() / p.z();
    const double y = p.y() / p.z();
    Sight sight{{k.fx_px * x + k.cx_px, k.fy_px * y + k.cy_px}, {}, p.z() > 0.0};
    sight.jacobian.row(0) = k.fx_px / p.z() * (turn.row(0) - x * turn.row(2));
    sight.jacobian.row(1) = k.fy_px / p.z() * (turn.row(1) - y * turn.row(2));
    return sight;
}

// Gauss-Newton from the point that is there; sets point and covariance.
bool most_likely(std::span<const drr::CalibratedView> views, std::span<const MeasuredPixel> pixels,
                 Triangulation& result) {
    constexpr int max_iterations = 20;
    // A residual of a pixel leaves a thousandth of the error to the next step, 1e-10 mm after this.
    constexpr double last_step_mm = 1e-7;
    for (int iteration = 0; iteration < max_iterations; ++iteration) {
        Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
        Eigen::Vector3d gradient = Eigen::Vector3d::Zero();
        for (std::size_t i = 0; i < views.size(); ++i) {
            const Sight sight = sight_of(views[i], result.point_in_world_mm);
            if (!sight.is_before) return false;
            const Eigen::Matrix<double, 3, 2> weighed =
                sight.jacobian.transpose() * pixels[i].covariance_px2.inverse();
            normal += weighed * sight.jacobian;
            gradient += weighed * (sight.pixel - pixels[i].pixel);
        }
        result.covariance_mm2 = normal.inverse();
        const Eigen::Vector3d step = -result.covariance_mm2 * gradient;
        if (!step.allFinite()) return false;
        result.point_in_world_mm += step;
        if (step.norm() < last_step_mm) break;
    }
    result.by_pixels.resize(3, static_cast<Eigen::Index>(2 * views.size()));
    for (std::size_t i = 0; i < views.size(); ++i) {
        const Sight sight = sight_of(views[i], result.point_in_world_mm);
        if (!sight.is_before) return false;
        result.by_pixels.middleCols<2>(static_cast<Eigen::Index>(2 * i)) =
            result.covariance_mm2 * sight.jacobian.transpose() * pixels[i].covariance_px2.inverse();
    }
    return true;
}

// Point by a closed form and its covariance by central differences in each pixel coordinate.
bool by_closed_form(TriangulationMethod method, std::span<const drr::CalibratedView> views,
                    std::span<const MeasuredPixel> pixels, Triangulation& result) {
    // Small against the bend of a point over a pixel (1e-4 of the point's change at a baseline of
    // a thousand pixels), large against rounding.
    constexpr double step_px = 0.05;
    const std::optional<Eigen::Vector3d> point = closed_form_point(method, views, pixels);
    if (!point) return false;
    result.point_in_world_mm = *point;
    result.by_pixels.resize(3, static_cast<Eigen::Index>(2 * views.size()));
    std::vector<MeasuredPixel> moved(pixels.begin(), pixels.end());
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        auto jacobian = result.by_pixels.middleCols<2>(static_cast<Eigen::Index>(2 * i));
        for (Eigen::Index axis = 0; axis < 2; ++axis) {
            moved[i].pixel[axis] = pixels[i].pixel[axis] + step_px;
            const auto above = closed_form_point(method, views, moved);
            moved[i].pixel[axis] = pixels[i].pixel[axis] - step_px;
            const auto below = closed_form_point(method, views, moved);
            moved[i].pixel[axis] = pixels[i].pixel[axis];
            if (!above || !below) return false;
            jacobian.col(axis) = (*above - *below) / (2.0 * step_px);
        }
        result.covariance_mm2 += jacobian * pixels[i].covariance_px2 * jacobian.transpose();
    }
    return is_before_all(views, *point);
}

}  // namespace

std::string_view name_of(TriangulationMethod method) {
    for (const auto& [value, name] : names)
        if (value == method) return name;
    throw drr::Error(drr::ErrorCode::internal, "a triangulation method without a name");
}

std::optional<TriangulationMethod> triangulation_method(std::string_view name) {
    for (const auto& [value, its_name] : names)
        if (its_name == name) return value;
    return std::nullopt;
}

Triangulation triangulate(std::span<const drr::CalibratedView> views,
                          std::span<const Eigen::Vector2d> pixels, std::span<const double> sd_px) {
    drr::require(views.size() == pixels.size(), "triangulation needs one pixel in each view");
    drr::require(sd_px.empty() || sd_px.size() == views.size(),
                 "triangulation needs a standard deviation for each view, or none");
    std::vector<MeasuredPixel> measured(pixels.size());
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        measured[i].pixel = pixels[i];
        if (!sd_px.empty()) measured[i].covariance_px2 *= sd_px[i] * sd_px[i];
    }
    return triangulate(views, measured);
}

Eigen::Matrix<double, 2, 3> projection_jacobian(const drr::CalibratedView& view,
                                                const Eigen::Vector3d& point_in_world_mm) {
    return sight_of(view, point_in_world_mm).jacobian;
}

Triangulation triangulate(std::span<const drr::CalibratedView> views,
                          std::span<const MeasuredPixel> pixels,
                          const TriangulationOptions& options) {
    drr::require(views.size() >= 2, "triangulation needs at least two views");
    drr::require(views.size() == pixels.size(), "triangulation needs one pixel in each view");
    Triangulation result;
    const std::optional<NearestPoint> near = nearest_to_rays(views, pixels);
    if (!near) return result;
    result.point_in_world_mm = near->point_in_world_mm;
    result.ray_distance_rms_mm = near->ray_distance_rms_mm;
    const bool found = options.method == TriangulationMethod::maximum_likelihood
                           ? most_likely(views, pixels, result)
                           : by_closed_form(options.method, views, pixels, result);
    if (!found) return result;
    double squares = 0.0;
    for (std::size_t i = 0; i < views.size(); ++i)
        squares += (views[i].project(result.point_in_world_mm) - pixels[i].pixel).squaredNorm();
    result.reprojection_rms_px = std::sqrt(squares / static_cast<double>(views.size()));
    result.ok = result.point_in_world_mm.allFinite();
    return result;
}

double expected_depth_resolution_mm(double distance_mm, double disparity_noise_px,
                                    double baseline_mm, double focal_length_px) {
    return distance_mm * distance_mm * disparity_noise_px / (baseline_mm * focal_length_px);
}

}  // namespace stereo
