#include <stereo/recon/match_correction.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Geometry>

#include <cmath>

namespace stereo {
namespace {

// From the unit square of the noise to pixels, homogeneous.
Eigen::Matrix3d pixel_from_unit(const Eigen::Matrix2d& covariance_px2) {
    Eigen::Matrix3d m = Eigen::Matrix3d::Identity();
    m.topLeftCorner<2, 2>() = covariance_px2.llt().matrixL();
    return m;
}

}  // namespace

CorrectedMatch correct_match(const Eigen::Matrix3d& fundamental, const MeasuredPixel& a,
                             const MeasuredPixel& b) {
    // The origin of each image moves to its measured pixel: numbers of the size of the correction.
    Eigen::Matrix3d to_a = pixel_from_unit(a.covariance_px2);
    Eigen::Matrix3d to_b = pixel_from_unit(b.covariance_px2);
    to_a.topRightCorner<2, 1>() = a.pixel;
    to_b.topRightCorner<2, 1>() = b.pixel;
    const Eigen::Matrix3d f = to_b.transpose() * fundamental * to_a;
    const Eigen::Matrix2d middle = f.topLeftCorner<2, 2>();
    const Eigen::Vector2d first_b = f.topRightCorner<2, 1>();  // normal of the line in b
    const Eigen::Vector2d first_a = f.bottomLeftCorner<1, 2>().transpose();

    constexpr int max_iterations = 50;
    constexpr double still = 1e-13;  // of the step, relative to it: a few units of rounding
    Eigen::Vector2d normal_a = first_a;
    Eigen::Vector2d normal_b = first_b;
    double lambda = 0.0;
    CorrectedMatch match;
    for (int iteration = 0; iteration < max_iterations && !match.converged; ++iteration) {
        // -lambda (normal_a, normal_b) satisfies the constraint: a lambda^2 - 2 b lambda + c = 0.
        const double quadratic = normal_b.dot(middle * normal_a);
        const double half_linear = 0.5 * (normal_a.dot(first_a) + normal_b.dot(first_b));
        const double discriminant = half_linear * half_linear - quadratic * f(2, 2);
        if (!(discriminant >= 0.0)) break;
        const double next = f(2, 2) / (half_linear + std::sqrt(discriminant));
        match.converged = std::abs(next - lambda) <= still * std::abs(next);
        lambda = next;
        if (match.converged) break;
        const Eigen::Vector2d before_a = normal_a;
        normal_a = first_a - lambda * middle.transpose() * normal_b;
        normal_b = first_b - lambda * middle * before_a;
    }
    match.a = (to_a * Eigen::Vector2d(-lambda * normal_a).homogeneous()).head<2>();
    match.b = (to_b * Eigen::Vector2d(-lambda * normal_b).homogeneous()).head<2>();
    const double normal = std::hypot(normal_a.norm(), normal_b.norm());
    match.distance = lambda * normal;
    const Eigen::Vector3d in_a = match.a.homogeneous();
    const Eigen::Vector3d in_b = match.b.homogeneous();
    match.by_fundamental = in_b * in_a.transpose() / normal;
    return match;
}

}  // namespace stereo
