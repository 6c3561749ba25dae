#include "image_moments.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/imaging/blur.hpp>
#include <drr/imaging/quantum_noise.hpp>

#include <cmath>
#include <numeric>

using namespace drr;

namespace {

// Convolution in float: a few units in the last place of the sum of some ten products.
constexpr double float_rounding = 1e-6;

double sum_of(const Image<float>& image) {
    return std::accumulate(image.pixels().begin(), image.pixels().end(), 0.0);
}

Image<float> random_image(int width, int height, std::uint64_t seed) {
    Image<float> image(width, height);
    Rng rng({.seed = seed});
    for (float& value : image.pixels())
        value = static_cast<float>(rng.uniform(0.0, 100.0));
    return image;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(blur)

BOOST_AUTO_TEST_CASE(the_kernel_has_sum_one_and_the_variance_asked_for) {
    for (const double sigma : {0.0, 0.1, 0.3, 0.6, 1.0, 2.5, 8.0, 20.0}) {
        const auto kernel = gaussian_kernel(sigma);
        double sum = kernel[0];
        double variance = 0.0;
        for (std::size_t n = 1; n < kernel.size(); ++n) {
            sum += 2.0 * kernel[n];
            variance += 2.0 * kernel[n] * static_cast<double>(n * n);
            BOOST_TEST((kernel[n] > 0.0 && kernel[n] < kernel[n - 1]));
        }
        BOOST_TEST(std::abs(sum - 1.0) < 1e-14);
        // the tail of 1e-7 that is cut lies some 5.5 sigma out
        BOOST_TEST(std::abs(variance - sigma * sigma) < 1e-7 * 60.0 * std::max(1.0, sigma * sigma),
                   "sigma " << sigma << " gives variance " << variance);
    }
}

BOOST_AUTO_TEST_CASE(an_impulse_becomes_the_kernel_in_both_directions) {
    Image<float> image(31, 41, 0.0F);
    image(15, 20) = 1.0F;
    const Image<float> blurred = gaussian_blur(image, 0.8);
    const auto kernel = gaussian_kernel(0.8);
    const auto weight = [&](int n) {
        const auto index = static_cast<std::size_t>(std::abs(n));
        return index < kernel.size() ? kernel[index] : 0.0;
    };
    for (int v = 0; v < image.height(); ++v)
        for (int u = 0; u < image.width(); ++u)
            BOOST_TEST(std::abs(blurred(u, v) - weight(u - 15) * weight(v - 20)) < float_rounding);
}

BOOST_AUTO_TEST_CASE(the_sum_is_conserved_up_to_the_border) {
    const int sizes[][2] = {{40, 30}, {3, 2}, {1, 50}, {1, 1}};  // some smaller than the kernel
    for (const auto& size : sizes)
        for (const double sigma : {0.6, 4.0}) {
            const Image<float> image = random_image(size[0], size[1], 3);
            const double before = sum_of(image);
            BOOST_TEST(std::abs(sum_of(gaussian_blur(image, sigma)) / before - 1.0) <
                       float_rounding);
        }
}

BOOST_AUTO_TEST_CASE(blurs_compose) {
    const Image<float> image = random_image(50, 40, 4);
    const Image<float> twice = gaussian_blur(gaussian_blur(image, 0.3), 0.4);
    const Image<float> once = gaussian_blur(image, 0.5);
    for (std::size_t i = 0; i < image.size(); ++i)
        BOOST_TEST(std::abs(twice.pixels()[i] - once.pixels()[i]) < 100.0 * float_rounding);
}

BOOST_AUTO_TEST_CASE(no_blur_changes_nothing_and_wrong_ones_are_refused) {
    const Image<float> image = random_image(9, 8, 5);
    BOOST_TEST((gaussian_blur(image, 0.0) == image));
    BOOST_CHECK_THROW((void)gaussian_blur(image, -0.1), Error);
    BOOST_CHECK_THROW((void)gaussian_blur(image, 20.1), Error);
    BOOST_CHECK_THROW((void)gaussian_blur(image, std::nan("")), Error);
}

// Parts of pixels: what is blurred and summed at once is the blurred image's sums, and bands of
// rows are those of the whole, also where the kernel is wider than the image.
BOOST_AUTO_TEST_CASE(sums_of_blurred_parts_come_from_the_rows_within_reach) {
    for (const int parts : {1, 2, 3})
        for (const double sigma : {0.0, 0.5, 1.2, 6.0}) {
            const int width = 6 * parts, height = 7 * parts;
            const Image<float> image = random_image(width, height, 6);
            const GaussianPixels pixels(sigma, sigma, parts);
            const Image<float> whole = pixels.rows(image, 0, height, {0, 7});
            const Image<float> blurred = gaussian_blur(image, sigma);
            for (int v = 0; v < 7; ++v)
                for (int u = 0; u < 6; ++u) {
                    double sum = 0.0;
                    for (int part = 0; part < parts * parts; ++part)
                        sum += blurred(u * parts + part % parts, v * parts + part / parts);
                    // Values are up to 100.
                    BOOST_TEST(std::abs(whole(u, v) - sum) <
                               100.0 * parts * parts * float_rounding);
                }
            for (int v = 0; v < 7; ++v) {
                const RowRange given{std::max(v * parts - pixels.reach_px(), 0),
                                     std::min((v + 1) * parts + pixels.reach_px(), height)};
                const Image<float> row =
                    pixels.rows(rows_of(image, given), given.first, height, {v, v + 1});
                BOOST_TEST((row == rows_of(whole, {v, v + 1})));
            }
        }
    const Image<float> image = random_image(6, 20, 7);
    BOOST_CHECK_THROW((void)GaussianPixels(1.0, 1.0).rows(image, 0, 30, {0, 20}), Error);
    BOOST_CHECK_THROW((void)GaussianPixels(1.0, 1.0, 4).rows(image, 0, 20, {0, 5}), Error);
    BOOST_CHECK_THROW((void)GaussianPixels(1.0, 1.0, 0), Error);
}

BOOST_AUTO_TEST_CASE(each_axis_may_have_its_own_sigma) {
    Image<float> image(31, 41, 0.0F);
    image(15, 20) = 1.0F;
    const Image<float> blurred = gaussian_blur(image, 1.5, 0.4);
    const auto along_u = gaussian_kernel(1.5);
    const auto along_v = gaussian_kernel(0.4);
    for (std::size_t i = 0; i < 5; ++i)
        for (std::size_t j = 0; j < 4; ++j)
            BOOST_TEST(std::abs(blurred(15 + static_cast<int>(i), 20 - static_cast<int>(j)) -
                                along_u[i] * (j < along_v.size() ? along_v[j] : 0.0)) <
                       float_rounding);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(noise)

// n pixels of a Poisson variable of mean m: standard errors sqrt(m/n) of the mean and about
// sqrt((2 m^2 + m)/n) of the variance.
BOOST_AUTO_TEST_CASE(mean_and_variance_are_those_of_poisson) {
    for (const double mean : {2.0, 300.0, 20000.0}) {
        const Image<float> ones(400, 300, 1.0F);
        const Image<float> image = quantum_noise({ones, ones}, mean, {.seed = 1});
        const auto n = static_cast<double>(image.size());
        const test::Moments m = test::moments(image);
        BOOST_TEST(std::abs(m.mean - mean) < 4.0 * std::sqrt(mean / n));
        BOOST_TEST(std::abs(m.variance - mean) < 4.0 * std::sqrt((2.0 * mean * mean + mean) / n));
    }
}

// Photons that leave 1, 2 or 5 units each: mean and variance are those of their compound sum, drawn
// here photon by photon.
BOOST_AUTO_TEST_CASE(mean_and_variance_are_those_of_a_compound_sum) {
    const double shares[] = {0.5, 0.3, 0.2};
    const double units[] = {1.0, 2.0, 5.0};
    double mean = 0.0;
    double variance = 0.0;
    for (int i = 0; i < 3; ++i) {
        mean += shares[i] * units[i];
        variance += shares[i] * units[i] * units[i];
    }
    constexpr double photons = 400.0;
    Image<float> direct(400, 300);
    Rng rng({.seed = 8});
    for (float& value : direct.pixels())
        for (int i = 0; i < 3; ++i)
            value += static_cast<float>(units[i] * rng.poisson(photons * shares[i]));
    const SignalImages given{Image<float>(400, 300, static_cast<float>(mean)),
                             Image<float>(400, 300, static_cast<float>(variance))};
    const Image<float> drawn = quantum_noise(given, photons, {.seed = 1});
    for (const test::Moments& m : {test::moments(direct), test::moments(drawn)}) {
        const auto n = static_cast<double>(drawn.size());
        BOOST_TEST(std::abs(m.mean - photons * mean) < 4.0 * std::sqrt(photons * variance / n));
        BOOST_TEST(std::abs(m.variance / (photons * variance) - 1.0) < 4.0 * std::sqrt(2.0 / n));
    }
}

BOOST_AUTO_TEST_CASE(no_signal_stays_none_and_moments_that_are_no_numbers_are_refused) {
    const Image<float> none(4, 4, 0.0F);
    BOOST_TEST((quantum_noise({none, none}, 100.0, {}) == none));
    const Image<float> ones(4, 4, 1.0F);
    const Image<float> nan(4, 4, std::nanf(""));
    BOOST_CHECK_THROW((void)quantum_noise({nan, ones}, 100.0, {}), Error);
    BOOST_CHECK_THROW((void)quantum_noise({ones, nan}, 100.0, {}), Error);
    BOOST_CHECK_THROW((void)quantum_noise({ones, Image<float>(4, 5)}, 100.0, {}), Error);
}

BOOST_AUTO_TEST_CASE(rows_views_and_trials_are_independent) {
    const auto noisy = [](const RngKey& key) {
        const Image<float> ones(200, 100, 1.0F);
        return quantum_noise({ones, ones}, 1000.0, key);
    };
    const auto correlation = [](const Image<float>& a, const Image<float>& b, int row_shift) {
        double sum = 0.0;
        int n = 0;
        for (int v = 0; v + row_shift < a.height(); ++v)
            for (int u = 0; u < a.width(); ++u, ++n)
                sum += (a(u, v) - 1000.0) * (b(u, v + row_shift) - 1000.0) / 1000.0;
        return sum / std::sqrt(n);  // standard normal when independent
    };
    const Image<float> image = noisy({.seed = 1});
    BOOST_TEST(std::abs(correlation(image, image, 1)) < 4.0);
    BOOST_TEST(std::abs(correlation(image, noisy({.seed = 2}), 0)) < 4.0);
    BOOST_TEST(std::abs(correlation(image, noisy({.seed = 1, .trial = 1}), 0)) < 4.0);
    BOOST_TEST(std::abs(correlation(image, noisy({.seed = 1, .view = 1}), 0)) < 4.0);
    BOOST_TEST((image == noisy({.seed = 1, .purpose = RngPurpose::poses, .element = 9})));
}

BOOST_AUTO_TEST_SUITE_END()
