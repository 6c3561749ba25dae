#include "poisson_of_normal.hpp"
#include "ziggurat.hpp"

#include <drr/core/rng.hpp>

#include <cmath>

namespace drr {
namespace {

constexpr std::size_t top = Ziggurat::layers - 1;
constexpr double top_density = ziggurat.density[top] + Ziggurat::area / ziggurat.half_width[top];
static_assert(top_density > 1.0 - 1e-13 && top_density < 1.0 + 1e-13);

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

std::array<std::uint32_t, 4> Rng::first_counter(const RngKey& key) noexcept {
    return {0, key.element,
            (static_cast<std::uint32_t>(key.view) << 16) | static_cast<std::uint32_t>(key.purpose),
            key.trial};
}

std::array<std::uint32_t, 2> Rng::philox_key(const RngKey& key) noexcept {
    return {static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)};
}

Rng::Rng(const RngKey& key, std::uint32_t first_block) noexcept
    : counter_(first_counter(key)), key_(philox_key(key)) {
    counter_[0] += first_block;
}

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

std::uint64_t Rng::next_u64() noexcept {
    const std::uint64_t high = next_u32();
    return (high << 32) | next_u32();
}

double Rng::normal() noexcept {
    return normal(next_u64());
}

double Rng::normal(std::uint64_t bits) noexcept {
    for (;; bits = next_u64()) {
        const std::size_t layer = bits % Ziggurat::layers;
        // Uniform on (-1, 1) by 53 other bits; not by those that chose the layer.
        const double share =
            (static_cast<double>(static_cast<std::int64_t>(bits) >> 11) + 0.5) * 0x1p-52;
        const double x = share * ziggurat.half_width[layer];
        if (std::abs(x) < ziggurat.half_width[layer + 1]) return x;  // 98.8 in 100
        if (layer == 0) return std::copysign(normal_beyond(Ziggurat::tail_start), x);
        const double low = ziggurat.density[layer];
        if (low + uniform() * (ziggurat.density[layer + 1] - low) < std::exp(-0.5 * x * x))
            return x;
    }
}

// Marsaglia, "Generating a variable from the tail of the normal distribution", Technometrics 6
// (1964) 101.
double Rng::normal_beyond(double start) noexcept {
    while (true) {
        const double beyond = -std::log(uniform()) / start;
        if (-2.0 * std::log(uniform()) > beyond * beyond) return start + beyond;
    }
}

double Rng::poisson(double mean) noexcept {
    if (!(mean > 0.0)) return 0.0;
    return mean < PoissonOfNormal::least_mean ? poisson_by_inversion(mean, uniform())
                                              : poisson_of_normal(mean, normal());
}

}  // namespace drr
