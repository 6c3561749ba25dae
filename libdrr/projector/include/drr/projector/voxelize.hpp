#pragma once

#include <drr/core/log.hpp>
#include <drr/phantom/marker_phantom.hpp>
#include <drr/volume/ct_volume.hpp>

#include <cstddef>

namespace drr {

struct VoxelizeOptions {
    double voxel_mm = 0.5;     ///< edge of the voxels, which are cubes
    double energy_kev = 60.0;  ///< at which materials attenuate
    /// Lines across a voxel in each of two directions; along the third voxels are filled exactly.
    int lines_across = 4;
    /// More voxels are refused before anything is allocated; 2 GiB of HU.
    std::size_t max_voxels = std::size_t{1} << 29;
    ProgressSink progress;

    /// Throws Error(usage) for values out of range.
    void validate() const;
};

/// The CT that a scanner without noise and blur would make of a phantom: HU by the definition of
/// the scale at one energy, hounsfield(mu, mu_water), each voxel the mean over its cube. The world
/// is the phantom's frame; one voxel of air lies around the phantom. Metal has its tens of
/// thousands of HU. The mean is taken along lines n x n a voxel, exactly along each: exact where
/// surfaces lie along the axes, and of second order in 1/n for the mass of round bodies. The sum is
/// signed as in AnalyticProjector. Same bytes whatever the number of threads. Throws Error(usage)
/// for an unknown material, and when there would be more than max_voxels voxels.
[[nodiscard]] CtVolume voxelize_phantom(const MarkerPhantom& phantom,
                                        const VoxelizeOptions& options = {});

}  // namespace drr
