#pragma once

#include "shadow_fit.hpp"

namespace stereo {

/// Minimizes with a wide rim under a quadratic background: on plain backgrounds that is nearly as
/// good as to know the slopes. Whether it converged and neither the rim nor the residuals say that
/// there is more.
[[nodiscard]] bool fit_plain_background(ShadowFit& fit);

/// Minimizes with a narrow rim and as much background as the image demands: the polynomial is
/// raised, up to options.max_background_order, to the last order of which each is worth its
/// parameters; with options.thin a quadratic only.
/// Whether it converged.
[[nodiscard]] bool fit_structured_background(ShadowFit& fit);

}  // namespace stereo
