#pragma once

#include "direct_sums.hpp"
#include "ray_tile.hpp"

#include <drr/projector/projector.hpp>
#include <drr/projector/volume_layout.hpp>

#include <memory>

namespace drr {

/// What makes the difference between methods.
struct JosephMethod {
    template <class Voxel>
    static void march(const RayTile<Voxel>& tile, PerRay<float>& sums) {
        march_joseph(tile, sums);
    }
    template <class Voxel>
    static void direct(const VoxelArray<Voxel>& array, const VoxelBox& box,
                       const Eigen::Vector3d& source, const RayBundle& rays,
                       PerBundle<double>& sums) {
        joseph_sums(array, box, source, rays, sums);
    }
};
struct SiddonMethod {
    template <class Voxel>
    static void march(const RayTile<Voxel>& tile, PerRay<float>& sums) {
        march_siddon(tile, sums);
    }
    template <class Voxel>
    static void direct(const VoxelArray<Voxel>& array, const VoxelBox& box,
                       const Eigen::Vector3d& source, const RayBundle& rays,
                       PerBundle<double>& sums) {
        siddon_sums(array, box, source, rays, sums);
    }
};

/// Projects a volume tile by tile. In the lane layout the rays of a tile march together through the
/// slabs that lie between the source and all of their pixels; what is left at either end, where a
/// source or a detector stands within the volume, is summed directly.
/// Throws Error(usage) for an invalid volume, or one that is too large (joseph.hpp).
template <class Method, class Volume>
[[nodiscard]] std::unique_ptr<Projector> make_tile_projector(Volume volume, VolumeLayout layout);

}  // namespace drr
