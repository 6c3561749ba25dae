#pragma once

#include <drr/projector/mu_volume.hpp>
#include <drr/projector/projector.hpp>

#include <cstddef>
#include <memory>

namespace drr {

/// Copies of the volume that a JosephProjector made, one for each lane axis that its views needed.
struct JosephLayouts {
    int count = 0;
    std::size_t bytes = 0;
    double seconds = 0.0;
};

/// Joseph's method ("An improved algorithm for reprojecting rays through pixel images", IEEE Trans.
/// Med. Imaging 1, 1982) in three dimensions: along the axis on which a ray crosses most voxel
/// planes, one sample in each plane by bilinear interpolation, times the ray's length from plane to
/// plane. Each sample stands for the half voxel before and behind its plane; only the part between
/// source and pixel counts, so either may be inside the volume. Beyond the outer voxel centres
/// there is air (drr/projector/mu_volume.hpp).
///
/// A tile of neighbouring rays marches through the volume together, rays in SIMD lanes along the
/// volume axis that lies most across the beam, which is made contiguous in memory by a copy of the
/// volume; bricks without attenuation are left out. docs/projectors.md gives method and speed.
class JosephProjector final : public Projector {
  public:
    /// Throws Error(usage) for an invalid volume or one with 2^25 voxels and more in a plane.
    explicit JosephProjector(MuVolume volume);
    ~JosephProjector() override;

    /// May be called from several threads. The first view of a kind pays for a copy of the volume.
    [[nodiscard]] Image<float> line_integrals(const XrayView& view) const override;

    /// What has been copied so far.
    [[nodiscard]] JosephLayouts layouts() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace drr
