#pragma once

#include "bundle_state.hpp"

namespace stereo {

/// Bundle adjustment: minimizes the losses of the reprojection residuals, in units of sd_px, and of
/// the priors over intrinsics, view poses and phantom poses, for `refine_markers` also over the
/// markers' places, from initial_calibration(). Triggs et al., "Bundle adjustment - a modern
/// synthesis", 2000.
[[nodiscard]] Calibration bundle(const Observations& observations,
                                 const CalibrationOptions& options, bool refine_markers);

}  // namespace stereo
