#pragma once

#include <stereo/calib/calibration.hpp>

namespace stereo {

/// "dlt": each view from its image of the first pose that all views see with enough markers. The
/// skew that the eleventh parameter stands for is dropped. Covariance by propagation of the pixels'
/// noise through the estimate.
[[nodiscard]] Calibration calibrate_dlt(const Observations& observations,
                                        const CalibrationOptions& options);

/// "opencv": cv::calibrateCamera over all images of a view, without distortion, from the intrinsics
/// of initial_view; then cv::stereoCalibrate of view 0 with each other view, intrinsics fixed.
/// Every marker has the same weight and none is rejected. Covariance by propagation through both
/// fits (opencv_covariance.hpp): OpenCV gives none of the pair.
[[nodiscard]] Calibration calibrate_opencv(const Observations& observations,
                                           const CalibrationOptions& options);

/// "resection": a bundle of each view by itself, whose poses know nothing of the other views; all
/// of them have to see the world pose. The covariance holds the views only; between views it is
/// zero.
[[nodiscard]] Calibration calibrate_resection(const Observations& observations,
                                              const CalibrationOptions& options);

}  // namespace stereo
