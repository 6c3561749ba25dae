#pragma once

#include "shadow_fit.hpp"

namespace stereo {

/// What a fit that has converged found: beads with their covariances, contrasts and roundness, and
/// how well the model follows the image.
[[nodiscard]] BeadFit report(const ShadowFit& fit);

}  // namespace stereo
