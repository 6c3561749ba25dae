#include <drr/core/error.hpp>
#include <drr/geometry/decompositions.hpp>
#include <stereo/calib/dlt.hpp>

#include <Eigen/Cholesky>
#include <fmt/format.h>

#include <cmath>

namespace stereo {
namespace {

using Vector12d = Eigen::Matrix<double, 12, 1>;
using Matrix12d = Eigen::Matrix<double, 12, 12>;

constexpr std::size_t min_points = 6;

// Centre and scale that bring points to zero mean and root mean square length sqrt(dimension).
template <int N>
struct Normalization {
    Eigen::Matrix<double, N, 1> mean = Eigen::Matrix<double, N, 1>::Zero();
    double scale = 1.0;

    explicit Normalization(std::span<const Eigen::Matrix<double, N, 1>> points) {
        const auto count = static_cast<double>(points.size());
        for (const auto& p : points)
            mean += p / count;
        double sum = 0.0;
        for (const auto& p : points)
            sum += (p - mean).squaredNorm() / count;
        scale = sum > 0.0 ? std::sqrt(N / sum) : 1.0;
    }
    [[nodiscard]] Eigen::Matrix<double, N, 1> apply(const Eigen::Matrix<double, N, 1>& p) const {
        return scale * (p - mean);
    }
};

// Thickness of the point set over its largest extent; 0 for points on a plane.
double flatness(std::span<const Eigen::Vector3d> points) {
    const Normalization<3> norm(points);
    Eigen::Matrix3d moments = Eigen::Matrix3d::Zero();
    for (const auto& p : points)
        moments += norm.apply(p) * norm.apply(p).transpose();
    const Eigen::VectorXd values = drr::symmetric_eigen(moments).values;
    return std::sqrt(std::max(values[0], 0.0) / values[2]);
}

// Of the eigenvector to the smallest eigenvalue of a positive semidefinite matrix, whose lower half
// counts: inverse iteration, which takes a tenth of what all twelve take; where the next eigenvalue
// is too near for it, all of them.
Vector12d least_eigenvector(const Matrix12d& normal) {
    // Exact points make the matrix singular: a share of its trace is far below any noise.
    constexpr double shift = 1e-13;
    constexpr double rounding = 1e-14;
    constexpr int max_iterations = 12;
    Matrix12d shifted = normal;
    shifted.diagonal().array() += shift * normal.trace();
    const Eigen::LLT<Matrix12d, Eigen::Lower> factor(shifted);
    Vector12d p = Vector12d::Constant(1.0 / std::sqrt(12.0));
    for (int i = 0; i < max_iterations && factor.info() == Eigen::Success; ++i) {
        const Vector12d next = factor.solve(p).normalized();
        const double change = 1.0 - std::abs(next.dot(p));
        p = next;
        if (change < rounding) return p;
    }
    return drr::symmetric_eigen(normal).vectors.col(0);
}

}  // namespace

DltResult dlt(std::span<const Eigen::Vector3d> points_mm, std::span<const Eigen::Vector2d> pixels) {
    drr::require(points_mm.size() == pixels.size(), "the DLT needs a pixel for each point");
    DltResult result;
    if (points_mm.size() < min_points) {
        result.summary = fmt::format("{} points, at least {} needed", points_mm.size(), min_points);
        return result;
    }
    // Below 1 % of its width a point set is a plane for this purpose: depth and focal length
    // cannot be told apart.
    constexpr double min_flatness = 0.01;
    if (flatness(points_mm) < min_flatness) {
        result.summary = "the points lie on a plane: the 11 parameters are not determined";
        return result;
    }
    const Normalization<3> norm3(points_mm);
    const Normalization<2> norm2(pixels);
    // Of the rows (x, 0, -u x) and (0, x, -v x) of a point.
    Matrix12d normal = Matrix12d::Zero();
    for (std::size_t i = 0; i < points_mm.size(); ++i) {
        const Eigen::Vector4d x = norm3.apply(points_mm[i]).homogeneous();
        const Eigen::Vector2d u = norm2.apply(pixels[i]);
        const Eigen::Matrix4d moments = x * x.transpose();
        normal.block<4, 4>(0, 0) += moments;
        normal.block<4, 4>(8, 0) -= u.x() * moments;
        normal.block<4, 4>(8, 4) -= u.y() * moments;
        normal.block<4, 4>(8, 8) += u.squaredNorm() * moments;
    }
    normal.block<4, 4>(4, 4) = normal.block<4, 4>(0, 0);
    const Vector12d p = least_eigenvector(normal);
    drr::Matrix34d normalized;
    normalized << p.segment<4>(0).transpose(), p.segment<4>(4).transpose(),
        p.segment<4>(8).transpose();
    Eigen::Matrix3d pixel_from_normalized;
    pixel_from_normalized << 1.0 / norm2.scale, 0.0, norm2.mean.x(), 0.0, 1.0 / norm2.scale,
        norm2.mean.y(), 0.0, 0.0, 1.0;
    Eigen::Matrix4d normalized_from_mm = Eigen::Matrix4d::Identity();
    normalized_from_mm.topLeftCorner<3, 3>() *= norm3.scale;
    normalized_from_mm.topRightCorner<3, 1>() = -norm3.scale * norm3.mean;
    result.projection_matrix = pixel_from_normalized * normalized * normalized_from_mm;
    result.projection_matrix /= result.projection_matrix.norm();

    double sum = 0.0;
    for (std::size_t i = 0; i < points_mm.size(); ++i)
        sum += (drr::project(result.projection_matrix, points_mm[i]) - pixels[i]).squaredNorm();
    result.rms_px = std::sqrt(sum / static_cast<double>(points_mm.size()));
    result.ok = std::isfinite(result.rms_px);
    result.summary = fmt::format("{} points, RMS {:.3f} px", points_mm.size(), result.rms_px);
    return result;
}

}  // namespace stereo
