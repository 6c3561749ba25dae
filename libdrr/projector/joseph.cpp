#include "joseph_tile.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/projector/joseph.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace drr {
namespace {

/// The axis on which a ray crosses most planes, and in which direction: 2 * axis + (negative).
int dominant(const Eigen::Vector3d& ray) {
    int axis = 0;
    for (int d = 1; d < 3; ++d)
        if (std::abs(ray[d]) > std::abs(ray[axis])) axis = d;
    return 2 * axis + (ray[axis] < 0.0 ? 1 : 0);
}

/// The axis least along the beam; of equal ones the last, along which few patients lie across.
int lane_axis_for(const Eigen::Vector3d& beam, int other_than = -1) {
    // Beams along an axis leave rounding on the other two.
    const double rounding = 1e-9 * beam.cwiseAbs().maxCoeff();
    int axis = -1;
    for (int d = 2; d >= 0; --d)
        if (d != other_than && (axis < 0 || std::abs(beam[d]) < std::abs(beam[axis]) - rounding))
            axis = d;
    return axis;
}

/// The sum of the samples of one ray, those next to its ends in part.
double sum_between_ends(const MuVolume& volume, const VoxelBox& box, const Eigen::Vector3d& source,
                        const Eigen::Vector3d& ray, int axis) {
    const int b = (axis + 1) % 3, c = (axis + 2) % 3;
    const double begin = std::min(source[axis], source[axis] + ray[axis]);
    const double end = std::max(source[axis], source[axis] + ray[axis]);
    const double low = box.first[axis], high = box.last[axis];
    const int first = static_cast<int>(std::clamp(std::floor(begin + 0.5), low, high));
    const int last = static_cast<int>(std::clamp(std::floor(end + 0.5), low - 1.0, high - 1.0));
    const auto value = [&](const Eigen::Array3i& voxel) {
        if ((voxel < box.first).any() || (voxel >= box.last).any()) return 0.0;
        return static_cast<double>(volume.at(voxel[0], voxel[1], voxel[2]));
    };
    double sum = 0.0;
    for (int slice = first; slice <= last; ++slice) {
        const double part = std::min(end, slice + 0.5) - std::max(begin, slice - 0.5);
        const Eigen::Vector3d point = source + (slice - source[axis]) / ray[axis] * ray;
        if (!(point[b] > box.first[b] - 1 && point[b] < box.last[b] &&
              point[c] > box.first[c] - 1 && point[c] < box.last[c]))
            continue;
        Eigen::Array3i voxel;
        voxel[axis] = slice;
        double sample = 0.0;
        for (int n = 0; n < 4; ++n) {
            voxel[b] = static_cast<int>(std::floor(point[b])) + (n & 1);
            voxel[c] = static_cast<int>(std::floor(point[c])) + (n >> 1);
            sample += (1.0 - std::abs(point[b] - voxel[b])) *
                      (1.0 - std::abs(point[c] - voxel[c])) * value(voxel);
        }
        sum += part * sample;
    }
    return sum;
}

/// Whether the ray may take samples within half a slice of its end or, were it longer, beyond.
bool is_cut(const VoxelBox& box, const Eigen::Vector3d& source, const Eigen::Vector3d& ray,
            int axis) {
    double enter = 1.0 - 0.5 / std::abs(ray[axis]);
    double leave = std::numeric_limits<double>::infinity();
    for (int d = 0; d < 3; ++d) {
        const double low = box.first[d] - 1 - source[d], high = box.last[d] - source[d];
        if (ray[d] == 0.0) {
            if (low >= 0.0 || high <= 0.0) return false;
            continue;
        }
        enter = std::max(enter, std::min(low / ray[d], high / ray[d]));
        leave = std::min(leave, std::max(low / ray[d], high / ray[d]));
    }
    return enter < leave;
}

struct Pixel {
    int u = 0, v = 0;
};

/// How the pixels of a view are dealt out to tiles. Columns of pixels follow, as near as pixels
/// allow, the image of lines along the lane axis, so that the rays of a column share rows of the
/// volume. These lines meet in a vanishing point, so the columns of each tile have their own slope;
/// the edge that two tiles share is computed once, and each pixel belongs to one tile.
class PixelTiles {
  public:
    PixelTiles(const IndexRays& rays, const XrayView& view, int lane_axis,
               const Eigen::Vector3d& middle);

    [[nodiscard]] std::size_t count() const { return static_cast<std::size_t>(across_ * along_); }
    [[nodiscard]] int column_rays() const { return column_rays_; }
    /// The pixels of a tile, column by column; none where a column leaves the image or the tile.
    [[nodiscard]] int pixels(std::size_t tile, PerRay<std::optional<Pixel>>& pixels) const;

  private:
    /// Pixels aside for a pixel along a column.
    [[nodiscard]] double slope(double aside, double along) const;

    int width_, height_;   ///< of the image, across the columns and along them
    bool along_v_ = true;  ///< columns run along v, or along u
    int column_rays_ = lane_rays;
    int first_ = 0, across_ = 0, along_ = 0;  ///< tiles
    /// The slope is (numerator_ + cross_ aside) / (denominator_ + cross_ along).
    double numerator_ = 0.0, denominator_ = 1.0, cross_ = 0.0;
};

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

/// Whether some ray through the image's border has this dominant axis. The rays of an image that
/// have it fill a convex region.
bool occurs_at_border(const IndexRays& rays, const XrayView& view, int axis) {
    const auto has = [&](int u, int v) { return dominant(rays.to_pixel(u, v)) / 2 == axis; };
    for (int u = 0; u < view.width_px; ++u)
        if (has(u, 0) || has(u, view.height_px - 1)) return true;
    for (int v = 0; v < view.height_px; ++v)
        if (has(0, v) || has(view.width_px - 1, v)) return true;
    return false;
}

}  // namespace

struct JosephProjector::State {
    MuVolume volume;
    VoxelBox occupied;
    BrickMap bricks;
    std::mutex mutex;  ///< of what follows
    std::array<std::unique_ptr<const LaneVolume>, 3> by_lane_axis;
    JosephLayouts layouts;

    explicit State(MuVolume given)
        : volume(std::move(given)), occupied(occupied_box(volume)), bricks(volume) {}

    const LaneVolume& with_lanes_along(int axis) {
        const std::scoped_lock lock(mutex);
        auto& made = by_lane_axis[static_cast<std::size_t>(axis)];
        if (!made) {
            const auto from = std::chrono::steady_clock::now();
            made = std::make_unique<const LaneVolume>(volume, axis);
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
            ++layouts.count;
            layouts.bytes += made->bytes();
            layouts.seconds += took.count();
        }
        return *made;
    }
};

JosephProjector::JosephProjector(MuVolume volume) {
    volume.validate();
    // Within a chunk of slices the march counts in 32 bits.
    const auto [i, j, k] = volume.sizes;
    const auto smallest = static_cast<std::size_t>(std::min({i, j, k}));
    require(volume.mu_per_mm.size() / smallest < std::size_t{1} << 25,
            "the Joseph projector takes volumes of less than 2^25 voxels in each plane");
    state_ = std::make_unique<State>(std::move(volume));
}

JosephProjector::~JosephProjector() = default;

JosephLayouts JosephProjector::layouts() const {
    const std::scoped_lock lock(state_->mutex);
    return state_->layouts;
}

Image<float> JosephProjector::line_integrals(const XrayView& view) const {
    view.validate();
    Image<float> image(view.width_px, view.height_px);
    State& state = *state_;
    const VoxelBox& box = state.occupied;
    if (box.empty()) return image;
    const IndexRays rays(state.volume, view);
    const Eigen::Vector3d beam =
        rays.to_pixel(0.5 * (view.width_px - 1), 0.5 * (view.height_px - 1));
    const Eigen::Vector3d middle = 0.5 * (box.first + box.last - 1).cast<double>();
    const int lane_axis = lane_axis_for(beam);
    const int other_axis = lane_axis_for(beam, lane_axis);
    const LaneVolume& volume = state.with_lanes_along(lane_axis);
    // For rays along the lanes: few, at the border of wide beams.
    const LaneVolume* const other =
        occurs_at_border(rays, view, lane_axis) ? &state.with_lanes_along(other_axis) : nullptr;
    const PixelTiles tiles(rays, view, lane_axis, middle);
    const auto column_rays = static_cast<std::size_t>(tiles.column_rays());

    parallel_for(tiles.count(), [&](std::size_t index) {
        PerRay<std::optional<Pixel>> pixels;
        const auto count = static_cast<std::size_t>(tiles.pixels(index, pixels));
        PerRay<Eigen::Vector3d> to_pixel;
        PerRay<int> key;
        unsigned present = 0;
        for (std::size_t n = 0; n < count; ++n) {
            key[n] = -1;
            if (!pixels[n]) continue;
            to_pixel[n] = rays.to_pixel(pixels[n]->u, pixels[n]->v);
            key[n] = dominant(to_pixel[n]);
            present |= 1U << key[n];
        }
        for (int k = 0; k < 6; ++k) {
            if (!(present & (1U << k))) continue;
            JosephTile tile;
            tile.rays = &rays;
            tile.bricks = &state.bricks;
            tile.box = box;
            tile.slice_axis = k / 2;
            tile.lane_axis = tile.slice_axis == lane_axis ? other_axis : lane_axis;
            tile.row_axis = 3 - tile.slice_axis - tile.lane_axis;
            tile.volume = tile.slice_axis == lane_axis ? other : &volume;
            tile.rays_count = static_cast<int>(count);

            // Rays march together as long as each sample is a whole one.
            const bool ascending = k % 2 == 0;
            const double source = rays.source[tile.slice_axis];
            const double low = box.first[tile.slice_axis] - 0.5;
            const double high = box.last[tile.slice_axis] - 0.5;
            const bool outside = ascending ? source <= low : source >= high;
            const auto marches = [&](std::size_t n) {
                if (!outside || !tile.volume) return false;
                const double end = source + to_pixel[n][tile.slice_axis];
                return (ascending ? end >= high : end <= low) ||
                       !is_cut(box, rays.source, to_pixel[n], tile.slice_axis);
            };
            bool some = false;
            for (std::size_t column = 0; column < count; column += column_rays) {
                // A ray that takes no part is stood in for by another of its column.
                std::optional<Pixel> stand_in;
                for (std::size_t n = column; n < column + column_rays; ++n) {
                    tile.takes_part[n] = key[n] == k && marches(n);
                    if (tile.takes_part[n] && !stand_in) stand_in = pixels[n];
                }
                for (std::size_t n = column; n < column + column_rays; ++n) {
                    if (tile.takes_part[n]) stand_in = pixels[n];
                    tile.u[n] = stand_in ? stand_in->u : 0;
                    tile.v[n] = stand_in ? stand_in->v : 0;
                }
                some = some || stand_in;
            }
            PerRay<float> sums;
            if (some) march(tile, sums);
            for (std::size_t n = 0; n < count; ++n) {
                if (key[n] != k) continue;
                const double sum = tile.takes_part[n]
                                       ? static_cast<double>(sums[n])
                                       : sum_between_ends(state.volume, box, rays.source,
                                                          to_pixel[n], tile.slice_axis);
                image(pixels[n]->u, pixels[n]->v) = static_cast<float>(
                    sum * rays.length_mm(to_pixel[n]) / std::abs(to_pixel[n][tile.slice_axis]));
            }
        }
    });
    return image;
}

}  // namespace drr
