#pragma once

#include <cstddef>

namespace stereo {

/// Three rows of an image: one and those some pixels above and below it.
struct RowsAround {
    const float* above = nullptr;
    const float* row = nullptr;
    const float* below = nullptr;
};

/// Which differences are noise.
struct DifferenceLimits {
    float variance_at_black = 0.0F;
    float variance_per_grey = 0.0F;
    float brightest = 0.0F;  ///< at this mean or above pixels are saturated, ...
    float largest2 = 0.0F;   ///< ... and above this squared difference over its variance edges
};

/// Differences of the pixels first to last - 1 of the row to the mean of the four pixels that are
/// `lag` columns or rows away, over the standard deviation of the noise at that mean; NaN for those
/// that are not noise, of black or of NaN.
void noise_differences(const RowsAround& rows, std::size_t first, std::size_t last, std::size_t lag,
                       const DifferenceLimits& limits, float* differences);

/// Sums over pairs (a_i, b_i) of numbers, those of which one is NaN left out.
struct PairSums {
    double products = 0.0;
    double squares = 0.0;  ///< the mean of both
    double pairs = 0.0;

    PairSums& operator+=(const PairSums& other) {
        products += other.products;
        squares += other.squares;
        pairs += other.pairs;
        return *this;
    }
};
[[nodiscard]] PairSums pair_sums(const float* a, const float* b, std::size_t count);

}  // namespace stereo
