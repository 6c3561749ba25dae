#include "radiograph_case.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/imaging/quantum_noise.hpp>
#include <drr/imaging/radiograph.hpp>
#include <drr/physics/attenuation.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

using namespace drr;
using namespace test;

// What the image chain does, measured from the images that it makes: grey values, flaws of the
// detector, lag.

BOOST_AUTO_TEST_SUITE(grey_values)

BOOST_AUTO_TEST_CASE(they_follow_beer_and_lambert) {
    Image<float> integrals(5, 2, 0.0F);
    integrals(1, 0) = 0.5F;
    integrals(2, 0) = 3.0F;
    integrals(3, 0) = std::numeric_limits<float>::infinity();
    integrals(4, 0) = -1.0F;  // brighter than the open beam: saturated
    const Image<std::uint16_t> image =
        form(monoenergetic_signal(integrals), {.quantum_noise = false});
    BOOST_TEST(image(0, 0) == 50000);
    BOOST_TEST(image(1, 0) == std::lround(50000.0 * std::exp(-0.5)));
    BOOST_TEST(image(2, 0) == std::lround(50000.0 * std::exp(-3.0)));
    BOOST_TEST(image(3, 0) == 0);
    BOOST_TEST(image(4, 0) == 65535);
}

// Every effect off: the mean signal itself, in any beam.
BOOST_AUTO_TEST_CASE(with_every_effect_off_they_are_the_mean_signal) {
    Image<float> steps(64, 3);
    for (int u = 0; u < steps.width(); ++u)
        for (int v = 0; v < steps.height(); ++v)
            steps(u, v) = 0.5F * static_cast<float>(u);
    for (const RadiographBeam& beam :
         {RadiographBeam{MonoenergeticBeam{50.0}}, RadiographBeam{tube_beam()}}) {
        const PolychromaticBeam physics = make_beam(beam, {find_material("abs")});
        const SignalImages primary = physics.moments({steps});
        const auto image = form(primary, {.beam = beam, .quantum_noise = false});
        for (int u = 0; u < steps.width(); ++u) {
            const double length_mm = static_cast<double>(steps(u, 0));
            const double expected =
                50000.0 * physics.moments(std::array{length_mm}).mean / physics.open().mean;
            // Rounding to integers, and sums in single precision of 1e-6 of the signal.
            BOOST_TEST(std::abs(image(u, 0) - expected) < 0.5 + 50000.0 * 2e-6);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_beam_of_one_energy_is_counted_in_full) {
    const PolychromaticBeam beam = make_beam(MonoenergeticBeam{60.0}, {find_material("water")});
    const double mu = attenuation_per_mm("water", 60.0);
    const SignalMoments behind = beam.moments(std::array{25.0});
    BOOST_TEST(std::abs(behind.mean / std::exp(-25.0 * mu) - 1.0) < 1e-12);
    BOOST_TEST(behind.variance == behind.mean);
    BOOST_TEST(beam.open().mean == 1.0);
}

BOOST_AUTO_TEST_CASE(bits_round_and_saturate) {
    Image<float> integrals(1000, 1);
    for (int u = 0; u < integrals.width(); ++u)
        integrals(u, 0) = 0.005F * static_cast<float>(u);
    const SignalImages primary = monoenergetic_signal(integrals);
    for (int bits = 8; bits <= 16; ++bits) {
        const int brightest = (1 << bits) - 1;
        const double open_grey = 1.25 * brightest;  // the open beam saturates
        const auto image =
            form(primary, {.quantum_noise = false, .bits = bits, .open_beam_grey = open_grey});
        for (int u = 0; u < integrals.width(); ++u) {
            const double exact = open_grey * static_cast<double>(primary.mean(u, 0));
            // Rounding, and products of single precision.
            BOOST_TEST(std::abs(image(u, 0) - std::min<double>(exact, brightest)) <=
                       0.5 + 1e-7 * open_grey);
        }
        BOOST_TEST(image(0, 0) == brightest);
    }
}

// An image so high that it is made in several bands, against the whole stages one after the other.
BOOST_AUTO_TEST_CASE(bands_of_rows_leave_no_trace) {
    const int width = 12, height = 290;
    const RadiographOptions options{.point_spread = PointSpread{GaussianSpread{1.1}, 2}};
    const RadiographChain chain(options, view_of(width, height));
    const SignalImages primary = random_signal(2 * width, 2 * height);
    const RngKey key{.seed = 9};
    const Image<float> quanta = quantum_noise(primary, options.photons_per_pixel / 4.0, key);
    const Image<float> pixels =
        PointSpreadFilter(GaussianSpread{2.2}, 2 * width, 2 * height, {0.125, 0.125}, 2)(quanta);
    const Image<std::uint16_t> image = chain.radiograph(primary, key);
    for (std::size_t n = 0; n < pixels.size(); ++n) {
        const double grey = pixels.pixels()[n] * chain.grey_per_photon();
        BOOST_TEST(std::abs(image.pixels()[n] - grey) < 0.51);  // rounding, of single precision too
    }
    const auto rows = [&](RowRange wanted) {
        return SignalImages{rows_of(primary.mean, wanted), rows_of(primary.variance, wanted)};
    };
    BOOST_TEST((chain.radiograph(rows, key) == image));
    const auto too_few = [&](RowRange wanted) { return rows({wanted.first, wanted.last - 1}); };
    BOOST_CHECK_THROW((void)chain.radiograph(too_few, key), Error);
}

BOOST_AUTO_TEST_CASE(wrong_options_and_signals_are_refused) {
    const SignalImages good = flat(4, 4);
    const auto refused = [&](const RadiographOptions& options) {
        BOOST_CHECK_THROW((void)form(good, options), Error);
    };
    refused({.beam = MonoenergeticBeam{1.0}});
    refused({.beam = tube_beam(10.0)});
    refused({.photons_per_pixel = 0.0});
    refused({.photons_per_pixel = std::nan("")});
    refused({.air_kerma_ugy = 1.0});  // one energy has no tube
    refused({.beam = tube_beam(), .air_kerma_ugy = -1.0});
    refused({.heel = HeelEffect{}});
    refused({.scatter = Scatter{.ratio = -1.0}});
    refused({.scatter = Scatter{.line_integral = 0.0}});
    refused({.scatter = Scatter{.sigma_mm = 0.0}});
    refused({.scatter = Scatter{.grid = AntiScatterGrid{0.0, 0.1}}});
    refused({.scatter = Scatter{.grid = AntiScatterGrid{0.7, 1.1}}});
    refused({.distortion = IntensifierDistortion{}});
    refused({.point_spread = PointSpread{GaussianSpread{-1.0}, 1}});
    refused({.point_spread = PointSpread{ExponentialSpread{std::nan("")}, 1}});
    refused({.point_spread = PointSpread{GaussianSpread{1.0}, 0}});
    refused({.point_spread = PointSpread{GaussianSpread{1.0}, 9}});
    refused({.point_spread = PointSpread{GaussianSpread{1.0}, 2}});  // the signal has whole pixels
    refused(
        {.point_spread = PointSpread{MtfTable{{0.0, 1.0}, {1.0, 0.5}}}});  // Nyquist: 2 cycles/mm
    refused({.point_spread = PointSpread{MtfTable{{0.0, 2.0}, {1.0, 1.5}}}});
    refused({.point_spread = PointSpread{MtfTable{{0.0, 2.0, 1.0}, {1.0, 0.5, 0.2}}}});
    refused({.point_spread = PointSpread{MtfTable{{0.0, 2.0}, {0.9, 0.5}}}});
    refused({.lag = Lag{1.5, 0.5}});
    refused({.lag = Lag{0.1, 1.0}});
    refused({.flaws = DetectorFlaws{.gain_sd = -0.1}});
    refused({.flaws = DetectorFlaws{.dead_fraction = 1.1}});
    refused({.flaws = DetectorFlaws{.dead_pixels = {{4, 0}}}});
    refused({.flaws = DetectorFlaws{.offset_grey = -1.0}});
    refused({.electronic_noise_photons = -1.0});
    refused({.bits = 7});
    refused({.bits = 17});
    refused({.bits = 8, .open_beam_grey = 50000.0});
    refused({.open_beam_grey = 0.0});

    TubeBeam without_layer = tube_beam();
    without_layer.detector.thickness_mm = -0.45;
    refused({.beam = without_layer});
    TubeBeam without_light = tube_beam();
    without_light.tube.filters = {{find_material("lead"), 100.0}};
    refused({.beam = without_light});

    for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity(), -0.1F}) {
        SignalImages signal = good;
        signal.mean(2, 2) = bad;
        BOOST_CHECK_THROW((void)form(signal, {}), Error);
        BOOST_CHECK_THROW((void)form(signal, {.quantum_noise = false}), Error);
    }
    BOOST_CHECK_THROW((void)form_radiograph(good, {}, view_of(5, 4), {}), Error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(flaws)

BOOST_AUTO_TEST_CASE(gains_stay_and_have_the_spread_asked_for) {
    const RadiographOptions options{.quantum_noise = false,
                                    .flaws = DetectorFlaws{.seed = 11, .gain_sd = 0.02}};
    const auto image = form(flat(400, 300, 1.0), options, {.seed = 1});
    const Moments m = moments(image);
    const double n = static_cast<double>(image.size());
    BOOST_TEST(std::abs(m.mean / (50000.0 * std::exp(-1.0)) - 1.0) < 4.0 * 0.02 / std::sqrt(n));
    BOOST_TEST(std::abs(std::sqrt(m.variance) / m.mean / 0.02 - 1.0) < 4.0 / std::sqrt(2.0 * n));
    // The same in the next image of this detector; another in another view.
    BOOST_TEST((image == form(flat(400, 300, 1.0), options, {.seed = 2, .trial = 5})));
    BOOST_TEST((image != form(flat(400, 300, 1.0), options, {.seed = 1, .view = 1})));
}

BOOST_AUTO_TEST_CASE(dead_pixels_read_the_offset) {
    const RadiographOptions options{
        .flaws = DetectorFlaws{.dead_fraction = 0.01, .dead_pixels = {{7, 9}}, .offset_grey = 300},
        .electronic_noise_photons = 10.0};
    const auto image = form(flat(400, 300, 0.5), options);
    const auto dead = std::count(image.pixels().begin(), image.pixels().end(), 300);
    const double n = static_cast<double>(image.size());
    BOOST_TEST(std::abs(dead / n - 0.01) < 4.0 * std::sqrt(0.01 / n));
    BOOST_TEST(image(7, 9) == 300);
    // The others lie the offset above what they would be.
    const double sum = std::accumulate(image.pixels().begin(), image.pixels().end(), 0.0);
    const double mean = (sum - 300.0 * dead) / (n - dead);
    BOOST_TEST(std::abs(mean - 300.0 - 50000.0 * std::exp(-0.5)) < 4.0 * 300.0 / std::sqrt(n));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(lag)

// One bright frame among dark ones: what is late adds up to what was bright.
BOOST_AUTO_TEST_CASE(a_flash_comes_late_as_asked_and_in_full) {
    const Lag lag{0.2, 0.6};
    const RadiographOptions options{.quantum_noise = false, .lag = lag};
    const RadiographChain chain(options, view_of(8, 8));
    const SignalImages dark = flat(8, 8, std::numeric_limits<double>::infinity());
    LagState state;
    BOOST_TEST(chain.radiograph(dark, {}, &state)(3, 3) == 0);
    double sum = 0.0;
    for (int frame = 0; frame < 40; ++frame) {
        const double grey = chain.radiograph(frame == 0 ? flat(8, 8) : dark, {}, &state)(3, 3);
        const double expected = frame == 0 ? 0.8 : 0.2 * 0.4 * std::pow(0.6, frame - 1);
        BOOST_TEST(std::abs(grey - 50000.0 * expected) <= 0.51);
        sum += grey;
    }
    BOOST_TEST(std::abs(sum - 50000.0) < 40.0 * 0.5);  // each frame rounds
}

BOOST_AUTO_TEST_CASE(a_still_scene_shows_none) {
    const RadiographOptions options{.quantum_noise = false, .lag = Lag{0.1, 0.7}};
    const RadiographChain chain(options, view_of(30, 20));
    const SignalImages scene = random_signal(30, 20);
    const auto once = chain.radiograph(scene, {});
    LagState state;
    for (int frame = 0; frame < 10; ++frame) {
        const auto image = chain.radiograph(scene, {}, &state);
        for (std::size_t i = 0; i < image.size(); ++i)
            BOOST_TEST(std::abs(image.pixels()[i] - once.pixels()[i]) <= 1);
    }
    BOOST_CHECK_THROW(
        (void)RadiographChain(options, view_of(8, 8)).radiograph(flat(8, 8), {}, &state), Error);
}

BOOST_AUTO_TEST_SUITE_END()
