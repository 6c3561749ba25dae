#pragma once

#include <stereo/calib/calibration.hpp>
#include <stereo/recon/calibration_error.hpp>

namespace stereo {

/// What a calibration of two views or more claims of the errors of its first two, as
/// CalibrationError takes it. Empty for a calibration without covariance.
[[nodiscard]] CalibrationClaim claim_of(const Calibration& calibration);

}  // namespace stereo
