#include "radiograph_case.hpp"
#include "test.hpp"

#include <drr/core/parallel.hpp>
#include <drr/imaging/blur.hpp>
#include <drr/imaging/radiograph.hpp>
#include <drr/physics/attenuation.hpp>

#include <algorithm>
#include <cmath>

using namespace drr;
using namespace test;

// The noise of the images that the image chain makes.

BOOST_AUTO_TEST_SUITE(noise_of_images)

// Relative standard error of a variance from n independent values: sqrt(2/n), 0.26 % for these.
constexpr int field = 512;

BOOST_AUTO_TEST_CASE(a_flat_field_has_the_variance_of_its_photons) {
    for (const double line_integral : {0.0, 2.0}) {
        // A grey value a photon, so that what is measured is photons.
        const RadiographOptions options{.photons_per_pixel = 20000.0, .open_beam_grey = 20000.0};
        const Moments m = moments(form(flat(field, field, line_integral), options));
        const double photons = 20000.0 * std::exp(-line_integral);
        BOOST_TEST(std::abs(m.mean / photons - 1.0) < 4.0 / std::sqrt(photons) / field);
        BOOST_TEST(std::abs(m.variance / m.mean - 1.0) < 0.01);
    }
}

// Energy integration: the second moment of what photons leave, summed here over the spectrum.
BOOST_AUTO_TEST_CASE(an_integrating_detector_has_the_variance_of_its_energies) {
    const TubeBeam beam = tube_beam();
    constexpr double water_mm = 100.0;
    double open = 0.0;
    double mean = 0.0;
    double variance = 0.0;
    for (const auto& c : tube_spectrum(beam.tube).components) {
        const Material& csi = beam.detector.scintillator;
        const double mu = attenuation_per_mm(csi, c.energy_kev);
        const double kev = c.energy_kev / mu *
                           energy_absorption_per_mm(csi, c.energy_kev, beam.detector.fluorescence);
        const double stopped = c.photons * (1.0 - std::exp(-mu * beam.detector.thickness_mm));
        const double passing = std::exp(-water_mm * attenuation_per_mm("water", c.energy_kev));
        open += stopped * kev;
        mean += stopped * passing * kev;
        variance += stopped * passing * kev * kev;
    }
    const SignalImages primary =
        make_beam(beam, {find_material("water")})
            .moments({Image<float>(field, field, static_cast<float>(water_mm))});
    constexpr double photons = 30000.0;
    const RadiographOptions options{
        .beam = beam, .photons_per_pixel = photons, .open_beam_grey = 60000.0};
    const Moments m = moments(form(primary, options));
    const double grey_per_kev = options.open_beam_grey / (photons * open);
    BOOST_TEST(std::abs(m.mean / (photons * mean * grey_per_kev) - 1.0) < 1e-3);
    BOOST_TEST(std::abs((m.variance - 1.0 / 12.0) / m.mean / (variance / mean * grey_per_kev) -
                        1.0) < 0.01);
}

// The blur comes after the noise, so it lowers the noise's variance by the square of the sum of the
// kernel's squares and leaves the mean.
BOOST_AUTO_TEST_CASE(point_spread_correlates_it) {
    constexpr double sigma_px = 0.6;
    const RadiographOptions options{.point_spread = PointSpread{GaussianSpread{sigma_px}, 1}};
    const Image<std::uint16_t> image = form(flat(500, 400), options);
    const auto kernel = gaussian_kernel(sigma_px);
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

// Electronic noise comes after the point spread: it stays white, and adds to the variance.
BOOST_AUTO_TEST_CASE(electronic_noise_is_white_and_in_photons) {
    const RadiographOptions options{.quantum_noise = false,
                                    .point_spread = PointSpread{GaussianSpread{1.5}, 1},
                                    .electronic_noise_photons = 40.0};
    const Image<std::uint16_t> image = form(flat(field, field, 1.0), options);
    const Moments m = moments(image);
    const double sd_grey = 40.0 * options.open_beam_grey / options.photons_per_pixel;
    BOOST_TEST(std::abs(std::sqrt(m.variance) / sd_grey - 1.0) < 0.01);
    double neighbours = 0.0;
    for (int v = 0; v < field; ++v)
        for (int u = 0; u + 1 < field; ++u)
            neighbours += (image(u, v) - m.mean) * (image(u + 1, v) - m.mean) / m.variance;
    BOOST_TEST(std::abs(neighbours / (field * (field - 1))) < 4.0 / field);
    // The share beyond two standard deviations is that of a normal distribution.
    const auto beyond =
        std::count_if(image.pixels().begin(), image.pixels().end(), [&](std::uint16_t value) {
            return std::abs(value - m.mean) > 2.0 * std::sqrt(m.variance);
        });
    const double share = std::erfc(std::sqrt(2.0));
    BOOST_TEST(std::abs(static_cast<double>(beyond) / (field * field) - share) <
               4.0 * std::sqrt(share) / field + 0.001);  // and grey values are steps of 0.01 sd
}

BOOST_AUTO_TEST_CASE(air_kerma_sets_the_photons) {
    const TubeBeam beam = tube_beam();
    const XrayView view = view_of(8, 8, 0.2);
    const RadiographChain chain({.beam = beam, .air_kerma_ugy = 2.5}, view);
    const Spectrum spectrum = tube_spectrum(beam.tube);
    // air_kerma_ugy() is that of one photon per mm2.
    BOOST_TEST(std::abs(chain.photons_per_pixel() * air_kerma_ugy(spectrum) / (0.2 * 0.2) / 2.5 -
                        1.0) < 1e-12);
}

// The first frames of a sequence with everything on, twice.
BOOST_AUTO_TEST_CASE(same_bytes_with_one_and_two_threads) {
    const TubeBeam beam = tube_beam();
    const SignalImages primary = random_signal(300, 200);
    const RadiographOptions options{
        .beam = beam,
        .heel = HeelEffect{0.3},
        .scatter = Scatter{.sigma_mm = 10.0, .grid = AntiScatterGrid{}},
        .distortion = IntensifierDistortion{{150.0, 100.0}, 150.0, 0.05, 0.05},
        .point_spread = PointSpread{ExponentialSpread{0.5}, 1},
        .lag = Lag{0.05, 0.5},
        .flaws = DetectorFlaws{.gain_sd = 0.02, .dead_fraction = 0.001},
        .electronic_noise_photons = 5.0};
    const auto with_threads = [&](int threads, std::uint16_t view) {
        const ThreadLimit limit(threads);
        const RadiographChain chain(options, view_of(primary.mean));
        LagState state;
        (void)chain.radiograph(primary, {.seed = 4, .trial = 0, .view = view}, &state);
        return chain.radiograph(primary, {.seed = 4, .trial = 1, .view = view}, &state);
    };
    const auto one = with_threads(1, 1);
    BOOST_TEST((one == with_threads(2, 1)));
    BOOST_TEST((one != with_threads(2, 0)));
}

BOOST_AUTO_TEST_SUITE_END()
