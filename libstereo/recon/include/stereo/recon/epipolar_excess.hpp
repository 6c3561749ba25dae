#pragma once

#include <stereo/recon/measured_pixel.hpp>

#include <Eigen/Core>

#include <array>
#include <vector>

namespace stereo {

/// The standard deviation of one pixel coordinate to add to the detections' own so that the median
/// of the pairs' squared epipolar distances is that of one degree of freedom: what calibration and
/// undistortion leave unexplained. 0 without pairs, or where the detections' noise explains them.
[[nodiscard]] double epipolar_excess_sd_px(const Eigen::Matrix3d& fundamental,
                                           const std::vector<std::array<MeasuredPixel, 2>>& pairs);

}  // namespace stereo
