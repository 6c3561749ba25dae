#include "test.hpp"

#include <drr/core/rng.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

using drr::Rng;

namespace {

double probability_below(double x) {
    return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

std::vector<double> normals(std::size_t n, std::uint64_t seed) {
    Rng rng({.seed = seed});
    std::vector<double> numbers(n);
    for (double& x : numbers)
        x = rng.normal();
    return numbers;
}

constexpr std::size_t many = 1'000'000;
// Of statistics that scatter by 1: exceeded by one seed in 16,000.
constexpr double most_scatter = 4.0;

}  // namespace

BOOST_AUTO_TEST_SUITE(normal)

BOOST_AUTO_TEST_CASE(moments_up_to_the_sixth) {
    std::array<double, 7> sums{};
    for (const double x : normals(many, 8)) {
        double power = 1.0;
        for (double& sum : sums)
            sum += std::exchange(power, power * x);
    }
    constexpr std::array<double, 13> moments{1, 0, 1, 0, 3, 0, 15, 0, 105, 0, 945, 0, 10395};
    for (std::size_t k = 1; k < sums.size(); ++k) {
        const double variance = moments[2 * k] - moments[k] * moments[k];
        const double scatter = std::sqrt(variance / static_cast<double>(many));
        BOOST_TEST(std::abs(sums[k] / static_cast<double>(many) - moments[k]) <
                   most_scatter * scatter);
    }
}

// Kolmogorov and Smirnov's largest distance between the two distribution functions.
BOOST_AUTO_TEST_CASE(distribution_function) {
    std::vector<double> numbers = normals(many, 9);
    std::sort(numbers.begin(), numbers.end());
    double distance = 0.0;
    for (std::size_t i = 0; i < many; ++i) {
        const double below = probability_below(numbers[i]) * static_cast<double>(many);
        const auto rank = static_cast<double>(i);
        distance = std::max({distance, below - rank, rank + 1.0 - below});
    }
    constexpr double one_in_1000 = 1.95;
    BOOST_TEST(distance / std::sqrt(static_cast<double>(many)) < one_in_1000);
}

// Bins finer than most layers of the ziggurat, at whose borders and between which a mistake of the
// method shows.
BOOST_AUTO_TEST_CASE(density_in_fine_bins) {
    constexpr int bins = 800;
    constexpr double reach = 4.0;
    constexpr double width = 2.0 * reach / bins;
    std::vector<double> counts(bins, 0.0);
    for (const double x : normals(many, 10))
        if (std::abs(x) < reach) ++counts[static_cast<std::size_t>((x + reach) / width)];
    double chi_square = 0.0;
    for (int i = 0; i < bins; ++i) {
        const double low = -reach + i * width;
        const double expected =
            (probability_below(low + width) - probability_below(low)) * static_cast<double>(many);
        const double off = counts[static_cast<std::size_t>(i)] - expected;
        chi_square += off * off / expected;
    }
    BOOST_TEST(std::abs(chi_square - bins) < most_scatter * std::sqrt(2.0 * bins));
}

BOOST_AUTO_TEST_CASE(tails_on_either_side) {
    constexpr std::size_t n = 5'000'000;
    constexpr std::array<double, 5> from{2.0, 3.0, 3.7, 4.0, 4.5};
    std::array<std::array<double, 5>, 2> counts{};
    Rng rng({.seed = 11});
    for (std::size_t i = 0; i < n; ++i) {
        const double x = rng.normal();
        for (std::size_t k = 0; k < from.size() && std::abs(x) > from[k]; ++k)
            ++counts[x > 0.0 ? 1 : 0][k];
    }
    for (const auto& side : counts)
        for (std::size_t k = 0; k < from.size(); ++k) {
            const double expected = probability_below(-from[k]) * static_cast<double>(n);
            BOOST_TEST(std::abs(side[k] - expected) < most_scatter * std::sqrt(expected));
        }
}

// Also of sizes, which a layer and a place in it that share bits would couple.
BOOST_AUTO_TEST_CASE(numbers_in_turn_have_nothing_to_do_with_each_other) {
    const std::vector<double> x = normals(many, 12);
    for (const std::size_t lag : {1U, 2U, 3U}) {
        double values = 0.0, squares = 0.0;
        for (std::size_t i = lag; i < many; ++i) {
            values += x[i] * x[i - lag];
            squares += (x[i] * x[i] - 1.0) * (x[i - lag] * x[i - lag] - 1.0);
        }
        const double scatter = std::sqrt(static_cast<double>(many - lag));
        BOOST_TEST(std::abs(values) < most_scatter * scatter);
        BOOST_TEST(std::abs(squares) < most_scatter * 2.0 * scatter);
    }
}

// The same numbers on every machine and by every compiler, which no distribution tells: these bits.
// (In the tail the last one is up to the library's logarithm.)
BOOST_AUTO_TEST_CASE(same_bits_everywhere) {
    constexpr double tail = 3.65;
    Rng rng({.seed = 13});
    std::uint64_t all = 0;
    for (int i = 0; i < 10'000; ++i)
        if (const double x = rng.normal(); std::abs(x) < tail)
            all = std::rotl(all, 7) ^ std::bit_cast<std::uint64_t>(x);
    BOOST_TEST(all == 16423616490084391889U);
}

BOOST_AUTO_TEST_SUITE_END()
