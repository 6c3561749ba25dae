#pragma once

#include <stereo/calib/calibration.hpp>

#include <string>

namespace tools {

/// A picture of one view's residuals (PNG): an arrow from each bead, all of one magnification that
/// is written below it; rejected beads are rings.
[[nodiscard]] std::string residual_picture(const stereo::Calibration& calibration,
                                           const stereo::Observations& observations, int view);

/// A map of how well points can be triangulated (PNG): the largest standard deviation in any
/// direction, calibration and pixel noise together, over three planes through the middle of the
/// phantom's poses. Empty where no two views see the same point.
[[nodiscard]] std::string uncertainty_picture(const stereo::Calibration& calibration,
                                              const stereo::Observations& observations,
                                              double sd_px);

}  // namespace tools
