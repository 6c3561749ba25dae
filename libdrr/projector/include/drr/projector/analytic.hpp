#pragma once

#include <drr/phantom/marker_phantom.hpp>
#include <drr/projector/path_lengths.hpp>
#include <drr/projector/projector.hpp>

#include <vector>

namespace drr {

/// A primitive in the world with the attenuation that it adds (sign +1) or takes away (-1).
struct PlacedSolid {
    Shape shape;  ///< parent frame: the world
    double mu_per_mm = 0.0;
    int sign = 1;
};

/// Exact line integrals through a signed sum of convex primitives by chord lengths in closed form,
/// in double precision. Rays run from the source to the pixel: what lies behind either is left out.
/// Where cavities stick out of what they are cut from, the sum is negative and stays so.
class AnalyticProjector final : public Projector {
  public:
    /// Throws Error(usage) for a shape without size, a negative attenuation or another sign than
    /// +1 and -1.
    explicit AnalyticProjector(std::vector<PlacedSolid> solids,
                               const AnalyticOptions& options = {});

    [[nodiscard]] Image<float> line_integrals(const XrayView& view) const override;

  private:
    std::vector<PlacedSolid> solids_;
    AnalyticOptions options_;
};

/// The solids of a phantom (bodies, beads, references) at a pose, for a beam of one energy. Throws
/// Error(usage) for an unknown material or an energy out of range (drr/physics/attenuation.hpp).
[[nodiscard]] std::vector<PlacedSolid> place_phantom(const MarkerPhantom& phantom,
                                                     const Rigid3& world_from_phantom,
                                                     double energy_kev);

}  // namespace drr
