#pragma once

#include <drr/projector/mu_volume.hpp>
#include <drr/projector/projector.hpp>
#include <drr/projector/volume_layout.hpp>

#include <memory>

namespace drr {

/// The exact radiological path through a volume whose voxels are homogeneous cells (Siddon, "Fast
/// calculation of the exact radiological path for a three-dimensional CT array", Med. Phys. 12,
/// 1985). Only what lies between source and pixel counts, so either may be inside the volume. A ray
/// that runs exactly in the face between two voxels belongs to the one of higher index.
///
/// In the lane layout, the shares of the at most four voxels that a ray meets in a slab of voxels
/// follow from where it crosses the faces between them; positions are held in float, which costs
/// some 1e-6 of the largest value. In the plain layout rays go from voxel to voxel (Jacobs et al.,
/// "A fast algorithm to calculate the exact radiological path through a pixel or voxel space",
/// 1998) in double precision. docs/projectors.md gives method and speed.
class SiddonProjector final : public Projector {
  public:
    /// Throws Error(usage) for an invalid volume or one with 2^25 voxels and more in a plane.
    explicit SiddonProjector(MuVolume volume, VolumeLayout layout = VolumeLayout::lanes);
    explicit SiddonProjector(MuVolume16 volume, VolumeLayout layout = VolumeLayout::lanes);
    ~SiddonProjector() override;

    /// May be called from several threads. The first view of a kind pays for a copy of the volume.
    [[nodiscard]] Image<float> line_integrals(const XrayView& view) const override;
    [[nodiscard]] VolumeCopies copies() const override;

  private:
    std::unique_ptr<const Projector> tiles_;
};

}  // namespace drr
