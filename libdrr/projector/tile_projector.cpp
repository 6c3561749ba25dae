#include "tile_projector.hpp"

#include "direct_sums.hpp"
#include "pixel_runs.hpp"
#include "pixel_tiles.hpp"
#include "ray_tile.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <mutex>
#include <utility>

namespace drr {
namespace {

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

/// Whether some ray through the image's border has this dominant axis. The rays of an image that
/// have it fill a convex region.
bool occurs_at_border(const IndexRays& rays, const XrayView& view, int axis) {
    const auto has = [&](int u, int v) { return dominant_axis(rays.to_pixel(u, v)) == axis; };
    for (int u = 0; u < view.width_px; ++u)
        if (has(u, 0) || has(u, view.height_px - 1)) return true;
    for (int v = 0; v < view.height_px; ++v)
        if (has(0, v) || has(view.width_px - 1, v)) return true;
    return false;
}

/// Collects parts of rays until there is a bundle of them, and adds their integrals to `sums`.
template <Method method, class Voxel>
class Parts {
  public:
    Parts(const VoxelArray<Voxel>& array, const VoxelBox& box, const Eigen::Vector3d& source,
          double* sums)
        : array_(array), box_(box), source_(source), sums_(sums) {}

    void add(std::size_t sum, const Eigen::Vector3d& to_pixel, double from, double to) {
        if (from >= to) return;
        const auto n = static_cast<std::size_t>(count_++);
        which_[n] = sum;
        for (std::size_t d = 0; d < 3; ++d)
            rays_.to_pixel[d][n] = to_pixel[static_cast<Eigen::Index>(d)];
        rays_.from[n] = from;
        rays_.to[n] = to;
        if (count_ == bundle_rays) flush();
    }
    void flush() {
        if (count_ == 0) return;
        // Places that are left hold rays without length.
        for (auto n = static_cast<std::size_t>(count_); n < bundle_rays; ++n) {
            for (std::size_t d = 0; d < 3; ++d)
                rays_.to_pixel[d][n] = rays_.to_pixel[d][0];
            rays_.from[n] = rays_.to[n] = 0.0;
        }
        PerBundle<double> sums;
        direct_sums<method>(array_, box_, source_, rays_, sums);
        for (std::size_t n = 0; n < static_cast<std::size_t>(count_); ++n)
            sums_[which_[n]] += sums[n];
        count_ = 0;
    }

  private:
    const VoxelArray<Voxel>& array_;
    const VoxelBox& box_;
    const Eigen::Vector3d& source_;
    double* sums_;
    int count_ = 0;
    RayBundle rays_;
    PerBundle<std::size_t> which_;
};

struct TileRays {
    std::size_t count = 0;
    PerRay<std::optional<Pixel>> pixels;
    PerRay<Eigen::Vector3d> to_pixel;
    PerRay<int> key;  ///< 2 * dominant axis + (descending); -1 for none
};

template <Method method, class Volume>
class TileProjectorOf final : public Projector {
  public:
    TileProjectorOf(Volume volume, VolumeLayout layout);

    [[nodiscard]] Image<float> line_integrals(const XrayView& view) const override;
    [[nodiscard]] VolumeCopies copies() const override;

  private:
    using Voxel = std::remove_cv_t<
        std::remove_pointer_t<decltype(voxels_of(std::declval<const Volume&>()).voxels)>>;

    /// What the tiles of a view have in common.
    struct Plan {
        IndexRays rays;
        PixelTiles tiles;
        int lane_axis, other_axis;  ///< the second for rays along the first
        const LaneVolume<Voxel>* volume;
        const LaneVolume<Voxel>* other = nullptr;
    };
    [[nodiscard]] const LaneVolume<Voxel>& with_lanes_along(int axis) const;
    [[nodiscard]] Plan plan(const XrayView& view) const;
    /// Neighbouring pixels of a row, in the plain layout.
    void project_run(const IndexRays& rays, int u, int v, int count, Image<float>& image) const;
    [[nodiscard]] RayTile<Voxel> tile_of(const Plan& plan, const TileRays& rays, int key) const;
    void project_tile(const Plan& plan, std::size_t tile, Image<float>& image) const;

    Volume volume_;
    VolumeLayout layout_;
    VoxelBox occupied_;
    BrickMap bricks_;
    mutable std::mutex mutex_;  ///< of what follows
    mutable std::array<std::unique_ptr<const LaneVolume<Voxel>>, 3> by_lane_axis_;
    mutable VolumeCopies copies_;
};

template <Method method, class Volume>
TileProjectorOf<method, Volume>::TileProjectorOf(Volume volume, VolumeLayout layout)
    : volume_((volume.validate(), std::move(volume))),
      layout_(layout),
      occupied_(occupied_box(volume_)),
      bricks_(voxels_of(volume_)) {
    // Within a chunk of slices the march counts in 32 bits.
    constexpr std::size_t max_plane = std::size_t{1} << 25;
    const auto [i, j, k] = volume_.sizes;
    require(volume_.voxel_count() / static_cast<std::size_t>(std::min({i, j, k})) < max_plane,
            "the projector takes volumes of less than 2^25 voxels in each plane");
}

template <Method method, class Volume>
VolumeCopies TileProjectorOf<method, Volume>::copies() const {
    const std::scoped_lock lock(mutex_);
    return copies_;
}

template <Method method, class Volume>
auto TileProjectorOf<method, Volume>::with_lanes_along(int axis) const -> const LaneVolume<Voxel>& {
    const std::scoped_lock lock(mutex_);
    auto& made = by_lane_axis_[static_cast<std::size_t>(axis)];
    if (!made) {
        const auto from = std::chrono::steady_clock::now();
        made = std::make_unique<const LaneVolume<Voxel>>(voxels_of(volume_), axis);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
        ++copies_.count;
        copies_.bytes += made->bytes();
        copies_.seconds += took.count();
    }
    return *made;
}

template <Method method, class Volume>
auto TileProjectorOf<method, Volume>::plan(const XrayView& view) const -> Plan {
    const IndexRays rays(volume_, view);
    const Eigen::Vector3d beam =
        rays.to_pixel(0.5 * (view.width_px - 1), 0.5 * (view.height_px - 1));
    const Eigen::Vector3d middle =
        0.5 * (occupied_.first + occupied_.last - 1).template cast<double>();
    const int lane_axis = lane_axis_for(beam);
    const int other_axis = lane_axis_for(beam, lane_axis);
    Plan plan{rays, PixelTiles(rays, view, lane_axis, middle), lane_axis, other_axis,
              &with_lanes_along(lane_axis)};
    // For rays along the lanes: few, at the border of wide beams.
    if (occurs_at_border(rays, view, lane_axis)) plan.other = &with_lanes_along(other_axis);
    return plan;
}

template <Method method, class Volume>
Image<float> TileProjectorOf<method, Volume>::line_integrals(const XrayView& view) const {
    view.validate();
    Image<float> image(view.width_px, view.height_px);
    if (occupied_.empty()) return image;
    if (layout_ == VolumeLayout::plain) {
        const IndexRays rays(volume_, view);
        for_each_pixel_run(view.width_px, view.height_px, bundle_rays,
                           [&](int u, int v, int count) { project_run(rays, u, v, count, image); });
    } else {
        const Plan plan = this->plan(view);
        parallel_for(plan.tiles.count(),
                     [&](std::size_t tile) { project_tile(plan, tile, image); });
    }
    return image;
}

template <Method method, class Volume>
void TileProjectorOf<method, Volume>::project_run(const IndexRays& rays, int u, int v, int count,
                                                  Image<float>& image) const {
    const auto voxels = voxels_of(volume_);
    PerBundle<double> sums{};
    Parts<method, Voxel> parts(voxels, occupied_, rays.source, sums.data());
    for (int n = 0; n < count; ++n)
        parts.add(static_cast<std::size_t>(n), rays.to_pixel(u + n, v), 0.0, 1.0);
    parts.flush();
    for (int n = 0; n < count; ++n)
        image(u + n, v) =
            static_cast<float>(sums[static_cast<std::size_t>(n)] * mu_per_unit(volume_) *
                               rays.length_mm(rays.to_pixel(u + n, v)));
}

template <Method method, class Volume>
auto TileProjectorOf<method, Volume>::tile_of(const Plan& plan, const TileRays& rays, int key) const
    -> RayTile<Voxel> {
    const int axis = key / 2;
    RayTile<Voxel> tile;
    tile.rays = &plan.rays;
    tile.bricks = &bricks_;
    tile.slice_axis = axis;
    tile.lane_axis = axis == plan.lane_axis ? plan.other_axis : plan.lane_axis;
    tile.row_axis = 3 - axis - tile.lane_axis;
    tile.volume = axis == plan.lane_axis ? plan.other : plan.volume;
    tile.ascending = key % 2 == 0;
    tile.rays_count = static_cast<int>(rays.count);
    const auto column_rays = static_cast<std::size_t>(plan.tiles.column_rays());
    for (std::size_t column = 0; column < rays.count; column += column_rays) {
        // A ray that takes no part is stood in for by another of its column.
        std::optional<Pixel> stand_in;
        for (std::size_t n = column; n < column + column_rays; ++n) {
            tile.takes_part[n] = rays.key[n] == key;
            if (tile.takes_part[n] && !stand_in) stand_in = rays.pixels[n];
        }
        for (std::size_t n = column; n < column + column_rays; ++n) {
            if (tile.takes_part[n]) stand_in = rays.pixels[n];
            tile.u[n] = stand_in ? stand_in->u : 0;
            tile.v[n] = stand_in ? stand_in->v : 0;
        }
    }

    // The slabs between the source and the nearest of the pixels.
    const double source = plan.rays.source[axis];
    double reach = std::numeric_limits<double>::infinity();
    for (std::size_t n = 0; n < rays.count; ++n)
        if (tile.takes_part[n]) reach = std::min(reach, std::abs(rays.to_pixel[n][axis]));
    const double low = tile.ascending ? source : source - reach;
    const double high = tile.ascending ? source + reach : source;
    const auto within = [&](double slice) {
        return static_cast<int>(
            std::clamp<double>(slice, occupied_.first[axis], occupied_.last[axis]));
    };
    tile.box = occupied_;
    tile.box.first[axis] = within(std::ceil(low + 0.5));
    tile.box.last[axis] = std::max(within(std::floor(high + 0.5)), tile.box.first[axis]);
    // A few rays between the pixels of the border, for which no copy was made.
    if (!tile.volume) tile.box.last[axis] = tile.box.first[axis];
    return tile;
}

template <Method method, class Volume>
void TileProjectorOf<method, Volume>::project_tile(const Plan& plan, std::size_t index,
                                                   Image<float>& image) const {
    const auto voxels = voxels_of(volume_);
    TileRays rays;
    rays.count = static_cast<std::size_t>(plan.tiles.pixels(index, rays.pixels));
    unsigned present = 0;
    for (std::size_t n = 0; n < rays.count; ++n) {
        rays.key[n] = -1;
        if (!rays.pixels[n]) continue;
        rays.to_pixel[n] = plan.rays.to_pixel(rays.pixels[n]->u, rays.pixels[n]->v);
        const int axis = dominant_axis(rays.to_pixel[n]);
        rays.key[n] = 2 * axis + (rays.to_pixel[n][axis] < 0.0 ? 1 : 0);
        present |= 1U << rays.key[n];
    }
    for (int key = 0; key < 6; ++key) {
        if (!(present & (1U << key))) continue;
        const RayTile<Voxel> tile = tile_of(plan, rays, key);
        PerRay<float> marched;
        if (tile.box.empty())
            marched.fill(0.0F);
        else
            march<method>(tile, marched);

        // What of the volume lies before the slabs and behind them.
        const int axis = tile.slice_axis;
        const bool before = tile.ascending ? tile.box.first[axis] > occupied_.first[axis]
                                           : tile.box.last[axis] < occupied_.last[axis];
        const bool behind = tile.ascending ? tile.box.last[axis] < occupied_.last[axis]
                                           : tile.box.first[axis] > occupied_.first[axis];
        const double source = plan.rays.source[axis];
        const double begin = (tile.ascending ? tile.box.first : tile.box.last)[axis] - 0.5 - source;
        const double end = (tile.ascending ? tile.box.last : tile.box.first)[axis] - 0.5 - source;
        PerRay<double> sums;
        Parts<method, Voxel> parts(voxels, occupied_, plan.rays.source, sums.data());
        for (std::size_t n = 0; n < rays.count; ++n) {
            if (!tile.takes_part[n]) continue;
            const Eigen::Vector3d& ray = rays.to_pixel[n];
            sums[n] = static_cast<double>(marched[n]) / std::abs(ray[axis]);
            if (before) parts.add(n, ray, 0.0, std::min(begin / ray[axis], 1.0));
            if (behind) parts.add(n, ray, std::max(end / ray[axis], 0.0), 1.0);
        }
        parts.flush();
        for (std::size_t n = 0; n < rays.count; ++n)
            if (tile.takes_part[n])
                image(rays.pixels[n]->u, rays.pixels[n]->v) = static_cast<float>(
                    sums[n] * mu_per_unit(volume_) * plan.rays.length_mm(rays.to_pixel[n]));
    }
}

}  // namespace

template <Method method, class Volume>
std::unique_ptr<Projector> make_tile_projector(Volume volume, VolumeLayout layout) {
    return std::make_unique<TileProjectorOf<method, Volume>>(std::move(volume), layout);
}

template std::unique_ptr<Projector> make_tile_projector<Method::joseph>(MuVolume, VolumeLayout);
template std::unique_ptr<Projector> make_tile_projector<Method::joseph>(MuVolume16, VolumeLayout);
template std::unique_ptr<Projector> make_tile_projector<Method::siddon>(MuVolume, VolumeLayout);
template std::unique_ptr<Projector> make_tile_projector<Method::siddon>(MuVolume16, VolumeLayout);

}  // namespace drr
