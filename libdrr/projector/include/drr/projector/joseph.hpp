#pragma once

#include <drr/projector/mu_volume.hpp>
#include <drr/projector/projector.hpp>
#include <drr/projector/volume_layout.hpp>

#include <memory>

namespace drr {

/// Joseph's method ("An improved algorithm for reprojecting rays through pixel images", IEEE Trans.
/// Med. Imaging 1, 1982) in three dimensions: along the axis on which a ray crosses most voxel
/// planes, one sample in each plane by bilinear interpolation, times the ray's length from plane to
/// plane. Each sample stands for the half voxel before and behind its plane; only the part between
/// source and pixel counts, so either may be inside the volume. Beyond the outer voxel centres
/// there is air (drr/projector/mu_volume.hpp). docs/projectors.md gives method and speed.
class JosephProjector final : public Projector {
  public:
    /// Throws Error(usage) for an invalid volume or one with 2^25 voxels and more in a plane.
    explicit JosephProjector(MuVolume volume, VolumeLayout layout = VolumeLayout::lanes);
    explicit JosephProjector(MuVolume16 volume, VolumeLayout layout = VolumeLayout::lanes);
    ~JosephProjector() override;

    /// May be called from several threads. The first view of a kind pays for a copy of the volume.
    [[nodiscard]] Image<float> line_integrals(const XrayView& view) const override;
    [[nodiscard]] VolumeCopies copies() const override;

  private:
    std::unique_ptr<const Projector> tiles_;
};

}  // namespace drr
