#pragma once

#include <drr/projector/mu_volume.hpp>

#include <cstdint>

namespace drr {

/// The values of a volume in memory, whatever their type; they stay the volume's.
template <class Voxel>
struct VoxelArray {
    const VolumeGrid* grid;
    const Voxel* voxels;

    [[nodiscard]] double at(int i, int j, int k) const {
        return static_cast<double>(voxels[grid->offset(i, j, k)]);
    }
};

inline VoxelArray<float> voxels_of(const MuVolume& volume) {
    return {&volume, volume.mu_per_mm.data()};
}

inline VoxelArray<std::int16_t> voxels_of(const MuVolume16& volume) {
    return {&volume, volume.steps.data()};
}

/// Attenuation per mm of a voxel whose value is 1.
inline double mu_per_unit(const MuVolume&) {
    return 1.0;
}

inline double mu_per_unit(const MuVolume16& volume) {
    return volume.mu_per_step;
}

}  // namespace drr
