#include "clear_numbers.hpp"
#include "poisson_of_normal.hpp"

#include <drr/core/error.hpp>
#include <drr/core/poisson_row.hpp>

#include <array>
#include <vector>

namespace drr {
namespace {

/// Blocks for what number n takes beyond its 64 bits, from block limit + n times this on. A
/// rejection takes one, and one normal number in 80 is rejected: so many never are.
constexpr std::uint32_t spare_blocks = 128;

std::uint64_t bits_of(const PhiloxStream& stream, std::uint32_t n) {
    std::array<std::uint32_t, 4> counter = stream.counter;
    counter[0] += n / 2;
    const auto words = Rng::philox(counter, stream.key);
    const std::uint64_t high = words[n % 2 * 2];
    return (high << 32) | words[n % 2 * 2 + 1];
}

double poisson_of_bits(const RngKey& key, const OpenNumber& number, double mean) {
    if (!(mean > 0.0)) return 0.0;
    if (mean < PoissonOfNormal::least_mean)
        return poisson_by_inversion(mean,
                                    Rng::uniform_of(static_cast<std::uint32_t>(number.bits >> 32),
                                                    static_cast<std::uint32_t>(number.bits)));
    Rng more(key, static_cast<std::uint32_t>(poisson_row_limit) + number.n * spare_blocks);
    return poisson_of_normal(mean, more.normal(number.bits));
}

}  // namespace

void poisson_row(const RngKey& key, std::span<const float> means, std::span<float> numbers) {
    require(means.size() == numbers.size() && means.size() <= poisson_row_limit,
            "a row of Poisson numbers needs as many means, at most 2^24");
    const PhiloxStream stream{Rng::first_counter(key), Rng::philox_key(key)};
    std::vector<OpenNumber> open;
    for (std::size_t n = clear_numbers(stream, means, numbers, open); n < means.size(); ++n) {
        const auto number = static_cast<std::uint32_t>(n);
        open.push_back({number, bits_of(stream, number)});
    }
    for (const OpenNumber& number : open)
        numbers[number.n] =
            static_cast<float>(poisson_of_bits(key, number, static_cast<double>(means[number.n])));
}

}  // namespace drr
