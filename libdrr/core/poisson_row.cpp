#include "poisson_attempts.hpp"
#include "ptrs.hpp"

#include <drr/core/error.hpp>
#include <drr/core/poisson_row.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace drr {
namespace {

constexpr auto next_attempt = static_cast<std::uint32_t>(poisson_row_limit);

/// Number n by itself.
double poisson_of_row(const PhiloxStream& stream, std::size_t n, double mean) {
    if (!(mean > 0.0)) return 0.0;
    std::array<std::uint32_t, 4> counter = stream.counter;
    counter[0] += static_cast<std::uint32_t>(n);
    const Ptrs ptrs(mean);
    while (true) {
        const auto words = Rng::philox(counter, stream.key);
        const double first = Rng::uniform_of(words[0], words[1]);
        if (mean < Ptrs::least_mean) return poisson_by_inversion(mean, first);
        const double k = ptrs.candidate(first);
        if (ptrs.stands(k, first, Rng::uniform_of(words[2], words[3]))) return k;
        counter[0] += next_attempt;
    }
}

}  // namespace

void poisson_row(const RngKey& key, std::span<const double> means, std::span<double> numbers) {
    require(means.size() == numbers.size() && means.size() <= poisson_row_limit,
            "a row of Poisson numbers needs as many means, at most 2^24");
    PhiloxStream stream{Rng::first_counter(key), Rng::philox_key(key)};
    const std::size_t in_vectors = first_candidates(stream, means, numbers);
    std::fill(numbers.begin() + static_cast<std::ptrdiff_t>(in_vectors), numbers.end(), rejected);
    // Without a branch on what one number in five is.
    std::vector<std::uint32_t> open(means.size());
    std::size_t count = 0;
    for (std::size_t n = 0; n < means.size(); ++n) {
        open[count] = static_cast<std::uint32_t>(n);
        count += numbers[n] < 0.0 ? 1 : 0;
    }
    open.resize(count);
    std::erase_if(open, [&](std::uint32_t n) {
        if (means[n] >= Ptrs::least_mean) return false;
        numbers[n] = poisson_of_row(stream, n, means[n]);
        return true;
    });
    while (!open.empty()) {
        const std::size_t tested = test_candidates(stream, means, open, numbers);
        std::vector<std::uint32_t> still_open;
        for (std::size_t i = 0; i < open.size(); ++i) {
            double& number = numbers[open[i]];
            if (i < tested && number == rejected)
                still_open.push_back(open[i]);
            else if (i >= tested || number == too_close_to_tell)
                number = poisson_of_row(stream, open[i], means[open[i]]);
        }
        open = std::move(still_open);
        stream.counter[0] += next_attempt;
    }
}

}  // namespace drr
