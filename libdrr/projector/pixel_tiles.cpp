#include "pixel_tiles.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace drr {

PixelTiles::PixelTiles(const IndexRays& rays, const XrayView& view, int lane_axis,
                       const Eigen::Vector3d& middle)
    : width_(view.width_px), height_(view.height_px) {
    // A step du, dv on the detector runs along the lane axis e where du U + dv V = e + t D for the
    // ray D of the pixel: du = e . (V x D) / det, dv = e . (D x U) / det.
    const Eigen::Vector3d lane = Eigen::Vector3d::Unit(lane_axis);
    const Eigen::Vector3d& along_u = rays.along_u;
    const Eigen::Vector3d& along_v = rays.along_v;
    const Eigen::Vector3d first = rays.to_pixel(0, 0);
    const double in_u = lane.dot(along_v.cross(first)), in_v = lane.dot(first.cross(along_u));
    const double both = lane.dot(along_v.cross(along_u));
    const double u_middle = 0.5 * (view.width_px - 1), v_middle = 0.5 * (view.height_px - 1);
    const double du = in_u + both * u_middle, dv = in_v + both * v_middle;
    along_v_ = std::abs(dv) >= std::abs(du);
    if (!along_v_) std::swap(width_, height_);
    cross_ = both;
    numerator_ = along_v_ ? in_u : in_v;
    denominator_ = along_v_ ? in_v : in_u;

    // Columns span this many voxels, so that what cache lines hold beside them is small.
    constexpr double column_voxels = 24.0;
    const Eigen::Vector3d normal = along_u.cross(along_v);
    const double depth = normal.dot(middle - rays.source) / normal.dot(first);
    const double voxels_per_ray =
        std::abs(depth * normal.dot(first)) / std::max(std::abs(du), std::abs(dv));
    const double blocks = std::round(column_voxels / (voxels_per_ray * lane_rays));
    constexpr double most = max_column_rays / lane_rays;
    column_rays_ = lane_rays *
                   (blocks < most ? std::max(static_cast<int>(blocks), 1) : static_cast<int>(most));

    // Where tiles would diverge by more than a column (their vanishing point is near) columns are
    // parallel: slower, not less right.
    const double ends[] = {denominator_, denominator_ + cross_ * (height_ - 1)};
    const double nearest = std::min(std::abs(ends[0]), std::abs(ends[1]));
    if (ends[0] * ends[1] <= 0.0 ||
        std::abs(cross_) * tile_columns * 0.5 * column_rays_ > nearest) {
        numerator_ = slope(0.5 * (width_ - 1), 0.5 * (height_ - 1));
        denominator_ = 1.0;
        cross_ = 0.0;
    }
    const int beyond = (column_rays_ / 2 + tile_columns) / tile_columns;  // slopes are at most 1
    first_ = -beyond;
    across_ = (width_ + tile_columns - 1) / tile_columns + 2 * beyond;
    along_ = (height_ + column_rays_ - 1) / column_rays_;
}

double PixelTiles::slope(double aside, double along) const {
    const double value = (numerator_ + cross_ * aside) / (denominator_ + cross_ * along);
    return std::isfinite(value) ? std::clamp(value, -1.0, 1.0) : 0.0;
}

int PixelTiles::pixels(std::size_t tile, PerRay<std::optional<Pixel>>& pixels) const {
    const int across = first_ + static_cast<int>(tile) % across_;
    const int first_row = static_cast<int>(tile) / across_ * column_rays_;
    const double middle = first_row + 0.5 * column_rays_;
    const double low = across * tile_columns, high = low + tile_columns;
    const double low_slope = slope(low, middle), high_slope = slope(high, middle);
    int columns = 0;
    for (int n = 0; n < column_rays_; ++n) {
        const int row = first_row + n;
        const int from = static_cast<int>(std::lround(low + low_slope * (row - middle)));
        const int to = static_cast<int>(std::lround(high + high_slope * (row - middle)));
        for (int column = 0; column < max_tile_columns; ++column) {
            auto& pixel = pixels[static_cast<std::size_t>(column * column_rays_ + n)];
            const int aside = from + column;
            pixel.reset();
            if (row >= height_ || aside < 0 || aside >= std::min(to, width_)) continue;
            pixel = along_v_ ? Pixel{aside, row} : Pixel{row, aside};
            columns = std::max(columns, column + 1);
        }
    }
    return columns * column_rays_;
}

}  // namespace drr
