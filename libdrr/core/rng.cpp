#include <drr/core/rng.hpp>

#include <cmath>
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

std::array<std::uint32_t, 4> Rng::philox(std::array<std::uint32_t, 4> counter,
                                         std::array<std::uint32_t, 2> key) noexcept {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = std::uint64_t{0xD2511F53U} * counter[0];
        const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * counter[2];
        counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0],
                   static_cast<std::uint32_t>(b),
                   static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1],
                   static_cast<std::uint32_t>(a)};
        key[0] += 0x9E3779B9U;
        key[1] += 0xBB67AE85U;
    }
    return counter;
}

Rng::Rng(const RngKey& key) noexcept
    : counter_{0, key.element,
               (static_cast<std::uint32_t>(key.view) << 16) |
                   static_cast<std::uint32_t>(key.purpose),
               key.trial},
      key_{static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)} {}

std::uint32_t Rng::next_u32() noexcept {
    if (used_ == 4) {
        block_ = philox(counter_, key_);
        ++counter_[0];
        used_ = 0;
    }
    return block_[static_cast<std::size_t>(used_++)];
}

double Rng::uniform() noexcept {
    const std::uint64_t high = next_u32() >> 6;  // 26 bits
    const std::uint64_t low = next_u32() >> 6;   // 26 bits
    return (static_cast<double>((high << 26) | low) + 0.5) * 0x1p-52;
}

double Rng::uniform(double low, double high) noexcept {
    return low + (high - low) * uniform();
}

double Rng::normal() noexcept {
    if (has_spare_normal_) {
        has_spare_normal_ = false;
        return spare_normal_;
    }
    const double radius = std::sqrt(-2.0 * std::log(uniform()));
    const double angle = 2.0 * std::numbers::pi * uniform();
    spare_normal_ = radius * std::sin(angle);
    has_spare_normal_ = true;
    return radius * std::cos(angle);
}

double Rng::poisson(double mean) noexcept {
    if (!(mean > 0.0)) return 0.0;
    if (mean < 10.0) {
        double k = 0.0;
        double probability = std::exp(-mean);
        double remaining = uniform() - probability;
        while (remaining > 0.0 && k < 1000.0) {
            k += 1.0;
            probability *= mean / k;
            remaining -= probability;
        }
        return k;
    }
    const double b = 0.931 + 2.53 * std::sqrt(mean);
    const double a = -0.059 + 0.02483 * b;
    const double v_r = 0.9277 - 3.6224 / (b - 2.0);
    while (true) {
        const double u = uniform() - 0.5;
        const double v = uniform();
        const double us = 0.5 - std::abs(u);
        const double k = std::floor((2.0 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= v_r) return k;
        if (k < 0.0 || (us < 0.013 && v > us)) continue;
        // Only one number in ten comes this far, so the logarithms wait until here.
        const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        if (std::log(v * inverse_alpha / (a / (us * us) + b)) <=
            -mean + k * std::log(mean) - log_factorial(k))
            return k;
    }
}

}  // namespace drr
