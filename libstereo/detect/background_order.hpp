#pragma once

#include "shadow_fit.hpp"

namespace stereo {

/// Minimizes with as much background as the image demands; whether it converged. First a wide rim
/// under a quadratic background: on plain backgrounds that is nearly as good as to know the slopes.
/// Where the rim or the residuals say that there is more, a narrow one whose polynomial is raised
/// order by order up to options.max_background_order. With options.thin a narrow one and a
/// quadratic only.
[[nodiscard]] bool fit_with_background(ShadowFit& fit);

}  // namespace stereo
