#pragma once

#include <drr/core/log.hpp>
#include <drr/projector/projector.hpp>
#include <drr/volume/ct_volume.hpp>
#include <drr/volume/hu_to_mu.hpp>

#include <memory>

namespace drr {

/// The reference projector for CT: itk::RayCastInterpolateImageFunction, which samples the volume
/// once a voxel plane along the ray's dominant axis with bilinear interpolation in the plane. What
/// ITK leaves out is done here: rays are turned into the frame of the volume's own axes (ITK
/// ignores the direction matrix) and two voxels of air surround the volume (ITK drops the last
/// plane and half a voxel at the sides). docs/projectors.md gives the measurements.
class ItkRayCastProjector : public Projector {
  public:
    /// Copies the volume as attenuation. Throws Error(usage) for an invalid volume or rule.
    explicit ItkRayCastProjector(const CtVolume& volume, const HuToMu& hu_to_mu = {},
                                 ProgressSink progress = {});
    ~ItkRayCastProjector() override;

    /// ITK integrates along the whole line through source and pixel, so the volume must lie between
    /// source and detector; Error(usage) otherwise.
    [[nodiscard]] Image<float> line_integrals(const XrayView& view) const override;

  private:
    struct State;
    std::unique_ptr<const State> state_;
};

}  // namespace drr
