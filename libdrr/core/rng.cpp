#include "ptrs.hpp"

#include <drr/core/rng.hpp>

#include <cmath>
#include <numbers>

namespace drr {
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

std::array<std::uint32_t, 4> Rng::first_counter(const RngKey& key) noexcept {
    return {0, key.element,
            (static_cast<std::uint32_t>(key.view) << 16) | static_cast<std::uint32_t>(key.purpose),
            key.trial};
}

std::array<std::uint32_t, 2> Rng::philox_key(const RngKey& key) noexcept {
    return {static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)};
}

Rng::Rng(const RngKey& key) noexcept : counter_(first_counter(key)), key_(philox_key(key)) {}

std::uint32_t Rng::next_u32() noexcept {
    if (used_ == 4) {
        block_ = philox(counter_, key_);
        ++counter_[0];
        used_ = 0;
    }
    return block_[static_cast<std::size_t>(used_++)];
}

double Rng::uniform_of(std::uint32_t first, std::uint32_t second) noexcept {
    const std::uint64_t high = first >> 6;  // 26 bits
    const std::uint64_t low = second >> 6;  // 26 bits
    return (static_cast<double>((high << 26) | low) + 0.5) * 0x1p-52;
}

double Rng::uniform() noexcept {
    const std::uint32_t first = next_u32();
    return uniform_of(first, next_u32());
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
    if (mean < Ptrs::least_mean) return poisson_by_inversion(mean, uniform());
    const Ptrs ptrs(mean);
    while (true) {
        const double first = uniform();
        const double second = uniform();
        const double k = ptrs.candidate(first);
        if (ptrs.stands(k, first, second)) return k;
    }
}

}  // namespace drr
