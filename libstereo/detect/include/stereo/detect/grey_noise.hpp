#pragma once

#include <drr/core/image.hpp>

namespace stereo {

/// Variance of a pixel's noise as a function of its grey value over black: constant plus
/// proportional (electronic and quantum noise).
struct GreyNoise {
    double variance_at_black = 0.0;
    double variance_per_grey = 0.0;

    [[nodiscard]] double variance(double grey_over_black) const {
        return variance_at_black + variance_per_grey * (grey_over_black > 0 ? grey_over_black : 0);
    }
};

/// Estimates the noise from one image: the difference of each pixel to the mean of its four
/// neighbours at 3 px (beyond the reach of common blurs, which correlate the noise), its median
/// absolute value per range of grey (robust against edges), and a straight line through the
/// variances. `image` holds grey values over black.
[[nodiscard]] GreyNoise estimate_noise(const drr::Image<float>& image);

}  // namespace stereo
