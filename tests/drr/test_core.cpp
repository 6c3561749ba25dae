#include "instruction_sets.hpp"
#include "test.hpp"
#include "text.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/order_statistics.hpp>
#include <drr/core/parallel.hpp>
#include <drr/core/poisson_row.hpp>
#include <drr/core/rng.hpp>
#include <drr/core/yaml_reader.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <vector>

using namespace drr;

namespace {

YamlMap parse(const std::string& body) {
    return parse_yaml("schema: stereodrr/thing/v1\n" + body, "thing.yaml", "thing");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(order_statistics)

BOOST_AUTO_TEST_CASE(median_is_an_element_the_upper_of_two) {
    BOOST_TEST(median(std::vector{7.0}) == 7.0);
    BOOST_TEST(median(std::vector{3.0, 1.0, 2.0}) == 2.0);
    BOOST_TEST(median(std::vector{4, 1, 3, 2}) == 3);
}

BOOST_AUTO_TEST_CASE(percentiles_are_elements_without_interpolation) {
    const std::vector<float> values{5.0F, 1.0F, 4.0F, 2.0F, 3.0F};
    BOOST_TEST(percentile(values, 0.0) == 1.0F);
    BOOST_TEST(percentile(values, 0.5) == 3.0F);
    BOOST_TEST(percentile(values, 0.99) == 4.0F);
    BOOST_TEST(percentile(values, 1.0) == 5.0F);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(rng)

// Known answers of the reference implementation (Random123, kat_vectors, philox4x32 10).
BOOST_AUTO_TEST_CASE(philox_known_answers) {
    using Four = std::array<std::uint32_t, 4>;
    BOOST_TEST((Rng::philox({0, 0, 0, 0}, {0, 0}) ==
                Four{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    BOOST_TEST(
        (Rng::philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
         Four{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    BOOST_TEST(
        (Rng::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
         Four{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// Mean and variance of n samples of a Poisson variable with mean m have standard errors
// sqrt(m/n) and about sqrt((2 m^2 + m)/n); 4 of them is a false alarm in 16,000.
BOOST_AUTO_TEST_CASE(poisson_mean_and_variance) {
    constexpr int n = 200000;
    for (const double mean : {0.3, 5.0, 9.9, 10.1, 40.0, 20000.0}) {
        Rng rng({.seed = 7, .purpose = RngPurpose::test});
        double sum = 0.0;
        double sum_of_squares = 0.0;
        for (int i = 0; i < n; ++i) {
            const double k = rng.poisson(mean);
            sum += k - mean;
            sum_of_squares += (k - mean) * (k - mean);
        }
        BOOST_TEST(std::abs(sum / n) < 4.0 * std::sqrt(mean / n), "mean at " << mean);
        BOOST_TEST(
            std::abs(sum_of_squares / n - mean) < 4.0 * std::sqrt((2.0 * mean * mean + mean) / n),
            "variance at " << mean);
    }
}

// A row of numbers: their frequencies are the probabilities of the distribution, by Pearson's
// chi-square over bins of at least 20 expected. Its normal deviate is beyond 4 once in 16,000.
BOOST_AUTO_TEST_CASE(poisson_row_has_the_probabilities_of_the_distribution) {
    constexpr std::size_t n = 4000000;
    std::vector<float> numbers(n);
    for (const double mean : {0.25, 5.0, 9.875, 10.0, 12.5, 40.0, 700.0, 5000.5, 20000.0}) {
        poisson_row({.seed = 21}, std::vector<float>(n, static_cast<float>(mean)), numbers);
        const double reach = 12.0 * std::sqrt(mean) + 20.0;
        std::vector<double> seen(static_cast<std::size_t>(mean + reach) + 2, 0.0);
        for (const float k : numbers)
            seen.at(static_cast<std::size_t>(k)) += 1.0;
        double expected = 0.0, observed = 0.0, chi_square = 0.0, bins = 0.0, probability = 0.0;
        const auto close_bin = [&] {
            chi_square += (observed - expected) * (observed - expected) / expected;
            bins += 1.0;
            expected = observed = 0.0;
        };
        for (double k = std::max(0.0, std::floor(mean - reach)); k < mean + reach; k += 1.0) {
            const double p = std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0));
            probability += p;
            expected += n * p;
            observed += seen[static_cast<std::size_t>(k)];
            if (expected >= 20.0 && n * (1.0 - probability) >= 20.0) close_bin();
        }
        close_bin();
        const double freedom = bins - 1.0;
        BOOST_TEST(std::abs(chi_square - freedom) < 4.0 * std::sqrt(2.0 * freedom),
                   "chi-square " << chi_square << " of " << freedom << " at " << mean);
    }
}

// Four numbers a block, each the inverse of the distribution function at its 52 bits: found here by
// adding probabilities up, of small means and of such as the expansion is for. So many that some
// words lie in the outermost tails, and that some numbers are told by digits beyond their words'.
BOOST_AUTO_TEST_CASE(poisson_row_inverts_the_distribution_function_at_its_bits) {
    const RngKey key{.seed = 5, .trial = 6, .view = 7, .element = 8};
    constexpr std::size_t n = 1000000;
    for (const double mean : {3.0, 10.0, 10.75, 13.0, 100.0, 5000.0, 200000.25}) {
        std::vector<float> numbers(n);
        poisson_row(key, std::vector<float>(n, static_cast<float>(mean)), numbers);
        // Of k in reach of the mean; what lies below comes to 1e-30.
        const double reach = 12.0 * std::sqrt(mean) + 20.0;
        const double least = std::max(std::floor(mean - reach), 0.0);
        std::vector<long double> cumulative;
        long double sum = 0.0L;
        for (long double k = least; k < mean + reach; k += 1.0L) {
            const auto log_mean = std::log(static_cast<long double>(mean));
            sum += std::exp(k * log_mean - mean - std::lgamma(k + 1.0L));
            cumulative.push_back(sum);
        }
        Rng words(key);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const std::uint64_t high = words.next_u32();
            const std::uint64_t low =
                Rng(key, (1U << 24) + static_cast<std::uint32_t>(i)).next_u32();
            const long double share =
                (static_cast<long double>((high << 20) | (low >> 12)) + 0.5L) * 0x1p-52L;
            const auto expected =
                std::lower_bound(cumulative.begin(), cumulative.end(), share) - cumulative.begin();
            wrong += static_cast<double>(numbers[i]) != least + static_cast<double>(expected);
        }
        BOOST_TEST(wrong == 0U, wrong << " numbers differ at " << mean);
    }
}

// Means to either side of where the methods part, and none at all; a row that fills no vector.
BOOST_AUTO_TEST_CASE(poisson_row_is_the_same_on_every_instruction_set_and_by_itself) {
    std::vector<float> means{0.0F, -1.0F};
    for (int i = 0; i < 1001; ++i)
        means.push_back(static_cast<float>(std::pow(10.0, 0.01 * (i - 200))));
    std::vector<float> given(means.size());
    poisson_row({.seed = 22}, means, given);
    BOOST_TEST(given[0] == 0.0F);
    BOOST_TEST(given[1] == 0.0F);
    test::with_every_instruction_set([&] {
        std::vector<float> again(means.size());
        poisson_row({.seed = 22}, means, again);
        BOOST_TEST((again == given));
        for (const std::size_t count : {1U, 7U, 333U}) {
            again.resize(count);
            poisson_row({.seed = 22}, std::span(means).first(count), again);
            BOOST_TEST(std::equal(again.begin(), again.end(), given.begin()));
        }
    });
    BOOST_CHECK_THROW(poisson_row({}, means, std::span(given).first(5)), Error);
}

// A number alone in its row fills no vector.
BOOST_AUTO_TEST_CASE(poisson_row_draws_each_number_by_itself) {
    constexpr std::size_t n = 3000;
    std::vector<float> means(n), alone(n, 0.0F);
    for (std::size_t i = 0; i < n; ++i)
        means[i] = static_cast<float>(std::pow(10.0, 1.0 + 6.0 * static_cast<double>(i) / n));
    std::vector<float> given(n), numbers(n);
    poisson_row({.seed = 23}, means, given);
    for (std::size_t i = 0; i < n; ++i) {
        alone[i] = means[i];
        poisson_row({.seed = 23}, std::span(alone).first(i + 1), std::span(numbers).first(i + 1));
        BOOST_TEST(numbers[i] == given[i]);
        alone[i] = 0.0F;
    }
}

BOOST_AUTO_TEST_CASE(streams_differ_by_every_part_of_the_key) {
    const auto first = [](RngKey key) { return Rng(key).next_u32(); };
    const RngKey base{.seed = 1, .trial = 2, .view = 3, .purpose = RngPurpose::poses, .element = 4};
    for (int part = 0; part < 5; ++part) {
        RngKey other = base;
        if (part == 0) other.seed = std::uint64_t{1} << 40;
        if (part == 1) other.trial = 9;
        if (part == 2) other.view = 0;
        if (part == 3) other.purpose = RngPurpose::as_built;
        if (part == 4) other.element = 5;
        BOOST_TEST(first(base) != first(other));
    }
    BOOST_TEST(first(base) == first(base));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(yaml)

BOOST_AUTO_TEST_CASE(reads_what_is_there) {
    const YamlMap map =
        parse("a_mm: 1.5\nn: 3\nlist: [1, 2]\nsub: {flag: true}\nseed: 18446744073709551615\n");
    BOOST_TEST(map.number("a_mm") == 1.5);
    BOOST_TEST(map.integer("n") == 3);
    BOOST_TEST(map.numbers("list", 2).back() == 2.0);
    BOOST_TEST(map.map("sub").flag_or("flag", false));
    BOOST_TEST(map.seed("seed") == 18446744073709551615ULL);
    BOOST_TEST(map.number_or("absent", 4.0) == 4.0);
    map.finish();
}

BOOST_AUTO_TEST_CASE(every_error_names_file_line_and_key) {
    const struct {
        const char* body;
        std::function<void(const YamlMap&)> read;
        const char* expected;
    } cases[] = {
        {"a: 1\n", [](const YamlMap& m) { (void)m.number("b"); }, "key 'b' is missing"},
        {"a: x\n", [](const YamlMap& m) { (void)m.number("a"); },
         "thing.yaml:2: 'a' must be a number, found 'x'"},
        {"\na: .nan\n", [](const YamlMap& m) { (void)m.number("a"); },
         "thing.yaml:3: 'a' must be finite, found '.nan'"},
        {"a: -1\n", [](const YamlMap& m) { (void)m.number("a", positive); },
         "thing.yaml:2: 'a' must be positive, found '-1'"},
        {"a: 1.5\n", [](const YamlMap& m) { (void)m.integer("a"); },
         "thing.yaml:2: 'a' must be a whole number"},
        {"a: 1\na: 2\n", [](const YamlMap&) {}, "thing.yaml:3: key 'a' is given twice"},
        {"a_mm: 1\nc: 2\n",
         [](const YamlMap& m) {
             (void)m.number("a_mm");
             m.finish();
         },
         "thing.yaml:3: unknown key 'c'; known here: a_mm, schema"},
        {"a_cm: 1\n",
         [](const YamlMap& m) {
             (void)m.has("a_mm");
             m.finish();
         },
         "thing.yaml:2: unknown key 'a_cm': wrong unit suffix, expected 'a_mm'"},
        {"s: {x: 1, y: 2}\n",
         [](const YamlMap& m) {
             const auto s = m.map("s");
             (void)s.number("x");
             s.finish();
         },
         "thing.yaml:2: unknown key 's.y'"},
        {"l: [1]\n", [](const YamlMap& m) { (void)m.numbers("l", 3); },
         "thing.yaml:2: 'l' must be a list of 3 numbers, found 1"},
        {"c: x\n",
         [](const YamlMap& m) {
             (void)m.choice("c", {"a", "b"});
         },
         "thing.yaml:2: 'c' must be one of a, b, found 'x'"},
        {"a: [1\n", [](const YamlMap&) {}, "not valid YAML"},
    };
    for (const auto& c : cases) {
        const std::string message = test::error_of([&] { c.read(parse(c.body)); });
        BOOST_TEST(message.find(c.expected) != std::string::npos,
                   "expected '" << c.expected << "' in '" << message << "'");
    }
}

BOOST_AUTO_TEST_CASE(refuses_another_schema) {
    const std::string message =
        test::error_of([] { (void)parse_yaml("schema: other\n", "f", "thing"); });
    BOOST_TEST(message == "f:1: schema must be 'stereodrr/thing/v1', found 'other'");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(files)

BOOST_AUTO_TEST_CASE(a_failed_write_keeps_the_old_file) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.txt";
    write_file(path, "old");
    BOOST_CHECK_THROW(write_file_with(path,
                                      [](const std::filesystem::path& temporary) {
                                          std::ofstream(temporary) << "half";
                                          throw Error(ErrorCode::io, "disk full");
                                      }),
                      Error);
    BOOST_TEST(read_text_file(path) == "old");
    BOOST_TEST(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
    write_file(path, "new");
    BOOST_TEST(read_text_file(path) == "new");
    BOOST_CHECK_THROW((void)read_text_file(path, 2), Error);
    BOOST_CHECK_THROW((void)read_text_file(folder.path()), Error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(parallel_for_visits_each_index_once_and_rethrows) {
    std::vector<int> visits(1000, 0);
    parallel_for(visits.size(), [&](std::size_t i) { ++visits[i]; });
    BOOST_TEST((visits == std::vector<int>(1000, 1)));
    BOOST_CHECK_THROW(parallel_for(10, [](std::size_t i) { require(i != 5, "five"); }), Error);
}
