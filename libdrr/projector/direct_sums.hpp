#pragma once

#include "method.hpp"
#include "voxel_array.hpp"

#include <drr/projector/mu_volume.hpp>

#include <Eigen/Core>

#include <array>

namespace drr {

/// Rays that are summed side by side.
constexpr int bundle_rays = 16;

template <class T>
using PerBundle = std::array<T, bundle_rays>;

/// Parts of rays from one source: from source + from * to_pixel to source + to * to_pixel.
struct RayBundle {
    std::array<PerBundle<double>, 3> to_pixel;  ///< by axis
    PerBundle<double> from, to;                 ///< 0 is the source, 1 the pixel
};

/// The integral over each ray's parameter, in double precision and straight from the volume as it
/// lies in memory: Joseph's samples, each for the half slab before and behind its plane, or
/// Siddon's cells (Jacobs et al. 1998). In the index frame; nothing outside `box` counts.
template <Method method, class Voxel>
void direct_sums(const VoxelArray<Voxel>& array, const VoxelBox& box, const Eigen::Vector3d& source,
                 const RayBundle& rays, PerBundle<double>& sums);

}  // namespace drr
