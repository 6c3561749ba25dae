#include <drr/core/error.hpp>
#include <stereo/recon/epipolar.hpp>

#include <Eigen/LU>

#include <algorithm>
#include <cmath>

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

EpipolarStatistics epipolar_statistics(const Eigen::Matrix3d& fundamental,
                                       std::span<const Eigen::Vector2d> a,
                                       std::span<const Eigen::Vector2d> b) {
    drr::require(a.size() == b.size(), "epipolar statistics need pairs of pixels");
    EpipolarStatistics statistics;
    statistics.count = a.size();
    if (a.empty()) return statistics;
    std::vector<double> distances(a.size());
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        distances[i] = symmetric_distance_px(fundamental, a[i], b[i]);
        sum += distances[i] * distances[i];
        if (distances[i] > 1.0) ++statistics.above_1_px;
    }
    std::sort(distances.begin(), distances.end());
    statistics.rms_px = std::sqrt(sum / static_cast<double>(a.size()));
    statistics.median_px = 0.5 * (distances[(a.size() - 1) / 2] + distances[a.size() / 2]);
    statistics.max_px = distances.back();
    return statistics;
}

}  // namespace stereo
