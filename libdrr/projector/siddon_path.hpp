#pragma once

#include <drr/projector/mu_volume.hpp>

#include <Eigen/Core>

#include <array>

namespace drr {

/// Rays that are walked side by side.
constexpr int siddon_rays = 16;

struct SiddonRays {
    std::array<std::array<double, siddon_rays>, 3> to_pixel;  ///< by axis
};

/// For rays from one source, the sum of mu times the share of each ray in each voxel. Coordinates
/// in which voxel (i, j, k) is the cell from its index to the next; nothing outside `box` counts.
/// Offsets of voxels must fit 32 bits.
void radiological_paths(const MuVolume& volume, const VoxelBox& box, const Eigen::Vector3d& source,
                        const SiddonRays& rays, std::array<double, siddon_rays>& paths);

}  // namespace drr
