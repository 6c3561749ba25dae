#include "instruction_sets.hpp"
#include "noise_differences.hpp"
#include "test.hpp"

#include <drr/core/rng.hpp>
#include <stereo/detect/grey_noise.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

using namespace stereo;

namespace {

constexpr int side = 300;
constexpr double level = 4000.0;
constexpr double sd = 50.0;
constexpr float no_number = std::numeric_limits<float>::quiet_NaN();

/// Noise that a kernel (a, 1, a) along both axes correlates, of the same variance.
drr::Image<float> correlated_noise(double a) {
    drr::Rng rng({.seed = 9, .purpose = drr::RngPurpose::test});
    drr::Image<float> white(side + 2, side + 2);
    for (float& value : white.pixels())
        value = static_cast<float>(rng.normal());
    drr::Image<float> result(side, side);
    for (int row = 0; row < side; ++row)
        for (int column = 0; column < side; ++column) {
            double sum = 0.0;
            for (int dy = 0; dy <= 2; ++dy)
                for (int dx = 0; dx <= 2; ++dx)
                    sum += (dx == 1 ? 1.0 : a) * (dy == 1 ? 1.0 : a) *
                           static_cast<double>(white(column + dx, row + dy));
            result(column, row) = static_cast<float>(level + sd * sum / (1.0 + 2.0 * a * a));
        }
    return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(correlation_of_noise_is_that_of_its_kernel) {
    // Along an axis the kernel's correlation is 2 a / (1 + 2 a^2) at one pixel and a^2 / (1 + 2
    // a^2) at two. Leaving out what stands out, beyond 2.5 standard deviations, lowers one of 0.44
    // by 0.03; eighty thousand samples know it to 0.0035, of which these are four.
    constexpr double tolerance = 0.03 + 4 * 0.0035;
    for (const double a : {0.0, 0.25}) {
        const std::array<double, 3> along = {1.0, 2.0 * a / (1.0 + 2.0 * a * a),
                                             a * a / (1.0 + 2.0 * a * a)};
        drr::Image<float> image = correlated_noise(a);
        // A hole, as of a shadow, counts for nothing.
        for (int row = 100; row < 140; ++row)
            for (int column = 50; column < 120; ++column)
                image(column, row) = no_number;
        const NoiseCorrelation found = estimate_correlation(image, {sd * sd, 0.0, {}});
        for (int dy = 0; dy <= NoiseCorrelation::reach; ++dy)
            for (int dx = 0; dx <= NoiseCorrelation::reach; ++dx)
                BOOST_TEST(std::abs(found(dx, dy) - along[static_cast<std::size_t>(dx)] *
                                                        along[static_cast<std::size_t>(dy)]) <
                           tolerance);
    }
}

BOOST_AUTO_TEST_CASE(an_image_that_is_too_small_has_white_noise) {
    const drr::Image<float> image(12, 40, 100.0F);
    BOOST_TEST(estimate_correlation(image, {1.0, 0.0, {}})(1, 0) == 0.0);
}

BOOST_AUTO_TEST_CASE(differences_and_their_sums_are_as_defined_with_every_instruction_set) {
    constexpr std::size_t lag = 2;
    drr::Rng rng({.seed = 5, .purpose = drr::RngPurpose::test});
    const DifferenceLimits limits{20.0F, 0.5F, 130.0F, 9.0F};
    for (const std::size_t count : {6U, 16U, 45U}) {
        std::array<std::vector<float>, 3> rows;
        for (std::vector<float>& row : rows)
            for (std::size_t i = 0; i < count; ++i)
                row.push_back(static_cast<float>(100.0 + 20.0 * rng.normal()));
        rows[1][3] = no_number;
        const auto expected = [&](std::size_t i) {
            const float mean =
                0.25F * (rows[1][i - lag] + rows[1][i + lag] + rows[0][i] + rows[2][i]);
            const float variance = 20.0F + 0.5F * mean;
            const float difference = rows[1][i] - mean;
            const bool noise =
                mean > 0.0F && mean < 130.0F && difference * difference < 9.0F * variance;
            return noise ? difference / std::sqrt(variance) : no_number;
        };
        test::with_every_instruction_set([&] {
            std::vector<float> found(count, no_number);
            noise_differences({rows[0].data(), rows[1].data(), rows[2].data()}, lag, count - lag,
                              lag, limits, found.data());
            PairSums sum;
            for (std::size_t i = lag; i < count - lag; ++i) {
                BOOST_TEST(std::isnan(found[i]) == std::isnan(expected(i)));
                if (!std::isnan(found[i])) BOOST_TEST(std::abs(found[i] - expected(i)) < 1e-5F);
                if (std::isnan(found[i]) || std::isnan(found[i - 1])) continue;
                const double a = found[i], b = found[i - 1];
                sum += {a * b, 0.5 * (a * a + b * b), 1.0};
            }
            const PairSums sums = pair_sums(found.data() + 1, found.data(), count - 1);
            BOOST_TEST(sums.pairs == sum.pairs);
            BOOST_TEST(std::abs(sums.products - sum.products) < 1e-4);
            BOOST_TEST(std::abs(sums.squares - sum.squares) < 1e-4);
        });
    }
}
