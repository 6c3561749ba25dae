#include "ptrs.hpp"

#include <numbers>

namespace drr {
namespace {

// ln(k!) by Stirling's series; PTRS calls it for k >= 10 or so, where the error is below 1e-10.
// Not std::lgamma: that writes the global signgam, a data race between threads.
double log_factorial(double k) {
    if (k < 10.0) {
        double product = 1.0;
        for (double i = 2.0; i <= k; i += 1.0)
            product *= i;
        return std::log(product);
    }
    const double n = k + 1.0;
    const double inverse = 1.0 / n;
    return (n - 0.5) * std::log(n) - n + 0.5 * std::log(2.0 * std::numbers::pi) +
           inverse * (1.0 / 12.0 - inverse * inverse * (1.0 / 360.0 - inverse * inverse / 1260.0));
}

}  // namespace

bool Ptrs::stands_by_ratio(double k, double first, double second) const {
    const double us = from_end(first);
    if (k < 0.0 || (us < us_of_tails && second > us)) return false;
    const double inverse_alpha = alpha_0 + alpha_1 / (b - alpha_b);
    return std::log(second * inverse_alpha / (a / (us * us) + b)) <=
           -mean + k * std::log(mean) - log_factorial(k);
}

double poisson_by_inversion(double mean, double uniform) {
    double k = 0.0;
    double probability = std::exp(-mean);
    double remaining = uniform - probability;
    while (remaining > 0.0 && k < 1000.0) {
        k += 1.0;
        probability *= mean / k;
        remaining -= probability;
    }
    return k;
}

}  // namespace drr
