#pragma once

#include <drr/volume/ct_volume.hpp>
#include <drr/volume/hu_to_mu.hpp>

#include <Eigen/Core>

#include <cstdint>
#include <vector>

namespace drr {

/// A CT volume as the projectors want it: linear attenuation coefficients per mm.
///
/// Voxels are cells around their centres, so the volume reaches half a voxel beyond the outer
/// centres; outside is vacuum. Projectors that interpolate see air around the outer centres (the
/// value falls linearly to 0 over one voxel), which leaves half of it at the outer faces and the
/// volume's mass as it is. docs/projectors.md, "Borders".
struct MuVolume : VolumeGrid {
    std::vector<float> mu_per_mm;

    /// Throws Error(usage) unless the grid is valid, and the values are as many as the grid has
    /// voxels, finite and not negative.
    void validate() const;

    [[nodiscard]] float at(int i, int j, int k) const { return mu_per_mm[offset(i, j, k)]; }
};

/// The same in half the memory: attenuation in whole steps of `mu_per_step`.
struct MuVolume16 : VolumeGrid {
    std::vector<std::int16_t> steps;
    double mu_per_step = 0.0;  ///< per mm

    /// Throws Error(usage) as MuVolume does, and unless the step is positive.
    void validate() const;

    [[nodiscard]] float at(int i, int j, int k) const {
        return static_cast<float>(mu_per_step * steps[offset(i, j, k)]);
    }
};

/// The attenuation of each voxel by the rule. Throws Error(usage) for an invalid volume or rule.
[[nodiscard]] MuVolume mu_volume(const CtVolume& volume, const HuToMu& hu_to_mu = {});

/// The same rounded to steps of a thousandth of water's attenuation, which is 1 HU in the rule for
/// water: scanners deliver whole numbers of HU, so nothing is lost. Throws Error(usage) also when a
/// voxel attenuates more than 32.767 times as much as water.
[[nodiscard]] MuVolume16 mu_volume16(const CtVolume& volume, const HuToMu& hu_to_mu = {});

/// A range of voxels, `first` inclusive and `last` exclusive along each axis.
struct VoxelBox {
    Eigen::Array3i first = Eigen::Array3i::Zero();
    Eigen::Array3i last = Eigen::Array3i::Zero();

    [[nodiscard]] bool empty() const { return (first >= last).any(); }
};

/// The smallest box that holds every voxel with attenuation; empty for a volume of vacuum.
[[nodiscard]] VoxelBox occupied_box(const MuVolume& volume);
[[nodiscard]] VoxelBox occupied_box(const MuVolume16& volume);

}  // namespace drr
