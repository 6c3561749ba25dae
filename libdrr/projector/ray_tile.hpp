#pragma once

#include "brick_map.hpp"
#include "index_rays.hpp"
#include "lane_volume.hpp"
#include "method.hpp"

#include <array>

namespace drr {

/// Rays side by side in the lanes of a vector, at most; narrower machines take fewer at a time.
constexpr int lane_rays = 16;
/// A column has as many times lane_rays as it takes to use the cache lines that it touches.
constexpr int max_column_rays = 4 * lane_rays;
/// Columns of rays that march together, so that they find each other's voxels in the cache; and as
/// many as there may be where columns diverge.
constexpr int tile_columns = 8;
constexpr int max_tile_columns = tile_columns + 2;
constexpr int max_tile_rays = max_column_rays * max_tile_columns;

template <class T>
using PerRay = std::array<T, max_tile_rays>;

/// The rays of a tile that have one axis as their dominant one, and what they march through: the
/// slabs of half a voxel before and behind each plane of that axis.
template <class Voxel>
struct RayTile {
    const IndexRays* rays;
    const LaneVolume<Voxel>* volume;
    const BrickMap* bricks;
    VoxelBox box;  ///< nothing outside it; its slabs lie between source and detector
    int slice_axis;
    int row_axis;
    int lane_axis;
    bool ascending;  ///< away from the source the slice index grows
    /// Column by column; pixels of rays that do not take part repeat one that does.
    int rays_count;
    PerRay<double> u, v;
    PerRay<bool> takes_part;
};

/// The sums over the slabs of what each ray of a tile meets in them: Joseph's bilinear sample in
/// the plane, or the mean of Siddon's cells between the faces of the slab. Rays that do not take
/// part hold anything.
template <Method method, class Voxel>
void march(const RayTile<Voxel>& tile, PerRay<float>& sums);

}  // namespace drr
