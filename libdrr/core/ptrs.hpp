#pragma once

#include <cmath>

namespace drr {

/// Poisson numbers of a mean of 10 and more by transformed rejection (Hoermann, "The transformed
/// rejection method for generating Poisson random variables", 1993, algorithm PTRS): two uniform
/// numbers on (0, 1) make a candidate, which stands or not. poisson_attempts_simd.cpp computes
/// it in vectors, in the same order of operations and so to the same bits but for logarithms, and
/// leaves to this what those cannot tell. (One template cannot serve both: code for an instruction
/// set takes in none that is compiled without it.)
struct Ptrs {
    double mean, b, a;

    // The paper's constants, under its names: b = b_0 + b_1 sqrt(mean), a = a_0 + a_1 b,
    // 1/alpha = alpha_0 + alpha_1 / (b - alpha_b), v_r = v_r_0 - v_r_1 / (b - v_r_b).
    static constexpr double least_mean = 10.0;
    static constexpr double b_0 = 0.931, b_1 = 2.53;
    static constexpr double a_0 = -0.059, a_1 = 0.02483;
    static constexpr double alpha_0 = 1.1239, alpha_1 = 1.1328, alpha_b = 3.4;
    static constexpr double v_r_0 = 0.9277, v_r_1 = 3.6224, v_r_b = 2.0;
    static constexpr double offset = 0.43;
    static constexpr double us_at_once = 0.07;    ///< least us at which v <= v_r is enough
    static constexpr double us_of_tails = 0.013;  ///< below which v > us is refused

    explicit Ptrs(double of_mean)
        : mean(of_mean), b(b_0 + b_1 * std::sqrt(of_mean)), a(a_0 + a_1 * b) {}

    [[nodiscard]] double candidate(double first) const {
        const double u = first - 0.5;
        return std::floor((2.0 * a / from_end(first) + b) * u + mean + offset);
    }

    /// Whether a candidate k stands.
    [[nodiscard]] bool stands(double k, double first, double second) const {
        return stands_at_once(first, second) || stands_by_ratio(k, first, second);
    }

  private:
    static double from_end(double first) { return 0.5 - std::abs(first - 0.5); }

    /// Four in five candidates stand without a logarithm.
    [[nodiscard]] bool stands_at_once(double first, double second) const {
        return from_end(first) >= us_at_once && second <= v_r_0 - v_r_1 / (b - v_r_b);
    }

    [[nodiscard]] bool stands_by_ratio(double k, double first, double second) const;
};

/// A Poisson number of a small mean by inversion.
double poisson_by_inversion(double mean, double uniform);

}  // namespace drr
