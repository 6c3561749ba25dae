#include "clear_numbers.hpp"
#include "poisson_of_normal.hpp"

#include <drr/core/error.hpp>
#include <drr/core/poisson_row.hpp>

#include <algorithm>

namespace drr {
namespace {

/// Blocks for what number n takes beyond its 64 bits, from block limit + n times this on. A
/// rejection takes one, and one normal number in 80 is rejected: so many never are.
constexpr std::uint32_t spare_blocks = 128;

double poisson_of_row(const RngKey& key, const PhiloxStream& stream, std::size_t n, double mean) {
    if (!(mean > 0.0)) return 0.0;
    const auto number = static_cast<std::uint32_t>(n);
    std::array<std::uint32_t, 4> counter = stream.counter;
    counter[0] += number / 2;
    const auto words = Rng::philox(counter, stream.key);
    const std::uint64_t high = words[n % 2 * 2];
    const std::uint32_t low = words[n % 2 * 2 + 1];
    if (mean < PoissonOfNormal::least_mean)
        return poisson_by_inversion(mean, Rng::uniform_of(words[n % 2 * 2], low));
    Rng more(key, static_cast<std::uint32_t>(poisson_row_limit) + number * spare_blocks);
    return poisson_of_normal(mean, more.normal((high << 32) | low));
}

}  // namespace

void poisson_row(const RngKey& key, std::span<const double> means, std::span<double> numbers) {
    require(means.size() == numbers.size() && means.size() <= poisson_row_limit,
            "a row of Poisson numbers needs as many means, at most 2^24");
    const PhiloxStream stream{Rng::first_counter(key), Rng::philox_key(key)};
    const std::size_t in_vectors = clear_numbers(stream, means, numbers);
    std::fill(numbers.begin() + static_cast<std::ptrdiff_t>(in_vectors), numbers.end(),
              open_number);
    for (std::size_t n = 0; n < means.size(); ++n)
        if (numbers[n] == open_number) numbers[n] = poisson_of_row(key, stream, n, means[n]);
}

}  // namespace drr
