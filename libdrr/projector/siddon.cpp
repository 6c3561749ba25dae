#include "index_rays.hpp"

#include <drr/core/parallel.hpp>
#include <drr/projector/siddon.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace drr {
namespace {

/// Pixels of a tile: neighbouring rays share voxels, so a tile works from the cache.
constexpr int tile_px = 16;

/// The sum of mu times the share of the ray start .. start + ray in each voxel. In coordinates
/// where voxel (i, j, k) is the cell from its index to the next.
double radiological_path(const MuVolume& volume, const VoxelBox& box, const Eigen::Vector3d& start,
                         const Eigen::Vector3d& ray) {
    constexpr double never = std::numeric_limits<double>::infinity();
    Eigen::Array3d per_ray;
    double enter = 0.0, leave = 1.0;
    for (int d = 0; d < 3; ++d) {
        const double low = box.first[d], high = box.last[d];
        per_ray[d] = 1.0 / ray[d];
        if (ray[d] == 0.0) {
            if (start[d] < low || start[d] >= high) return 0.0;
            continue;
        }
        const double at_low = (low - start[d]) * per_ray[d];
        const double at_high = (high - start[d]) * per_ray[d];
        enter = std::max(enter, std::min(at_low, at_high));
        leave = std::min(leave, std::max(at_low, at_high));
    }
    if (enter >= leave) return 0.0;

    // The planes' parameters come from the same expression as `leave`, so the walk ends at the face
    // of the box without counting cells.
    const std::array<std::ptrdiff_t, 3> strides{1, volume.sizes[0],
                                                std::ptrdiff_t{volume.sizes[0]} * volume.sizes[1]};
    std::array<std::ptrdiff_t, 3> hop;
    std::array<double, 3> plane, step, next;
    const float* mu = volume.mu_per_mm.data();
    for (std::size_t d = 0; d < 3; ++d) {
        const auto axis = static_cast<Eigen::Index>(d);
        const int cell = std::clamp(static_cast<int>(std::floor(start[axis] + enter * ray[axis])),
                                    box.first[axis], box.last[axis] - 1);
        const bool forward = ray[axis] > 0.0;
        mu += strides[d] * cell;
        hop[d] = forward ? strides[d] : -strides[d];
        step[d] = forward ? 1.0 : -1.0;
        plane[d] = cell + (forward ? 1.0 : 0.0);
        next[d] = ray[axis] == 0.0 ? never : (plane[d] - start[axis]) * per_ray[axis];
    }
    double sum = 0.0;
    double at = enter;
    for (;;) {
        std::size_t d = next[1] < next[0] ? 1 : 0;
        if (next[2] < next[d]) d = 2;
        const double to = next[d];
        if (to >= leave) return sum + (leave - at) * static_cast<double>(*mu);
        // Rounding may put the first cell before the point of entry, whose plane then lies behind.
        if (to > at) {
            sum += (to - at) * static_cast<double>(*mu);
            at = to;
        }
        mu += hop[d];
        plane[d] += step[d];
        const auto axis = static_cast<Eigen::Index>(d);
        next[d] = (plane[d] - start[axis]) * per_ray[axis];
    }
}

}  // namespace

SiddonProjector::SiddonProjector(MuVolume volume) : volume_(std::move(volume)) {
    volume_.validate();
    occupied_ = occupied_box(volume_);
}

Image<float> SiddonProjector::line_integrals(const XrayView& view) const {
    view.validate();
    Image<float> image(view.width_px, view.height_px);
    if (occupied_.empty()) return image;
    const IndexRays rays(volume_, view);
    const Eigen::Vector3d source = rays.source.array() + 0.5;
    const int columns = (view.width_px + tile_px - 1) / tile_px;
    const int rows = (view.height_px + tile_px - 1) / tile_px;
    parallel_for(static_cast<std::size_t>(columns * rows), [&](std::size_t index) {
        const int tile = static_cast<int>(index);
        const int u_first = tile % columns * tile_px, v_first = tile / columns * tile_px;
        for (int v = v_first; v < std::min(v_first + tile_px, view.height_px); ++v)
            for (int u = u_first; u < std::min(u_first + tile_px, view.width_px); ++u) {
                const Eigen::Vector3d ray = rays.to_pixel(u, v);
                image(u, v) = static_cast<float>(
                    rays.length_mm(ray) * radiological_path(volume_, occupied_, source, ray));
            }
    });
    return image;
}

}  // namespace drr
