#include <drr/core/error.hpp>
#include <stereo/recon/epipolar_comparison.hpp>

#include <cmath>
#include <utility>

namespace stereo {
namespace {

// From the line of pixel a by the first matrix, where it passes pixel b, to the second's.
double between_lines_px(const Eigen::Matrix3d& first, const Eigen::Matrix3d& second,
                        const Eigen::Vector2d& a, const Eigen::Vector2d& b) {
    const Eigen::Vector3d line = first * a.homogeneous();
    const Eigen::Vector2d foot =
        b - line.dot(b.homogeneous()) / line.head<2>().squaredNorm() * line.head<2>();
    return point_to_line_px(second, a, foot);
}

bool is_shown(const drr::CalibratedView& view, const Eigen::Vector3d& point_in_world_mm) {
    if ((view.view_from_world * point_in_world_mm).z() <= 0.0) return false;
    const Eigen::Vector2d pixel = view.project(point_in_world_mm);
    return pixel.x() >= -0.5 && pixel.y() >= -0.5 && pixel.x() < view.width_px - 0.5 &&
           pixel.y() < view.height_px - 0.5;
}

}  // namespace

void WorkingVolume::validate() const {
    drr::require((high_mm.array() > low_mm.array()).all(), "a working volume needs high > low");
    drr::require(steps >= 2, "a working volume needs two points or more along each edge");
}

PixelPairs volume_in_views(const drr::CalibratedView& view_a, const drr::CalibratedView& view_b,
                           const WorkingVolume& volume) {
    volume.validate();
    PixelPairs pairs;
    for (int i = 0; i < volume.steps; ++i)
        for (int j = 0; j < volume.steps; ++j)
            for (int k = 0; k < volume.steps; ++k) {
                const Eigen::Vector3d share = Eigen::Vector3d(i, j, k) / (volume.steps - 1);
                const Eigen::Vector3d point =
                    volume.low_mm + share.cwiseProduct(volume.high_mm - volume.low_mm);
                if (!is_shown(view_a, point) || !is_shown(view_b, point)) continue;
                pairs.a.push_back(view_a.project(point));
                pairs.b.push_back(view_b.project(point));
            }
    return pairs;
}

EpipolarStatistics compare_fundamentals(const Eigen::Matrix3d& first, const Eigen::Matrix3d& second,
                                        const PixelPairs& pairs) {
    drr::require(pairs.a.size() == pairs.b.size(), "a comparison needs pairs of pixels");
    std::vector<double> distances_px(pairs.a.size());
    for (std::size_t i = 0; i < distances_px.size(); ++i) {
        const Eigen::Vector2d& a = pairs.a[i];
        const Eigen::Vector2d& b = pairs.b[i];
        distances_px[i] =
            std::hypot(between_lines_px(first, second, a, b),
                       between_lines_px(first.transpose(), second.transpose(), b, a)) /
            std::sqrt(2.0);
    }
    return distance_statistics(std::move(distances_px));
}

}  // namespace stereo
