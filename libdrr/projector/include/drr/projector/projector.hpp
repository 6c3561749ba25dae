#pragma once

#include <drr/core/image.hpp>
#include <drr/geometry/xray_view.hpp>
#include <drr/projector/volume_layout.hpp>

namespace drr {

/// Casts one ray from the source to the centre of each detector pixel through an object.
/// Implementations: AnalyticProjector (solids); JosephProjector, SiddonProjector and
/// TrilinearProjector (volumes); ItkRayCastProjector (CT, the reference).
class Projector {
  public:
    Projector() = default;
    Projector(const Projector&) = delete;
    Projector& operator=(const Projector&) = delete;
    virtual ~Projector() = default;

    /// The image of line integrals of the attenuation coefficient (pure numbers) on the detector of
    /// `view`, whose world is that of the object. Same bytes whatever the number of threads. Throws
    /// Error(usage) for an invalid view.
    [[nodiscard]] virtual Image<float> line_integrals(const XrayView& view) const = 0;

    /// What it has copied so far of the volume that it was given.
    [[nodiscard]] virtual VolumeCopies copies() const { return {}; }
};

}  // namespace drr
