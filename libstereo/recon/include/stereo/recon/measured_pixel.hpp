#pragma once

#include <Eigen/Core>

namespace stereo {

/// Where something was seen in an image, undistorted, and how sure that is.
struct MeasuredPixel {
    Eigen::Vector2d pixel = Eigen::Vector2d::Zero();
    Eigen::Matrix2d covariance_px2 = Eigen::Matrix2d::Identity();
};

}  // namespace stereo
