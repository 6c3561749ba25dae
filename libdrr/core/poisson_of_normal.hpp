#pragma once

namespace drr {

/// A Poisson number from a standard normal one by inversion: the least k with Phi(w) <= F(k), F the
/// distribution function of the mean. As w is what a uniform number on (0, 1) makes of itself by
/// the inverse of Phi, k is exact in distribution, and need not be found through F: the real x with
/// Gamma(x, mean) / Gamma(x) = Phi(w), of which k is the whole part, is asymptotically
///     x = m + sqrt(m) w + (1/3 + w^2/6) - w (1/36 + w^2/72) / sqrt(m)
///         + (-8/405 + 7 w^2/810 + w^4/270) / m + ...
/// (Giles, "Algorithm 955: Approximation of the inverse Poisson cumulative distribution function",
/// ACM TOMS 42 (2016) 7). Only where x comes so close to a whole number that the terms left out
/// could tell, F is asked. So the result does not depend on how x is rounded, and
/// poisson_row_simd.cpp may compute it in vectors of any width.
struct PoissonOfNormal {
    static constexpr double least_mean = 10.0;
    /// Beyond, neighbouring numbers are told apart by no distribution function in double precision.
    static constexpr double largest_mean = 1e12;
    /// What the terms left out come to, times m^1.5, up to |w| = reliable: below doubt_0 + doubt_4
    /// w^4 (largest found: 0.9 of it, m = 12).
    static constexpr double reliable = 3.75;
    static constexpr double doubt_0 = 0.03, doubt_4 = 0.012;
    /// What rounding comes to, times m; the sums round to 2^-53 of it.
    static constexpr double rounding = 0x1p-50;
};

/// Of a mean from PoissonOfNormal::least_mean on; beyond largest_mean the nearest that doubles
/// hold.
double poisson_of_normal(double mean, double normal);

/// Of a smaller mean, from a uniform number on (0, 1).
double poisson_by_inversion(double mean, double uniform);

/// Of any mean by inversion of a uniform number on (0, 1); 0 of a mean that is not above 0.
double poisson_of_uniform(double mean, double uniform);

}  // namespace drr
