#pragma once

#include <stereo/assess/comparison.hpp>

#include <string>

namespace tools {

/// A picture of one view's residuals (PNG): an arrow from each bead, all of one magnification that
/// is written below it; rejected beads are rings.
[[nodiscard]] std::string residual_picture(const stereo::Calibration& calibration,
                                           const stereo::Observations& observations, int view);

/// A map of how well points can be triangulated (PNG): the largest standard deviation in any
/// direction, calibration and pixel noise together. Empty where no two views see the same point.
[[nodiscard]] std::string uncertainty_picture(const stereo::Calibration& calibration,
                                              const stereo::WorkingVolume& volume, double sd_px);

/// The covariances behind that map on the volume's grid (CSV): of the calibration and of the pixels
/// apart, mm^2.
[[nodiscard]] std::string uncertainty_csv(const stereo::Calibration& calibration,
                                          const stereo::WorkingVolume& volume, double sd_px);

/// Maps of how far two calibrations differ and how significant that is (PNG). Empty for one view.
[[nodiscard]] std::string difference_picture(const stereo::CalibrationComparison& comparison,
                                             const stereo::Calibration& first,
                                             const stereo::Calibration& second,
                                             const stereo::WorkingVolume& volume);

}  // namespace tools
