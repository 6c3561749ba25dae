#include <drr/core/error.hpp>
#include <stereo/recon/triangulate.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>

#include <cmath>
#include <vector>

namespace stereo {
namespace {

// Rays that converge by less than this have no usable intersection (0.06 degrees).
constexpr double min_convergence_rad = 1e-3;

// The point with the least sum of squared distances to all rays; none if they are parallel.
bool midpoint(std::span<const drr::CalibratedView> views, std::span<const MeasuredPixel> pixels,
              Triangulation& result) {
    Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
    Eigen::Vector3d right = Eigen::Vector3d::Zero();
    for (std::size_t i = 0; i < views.size(); ++i) {
        const Eigen::Vector3d ray = views[i].ray_in_world(pixels[i].pixel);
        const Eigen::Matrix3d across = Eigen::Matrix3d::Identity() - ray * ray.transpose();
        normal += across;
        right += across * views[i].source_in_world_mm();
    }
    // Two rays at a small angle a give a smallest eigenvalue of a^2/2.
    const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> solver(normal);
    if (solver.eigenvalues()[0] < 0.5 * min_convergence_rad * min_convergence_rad) return false;
    result.point_in_world_mm = normal.ldlt().solve(right);
    double sum = 0.0;
    for (std::size_t i = 0; i < views.size(); ++i)
        sum += (result.point_in_world_mm - views[i].source_in_world_mm())
                   .cross(views[i].ray_in_world(pixels[i].pixel))
                   .squaredNorm();
    result.ray_distance_rms_mm = std::sqrt(sum / static_cast<double>(views.size()));
    return true;
}

}  // namespace

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
    const drr::Pinhole& pinhole = view.pinhole;
    const Eigen::Vector3d p = view.view_from_world * point_in_world_mm;
    Eigen::Matrix<double, 2, 3> jacobian;
    jacobian << pinhole.fx_px / p.z(), 0.0, -pinhole.fx_px * p.x() / (p.z() * p.z()), 0.0,
        pinhole.fy_px / p.z(), -pinhole.fy_px * p.y() / (p.z() * p.z());
    return jacobian * view.view_from_world.matrix();
}

Triangulation triangulate(std::span<const drr::CalibratedView> views,
                          std::span<const MeasuredPixel> pixels) {
    drr::require(views.size() >= 2, "triangulation needs at least two views");
    drr::require(views.size() == pixels.size(), "triangulation needs one pixel in each view");
    Triangulation result;
    if (!midpoint(views, pixels, result)) return result;

    constexpr int max_iterations = 20;
    double cost = 0.0;
    Eigen::Matrix3d normal;
    for (int iteration = 0; iteration < max_iterations; ++iteration) {
        normal.setZero();
        Eigen::Vector3d gradient = Eigen::Vector3d::Zero();
        cost = 0.0;
        for (std::size_t i = 0; i < views.size(); ++i) {
            if ((views[i].view_from_world * result.point_in_world_mm).z() <= 0.0) return result;
            const Eigen::Vector2d residual =
                views[i].project(result.point_in_world_mm) - pixels[i].pixel;
            const Eigen::Matrix<double, 2, 3> jacobian =
                projection_jacobian(views[i], result.point_in_world_mm);
            const Eigen::Matrix2d weight = pixels[i].covariance_px2.inverse();
            cost += residual.squaredNorm();
            normal += jacobian.transpose() * weight * jacobian;
            gradient += jacobian.transpose() * weight * residual;
        }
        const Eigen::Vector3d step = -normal.ldlt().solve(gradient);
        if (!step.allFinite()) return result;
        result.point_in_world_mm += step;
        if (step.norm() < 1e-10) break;  // mm; far below any noise
    }
    result.covariance_mm2 = normal.inverse();
    result.reprojection_rms_px = std::sqrt(cost / static_cast<double>(views.size()));
    result.ok = result.point_in_world_mm.allFinite();
    return result;
}

double expected_depth_resolution_mm(double distance_mm, double disparity_noise_px,
                                    double baseline_mm, double focal_length_px) {
    return distance_mm * distance_mm * disparity_noise_px / (baseline_mm * focal_length_px);
}

}  // namespace stereo
