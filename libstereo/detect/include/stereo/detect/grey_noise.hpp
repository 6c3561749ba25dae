#pragma once

#include <drr/core/image.hpp>

#include <array>
#include <cstddef>
#include <cstdlib>

namespace stereo {

/// Correlation of the noise of pixels that are dx columns and dy rows apart, the same in the four
/// quadrants; zero beyond `reach`. White unless set.
struct NoiseCorrelation {
    static constexpr int reach = 2;
    std::array<std::array<double, reach + 1>, reach + 1> quadrant = {{{1.0, 0.0, 0.0}}};

    [[nodiscard]] double operator()(int dx, int dy) const {
        return quadrant[static_cast<std::size_t>(std::abs(dy))]
                       [static_cast<std::size_t>(std::abs(dx))];
    }
    /// Sum over all lags: by how much smooth noise is stronger than a pixel's variance says.
    [[nodiscard]] double low_frequency_power() const;
    /// Sum of squares over all lags: by how much the variance of chi-square is larger than for
    /// white noise.
    [[nodiscard]] double chi_square_excess() const;
};

/// Variance of a pixel's noise as a function of its grey value over black: constant plus
/// proportional (electronic and quantum noise).
struct GreyNoise {
    double variance_at_black = 0.0;
    double variance_per_grey = 0.0;
    NoiseCorrelation correlation;

    [[nodiscard]] double variance(double grey_over_black) const {
        return variance_at_black + variance_per_grey * (grey_over_black > 0 ? grey_over_black : 0);
    }
};

/// Estimates the noise from one image: the difference of each pixel to the mean of its four
/// neighbours at 3 px (beyond the reach of common blurs, which correlate the noise), its median
/// absolute value per range of grey (robust against edges), and a straight line through the
/// variances; where the image cannot tell it from one through black (quantum noise alone), that
/// one. The correlation at up to two pixels is that of the differences to the mean of four
/// neighbours at 6 px, leaving out what stands out (edges); what the sample cannot tell from zero
/// is zero. `image` holds grey values over black.
[[nodiscard]] GreyNoise estimate_noise(const drr::Image<float>& image);

/// The correlation alone, under a noise whose variance is known; pixels that are NaN are left out.
[[nodiscard]] NoiseCorrelation estimate_correlation(const drr::Image<float>& image,
                                                    const GreyNoise& noise);

}  // namespace stereo
