#include <drr/core/error.hpp>
#include <drr/volume/volume_grid.hpp>

namespace drr {

void VolumeGrid::validate_grid() const {
    // Rounding of direction cosines as they stand in files is far smaller than this.
    constexpr double orthonormal_tolerance = 1e-6;
    require(sizes[0] > 0 && sizes[1] > 0 && sizes[2] > 0, "a volume's sizes must be positive");
    require(spacing_mm.allFinite() && spacing_mm.minCoeff() > 0.0,
            "a volume's spacing must be positive");
    require(origin_mm.allFinite(), "a volume's origin must be finite");
    require((direction.transpose() * direction - Eigen::Matrix3d::Identity()).norm() <
                orthonormal_tolerance,
            "a volume's axes must be unit vectors at right angles");
}

std::size_t VolumeGrid::voxel_count() const {
    return static_cast<std::size_t>(sizes[0]) * static_cast<std::size_t>(sizes[1]) *
           static_cast<std::size_t>(sizes[2]);
}

Eigen::Vector3d VolumeGrid::centre_in_world_mm() const {
    return world_from_index(0.5 * Eigen::Vector3d(sizes[0] - 1, sizes[1] - 1, sizes[2] - 1));
}

}  // namespace drr
