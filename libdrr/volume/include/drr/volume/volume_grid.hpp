#pragma once

#include <Eigen/Core>

#include <array>
#include <cstddef>

namespace drr {

/// Where the voxels of a volume lie: a rectangular grid that may lie obliquely in the world
/// (patient axes LPS, mm). The index (i, j, k) names a voxel's centre; i runs fastest in memory.
struct VolumeGrid {
    std::array<int, 3> sizes{};                            ///< voxels along i, j, k
    Eigen::Vector3d spacing_mm = Eigen::Vector3d::Ones();  ///< between voxel centres
    Eigen::Vector3d origin_mm = Eigen::Vector3d::Zero();   ///< centre of voxel (0, 0, 0), world
    Eigen::Matrix3d direction =
        Eigen::Matrix3d::Identity();  ///< columns: i, j, k axes in the world

    /// Throws Error(usage) unless sizes and spacings are positive, the origin is finite and the
    /// direction is orthonormal (either handedness).
    void validate_grid() const;

    [[nodiscard]] std::size_t voxel_count() const;
    [[nodiscard]] std::size_t offset(int i, int j, int k) const {
        return static_cast<std::size_t>(i) +
               static_cast<std::size_t>(sizes[0]) *
                   (static_cast<std::size_t>(j) +
                    static_cast<std::size_t>(sizes[1]) * static_cast<std::size_t>(k));
    }
    [[nodiscard]] Eigen::Vector3d world_from_index(const Eigen::Vector3d& index) const {
        return origin_mm + direction * index.cwiseProduct(spacing_mm);
    }
    [[nodiscard]] Eigen::Vector3d index_from_world(const Eigen::Vector3d& point_in_world_mm) const {
        return (direction.transpose() * (point_in_world_mm - origin_mm)).cwiseQuotient(spacing_mm);
    }
    /// The middle of the grid.
    [[nodiscard]] Eigen::Vector3d centre_in_world_mm() const;
};

}  // namespace drr
