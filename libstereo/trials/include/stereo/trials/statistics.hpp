#pragma once

#include <cstddef>
#include <span>

namespace stereo {

/// A number estimated from trials, with the interval that covers it in 95 % of studies; NaN where
/// there are too few trials.
struct Estimate {
    double value = 0.0;
    double low = 0.0;
    double high = 0.0;
};

/// The mean of independent values, with Student's interval. NaN among them are left out.
[[nodiscard]] Estimate mean_of(std::span<const double> values);

/// The root mean square over trials that each have a root mean square: the root of the mean of the
/// squares, and of the ends of its interval.
[[nodiscard]] Estimate rms_of(std::span<const double> values);

/// The ratio of two root mean squares over the same trials, with the interval of the first order
/// (delta method on the two means of squares).
[[nodiscard]] Estimate rms_ratio_of(std::span<const double> above, std::span<const double> below);

/// Two procedures over the same trials.
struct PairedComparison {
    std::size_t pairs = 0;
    Estimate ratio;         ///< geometric mean of a over b
    double p_value = 1.0;   ///< two-sided, of no difference (paired t-test on logarithms)
    double a_better = 0.0;  ///< share of the pairs in which a is the smaller
};

/// Compares positive values pair by pair; pairs with a NaN are left out.
[[nodiscard]] PairedComparison compare_pairs(std::span<const double> a, std::span<const double> b);

}  // namespace stereo
