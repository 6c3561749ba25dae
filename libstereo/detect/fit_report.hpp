#pragma once

#include "shadow_fit.hpp"

namespace stereo {

/// What a fit that has converged found: beads with their contrasts and roundness, and how well the
/// model follows the image. Enough to tell beads from others, at a tenth of the cost of the rest.
[[nodiscard]] BeadFit report(const ShadowFit& fit);

/// The rest: the random field in the background, what it does to the centres, and covariances.
void take_field_in(const ShadowFit& fit, BeadFit& result);

}  // namespace stereo
