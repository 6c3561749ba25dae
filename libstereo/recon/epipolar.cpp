#include <drr/core/error.hpp>
#include <stereo/recon/epipolar.hpp>

#include <Eigen/LU>

#include <algorithm>
#include <cmath>
#include <utility>

namespace stereo {
Eigen::Matrix3d fundamental_from_views(const drr::CalibratedView& a, const drr::CalibratedView& b) {
    const drr::Rigid3 b_from_a = b.view_from_world * a.view_from_world.inverse();
    const Eigen::Matrix3d essential =
        drr::cross_matrix(b_from_a.translation_mm) * b_from_a.matrix();
    const Eigen::Matrix3d f =
        b.pinhole.matrix().inverse().transpose() * essential * a.pinhole.matrix().inverse();
    return f / f.norm();
}

double point_to_line_px(const Eigen::Matrix3d& fundamental, const Eigen::Vector2d& a,
                        const Eigen::Vector2d& b) {
    const Eigen::Vector3d line = fundamental * a.homogeneous();
    return std::abs(line.dot(b.homogeneous())) / line.head<2>().norm();
}

double symmetric_distance_px(const Eigen::Matrix3d& fundamental, const Eigen::Vector2d& a,
                             const Eigen::Vector2d& b) {
    const double in_b = point_to_line_px(fundamental, a, b);
    const double in_a = point_to_line_px(fundamental.transpose(), b, a);
    return std::sqrt(0.5 * (in_a * in_a + in_b * in_b));
}

double sampson_distance_px(const Eigen::Matrix3d& fundamental, const Eigen::Vector2d& a,
                           const Eigen::Vector2d& b) {
    const Eigen::Vector3d line_b = fundamental * a.homogeneous();
    const Eigen::Vector3d line_a = fundamental.transpose() * b.homogeneous();
    return line_b.dot(b.homogeneous()) /
           std::sqrt(line_a.head<2>().squaredNorm() + line_b.head<2>().squaredNorm());
}

EpipolarStatistics distance_statistics(std::vector<double> distances_px) {
    EpipolarStatistics statistics;
    statistics.count = distances_px.size();
    if (distances_px.empty()) return statistics;
    double sum = 0.0;
    for (double& distance : distances_px) {
        distance = std::abs(distance);
        sum += distance * distance;
        if (distance > 1.0) ++statistics.above_1_px;
    }
    std::sort(distances_px.begin(), distances_px.end());
    const auto quantile = [&](double share) {
        const double at = share * static_cast<double>(distances_px.size() - 1);
        const auto below = static_cast<std::size_t>(at);
        const std::size_t above = std::min(below + 1, distances_px.size() - 1);
        return std::lerp(distances_px[below], distances_px[above], at - static_cast<double>(below));
    };
    statistics.rms_px = std::sqrt(sum / static_cast<double>(distances_px.size()));
    statistics.median_px = quantile(0.5);
    statistics.percentile_95_px = quantile(0.95);
    statistics.max_px = distances_px.back();
    return statistics;
}

namespace {

template <class Distance>
EpipolarStatistics statistics_of(Distance distance_px, const Eigen::Matrix3d& fundamental,
                                 std::span<const Eigen::Vector2d> a,
                                 std::span<const Eigen::Vector2d> b) {
    drr::require(a.size() == b.size(), "epipolar statistics need pairs of pixels");
    std::vector<double> distances_px(a.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        distances_px[i] = distance_px(fundamental, a[i], b[i]);
    return distance_statistics(std::move(distances_px));
}

}  // namespace

EpipolarStatistics epipolar_statistics(const Eigen::Matrix3d& fundamental,
                                       std::span<const Eigen::Vector2d> a,
                                       std::span<const Eigen::Vector2d> b) {
    return statistics_of(symmetric_distance_px, fundamental, a, b);
}

EpipolarStatistics sampson_statistics(const Eigen::Matrix3d& fundamental,
                                      std::span<const Eigen::Vector2d> a,
                                      std::span<const Eigen::Vector2d> b) {
    return statistics_of(sampson_distance_px, fundamental, a, b);
}

}  // namespace stereo
