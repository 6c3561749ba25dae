#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/imaging/blur.hpp>
#include <drr/imaging/formation.hpp>
#include <drr/imaging/noise.hpp>

#include <cmath>
#include <functional>
#include <limits>
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

struct Moments {
    double mean = 0.0;
    double variance = 0.0;
};

template <class T>
Moments moments(const Image<T>& image) {
    const auto n = static_cast<double>(image.size());
    Moments m;
    for (const T value : image.pixels())
        m.mean += static_cast<double>(value) / n;
    for (const T value : image.pixels())
        m.variance += std::pow(static_cast<double>(value) - m.mean, 2.0) / n;
    return m;
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

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(noise)

// n pixels of a Poisson variable of mean m: standard errors sqrt(m/n) of the mean and about
// sqrt((2 m^2 + m)/n) of the variance.
BOOST_AUTO_TEST_CASE(mean_and_variance_are_those_of_poisson) {
    for (const double mean : {2.0, 300.0, 20000.0}) {
        Image<float> image(400, 300, static_cast<float>(mean));
        add_quantum_noise(image, {.seed = 1});
        const auto n = static_cast<double>(image.size());
        const Moments m = moments(image);
        BOOST_TEST(std::abs(m.mean - mean) < 4.0 * std::sqrt(mean / n));
        BOOST_TEST(std::abs(m.variance - mean) < 4.0 * std::sqrt((2.0 * mean * mean + mean) / n));
    }
}

BOOST_AUTO_TEST_CASE(rows_views_and_trials_are_independent) {
    const auto noisy = [](const RngKey& key) {
        Image<float> image(200, 100, 1000.0F);
        add_quantum_noise(image, key);
        return image;
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

BOOST_AUTO_TEST_SUITE(formation)

BOOST_AUTO_TEST_CASE(grey_values_follow_beer_and_lambert) {
    Image<float> integrals(5, 2, 0.0F);
    integrals(1, 0) = 0.5F;
    integrals(2, 0) = 3.0F;
    integrals(3, 0) = std::numeric_limits<float>::infinity();
    integrals(4, 0) = -1.0F;  // brighter than the open beam: clipped
    const Image<std::uint16_t> image =
        form_radiograph(integrals, {.quantum_noise = false, .blur_sigma_px = 0.0}, {});
    BOOST_TEST(image(0, 0) == 50000);
    BOOST_TEST(image(1, 0) == std::lround(50000.0 * std::exp(-0.5)));
    BOOST_TEST(image(2, 0) == std::lround(50000.0 * std::exp(-3.0)));
    BOOST_TEST(image(3, 0) == 0);
    BOOST_TEST(image(4, 0) == 65535);
}

// The blur comes after the noise, so it lowers the noise's variance by the square of the sum of the
// kernel's squares and leaves the mean.
BOOST_AUTO_TEST_CASE(noise_is_as_correlated_as_the_blur_makes_it) {
    const FormationOptions options;
    const Image<float> open(500, 400, 0.0F);
    const Image<std::uint16_t> image = form_radiograph(open, options, {.seed = 3});
    const auto kernel = gaussian_kernel(options.blur_sigma_px);
    double squares = kernel[0] * kernel[0];
    for (std::size_t i = 1; i < kernel.size(); ++i)
        squares += 2.0 * kernel[i] * kernel[i];
    const double grey_per_photon = options.open_beam_grey / options.photons_per_pixel;
    const double unblurred = options.photons_per_pixel * grey_per_photon * grey_per_photon;
    const double expected = unblurred * squares * squares + 1.0 / 12.0;  // and rounding to integers
    const Moments m = moments(image);
    const auto n = static_cast<double>(image.size());
    BOOST_TEST(std::abs(m.mean - options.open_beam_grey) < 4.0 * std::sqrt(unblurred / n));
    // Neighbours are correlated, so fewer pixels count: n / sum(rho^2), which is below 4 here.
    BOOST_TEST(std::abs(m.variance / expected - 1.0) < 4.0 * std::sqrt(2.0 * 4.0 / n));
}

BOOST_AUTO_TEST_CASE(same_bytes_with_one_and_two_threads) {
    Image<float> integrals = random_image(300, 200, 6);
    for (float& value : integrals.pixels())
        value *= 0.03F;
    const auto with_threads = [&](int threads) {
        const ThreadLimit limit(threads);
        return form_radiograph(integrals, {}, {.seed = 4, .trial = 2, .view = 1});
    };
    const auto one = with_threads(1);
    BOOST_TEST((one == with_threads(2)));
    BOOST_TEST((one != form_radiograph(integrals, {}, {.seed = 4, .trial = 2, .view = 0})));
}

BOOST_AUTO_TEST_CASE(wrong_options_and_integrals_are_refused) {
    const Image<float> good(4, 4, 0.0F);
    const auto refused = [&](const FormationOptions& options) {
        BOOST_CHECK_THROW((void)form_radiograph(good, options, {}), Error);
    };
    refused({.photons_per_pixel = 0.0});
    refused({.photons_per_pixel = std::nan("")});
    refused({.blur_sigma_px = -1.0});
    refused({.open_beam_grey = 70000.0});
    for (const float bad : {std::nanf(""), -200.0F}) {
        Image<float> image = good;
        image(2, 2) = bad;
        BOOST_CHECK_THROW((void)form_radiograph(image, {}, {}), Error);
    }
}

BOOST_AUTO_TEST_SUITE_END()
