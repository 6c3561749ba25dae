#pragma once

#include <drr/projector/mu_volume.hpp>
#include <drr/projector/projector.hpp>

namespace drr {

/// The exact radiological path through a volume whose voxels are homogeneous cells (Siddon, "Fast
/// calculation of the exact radiological path for a three-dimensional CT array", Med. Phys. 12,
/// 1985), cell by cell with parameters of the crossed planes (Jacobs et al., "A fast algorithm to
/// calculate the exact radiological path through a pixel or voxel space", 1998) in double
/// precision, neighbouring rays in SIMD lanes. Only what lies between source and pixel counts, so
/// either may be inside the volume. A ray that runs exactly in the face between two voxels belongs
/// to the one of higher index.
class SiddonProjector final : public Projector {
  public:
    /// Throws Error(usage) for an invalid volume or one of 2^31 voxels and more.
    explicit SiddonProjector(MuVolume volume);

    [[nodiscard]] Image<float> line_integrals(const XrayView& view) const override;

  private:
    MuVolume volume_;
    VoxelBox occupied_;  ///< rays are clipped to it
};

}  // namespace drr
