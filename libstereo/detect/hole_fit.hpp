#pragma once

#include <drr/core/image.hpp>
#include <stereo/detect/grey_noise.hpp>

#include <Eigen/Core>

#include <optional>

namespace stereo {

struct FittedHole {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
    Eigen::Matrix2d covariance_px2 = Eigen::Matrix2d::Zero();
    double radius_px = 0.0;
    double blur_px = 0.0;
    double contrast = 0.0;  ///< 1 - what the sheet lets pass
    double ellipticity = 0.0;
    double relative_residual = 0.0;  ///< RMS beyond the noise over the hole's height
    int saturated_pixels = 0;
};

/// Fits the model of detect_holes() from a centre and radius; none where it does not converge or
/// runs away by more than a radius or a factor of two in size.
[[nodiscard]] std::optional<FittedHole> fit_hole(const drr::Image<float>& image,
                                                 const Eigen::Vector2d& center_px, double radius_px,
                                                 const GreyNoise& noise, double saturation);

}  // namespace stereo
