#pragma once

#include <cmath>

namespace drr {

/// Poisson numbers of a mean of 10 and more by transformed rejection (Hoermann, "The transformed
/// rejection method for generating Poisson random variables", 1993, algorithm PTRS): two uniform
/// numbers on (0, 1) make a candidate, which stands or not. poisson_attempts_simd.cpp computes
/// it in vectors, to the same bits but for logarithms, and leaves to this what those cannot tell.
struct Ptrs {
    double mean, b, a;

    static constexpr double least_mean = 10.0;

    explicit Ptrs(double of_mean)
        : mean(of_mean), b(0.931 + 2.53 * std::sqrt(of_mean)), a(-0.059 + 0.02483 * b) {}

    [[nodiscard]] double candidate(double first) const {
        const double u = first - 0.5;
        return std::floor((2.0 * a / from_end(first) + b) * u + mean + 0.43);
    }

    /// Whether a candidate k stands.
    [[nodiscard]] bool stands(double k, double first, double second) const {
        return stands_at_once(first, second) || stands_by_ratio(k, first, second);
    }

  private:
    static double from_end(double first) { return 0.5 - std::abs(first - 0.5); }

    /// Four in five candidates stand without a logarithm.
    [[nodiscard]] bool stands_at_once(double first, double second) const {
        return from_end(first) >= 0.07 && second <= 0.9277 - 3.6224 / (b - 2.0);
    }

    [[nodiscard]] bool stands_by_ratio(double k, double first, double second) const;
};

/// A Poisson number of a small mean by inversion.
double poisson_by_inversion(double mean, double uniform);

}  // namespace drr
