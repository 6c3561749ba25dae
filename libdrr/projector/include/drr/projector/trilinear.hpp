#pragma once

#include <drr/projector/mu_volume.hpp>
#include <drr/projector/projector.hpp>

#include <memory>

namespace drr {

struct TrilinearOptions {
    /// The longest step along a ray, in smallest voxel sides. The error of the sum falls with its
    /// square; at the default it is below that of the interpolation itself.
    double step_voxels = 0.5;

    /// Throws Error(usage) unless the step lies in [0.001, 4].
    void validate() const;
};

/// Ray marching: the integral of the trilinear interpolant of the voxels by the midpoint rule with
/// equal steps from where the ray enters the interpolant's support (one voxel beyond the outer
/// centres of what is not vacuum, see drr/projector/mu_volume.hpp), or from the source, to where it
/// leaves, or to the pixel. As the step shrinks the sum tends to the exact integral of the
/// interpolant, which a Joseph projector takes at one point in each plane only.
///
/// Neighbouring rays in SIMD lanes, bricks without attenuation left out. docs/projectors.md gives
/// orders of convergence and speed.
class TrilinearProjector final : public Projector {
  public:
    /// Keeps a copy of the volume in float with one voxel of air around it. Throws Error(usage) for
    /// an invalid volume or step, or 2^24 voxels and more in a plane of the first two axes.
    explicit TrilinearProjector(const MuVolume& volume, const TrilinearOptions& options = {});
    explicit TrilinearProjector(const MuVolume16& volume, const TrilinearOptions& options = {});
    ~TrilinearProjector() override;

    [[nodiscard]] Image<float> line_integrals(const XrayView& view) const override;

  private:
    struct State;
    template <class Volume>
    static std::unique_ptr<const State> make_state(const Volume& volume,
                                                   const TrilinearOptions& options);

    std::unique_ptr<const State> state_;
};

}  // namespace drr
