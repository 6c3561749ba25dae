#include "poisson_attempts.hpp"
#include "ptrs.hpp"

#include <drr/core/error.hpp>
#include <drr/core/poisson_row.hpp>

#include <algorithm>

namespace drr {
namespace {

/// Number n by itself.
double poisson_of_row(std::array<std::uint32_t, 4> counter, const std::array<std::uint32_t, 2>& key,
                      std::size_t n, double mean) {
    if (!(mean > 0.0)) return 0.0;
    counter[0] += static_cast<std::uint32_t>(n);
    const Ptrs ptrs(mean);
    while (true) {
        const auto words = Rng::philox(counter, key);
        const double first = Rng::uniform_of(words[0], words[1]);
        if (mean < Ptrs::least_mean) return poisson_by_inversion(mean, first);
        const double k = ptrs.candidate(first);
        if (ptrs.stands(k, first, Rng::uniform_of(words[2], words[3]))) return k;
        counter[0] += static_cast<std::uint32_t>(poisson_row_limit);
    }
}

}  // namespace

void poisson_row(const RngKey& key, std::span<const double> means, std::span<double> numbers) {
    require(means.size() == numbers.size() && means.size() <= poisson_row_limit,
            "a row of Poisson numbers needs as many means, at most 2^24");
    const auto counter = Rng::first_counter(key);
    const auto philox_key = Rng::philox_key(key);
    const std::size_t tried = poisson_attempts(counter, philox_key, means, numbers);
    std::fill(numbers.begin() + static_cast<std::ptrdiff_t>(tried), numbers.end(), -1.0);
    for (std::size_t n = 0; n < means.size(); ++n)
        if (numbers[n] < 0.0) numbers[n] = poisson_of_row(counter, philox_key, n, means[n]);
}

}  // namespace drr
