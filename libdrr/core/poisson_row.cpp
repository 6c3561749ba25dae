#include "clear_numbers.hpp"
#include "poisson_of_normal.hpp"

#include <drr/core/error.hpp>
#include <drr/core/poisson_row.hpp>

#include <array>
#include <vector>

namespace drr {
namespace {

std::uint32_t word_of(const PhiloxStream& stream, std::uint32_t n) {
    constexpr std::uint32_t a_block = 4;
    std::array<std::uint32_t, 4> counter = stream.counter;
    counter[0] += n / a_block;
    return Rng::philox(counter, stream.key)[n % a_block];
}

/// Number n has a block of its own for the digits below its word's, from block limit on.
double uniform_of(const RngKey& key, const OpenNumber& number) {
    Rng more(key, static_cast<std::uint32_t>(poisson_row_limit) + number.n);
    const std::uint64_t high = number.word, low = more.next_u32() >> 12;  // 52 bits in all
    return (static_cast<double>((high << 20) | low) + 0.5) * 0x1p-52;
}

}  // namespace

void poisson_row(const RngKey& key, std::span<const float> means, std::span<float> numbers) {
    require(means.size() == numbers.size() && means.size() <= poisson_row_limit,
            "a row of Poisson numbers needs as many means, at most 2^24");
    const PhiloxStream stream{Rng::first_counter(key), Rng::philox_key(key)};
    std::vector<OpenNumber> open;
    for (std::size_t n = clear_numbers(stream, means, numbers, open); n < means.size(); ++n) {
        const auto number = static_cast<std::uint32_t>(n);
        open.push_back({number, word_of(stream, number)});
    }
    for (const OpenNumber& number : open)
        numbers[number.n] = static_cast<float>(
            poisson_of_uniform(static_cast<double>(means[number.n]), uniform_of(key, number)));
}

}  // namespace drr
