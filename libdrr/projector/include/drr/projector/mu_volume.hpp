#pragma once

#include <drr/volume/ct_volume.hpp>
#include <drr/volume/hu_to_mu.hpp>

#include <Eigen/Core>

#include <array>
#include <cstddef>
#include <vector>

namespace drr {

/// A CT volume as the projectors want it: linear attenuation coefficients per mm on the grid of a
/// CtVolume (index (i, j, k) names a voxel's centre; i runs fastest in memory; LPS, mm).
///
/// Voxels are cells around their centres, so the volume reaches half a voxel beyond the outer
/// centres; outside is vacuum. Projectors that interpolate see air around the outer centres (the
/// value falls linearly to 0 over one voxel), which leaves half of it at the outer faces and the
/// volume's mass as it is. docs/projectors.md, "Borders".
struct MuVolume {
    std::array<int, 3> sizes{};
    Eigen::Vector3d spacing_mm = Eigen::Vector3d::Ones();
    Eigen::Vector3d origin_mm = Eigen::Vector3d::Zero();  ///< centre of voxel (0, 0, 0), world
    Eigen::Matrix3d direction = Eigen::Matrix3d::Identity();
    std::vector<float> mu_per_mm;

    /// Throws Error(usage) unless the grid is one that CtVolume::validate takes, and the values are
    /// as many as the grid has voxels, finite and not negative.
    void validate() const;

    [[nodiscard]] std::size_t offset(int i, int j, int k) const {
        return static_cast<std::size_t>(i) +
               static_cast<std::size_t>(sizes[0]) *
                   (static_cast<std::size_t>(j) +
                    static_cast<std::size_t>(sizes[1]) * static_cast<std::size_t>(k));
    }
    [[nodiscard]] float at(int i, int j, int k) const { return mu_per_mm[offset(i, j, k)]; }
    [[nodiscard]] Eigen::Vector3d world_from_index(const Eigen::Vector3d& index) const {
        return origin_mm + direction * index.cwiseProduct(spacing_mm);
    }
    [[nodiscard]] Eigen::Vector3d index_from_world(const Eigen::Vector3d& point_in_world_mm) const {
        return (direction.transpose() * (point_in_world_mm - origin_mm)).cwiseQuotient(spacing_mm);
    }
};

/// The attenuation of each voxel by the rule. Throws Error(usage) for an invalid volume or rule.
[[nodiscard]] MuVolume mu_volume(const CtVolume& volume, const HuToMu& hu_to_mu = {});

/// A range of voxels, `first` inclusive and `last` exclusive along each axis.
struct VoxelBox {
    Eigen::Array3i first = Eigen::Array3i::Zero();
    Eigen::Array3i last = Eigen::Array3i::Zero();

    [[nodiscard]] bool empty() const { return (first >= last).any(); }
};

/// The smallest box that holds every voxel with attenuation; empty for a volume of vacuum.
[[nodiscard]] VoxelBox occupied_box(const MuVolume& volume);

}  // namespace drr
