#include "test.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/imaging/blur.hpp>
#include <drr/imaging/radiograph.hpp>
#include <drr/physics/attenuation.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>

using namespace drr;

// What the image chain does, measured from the images that it makes.

namespace {

XrayView view_of(int width, int height, double pitch_mm = 0.25) {
    XrayView view;
    view.sdd_mm = 1200.0;
    view.pixel_pitch_mm = {pitch_mm, pitch_mm};
    view.width_px = width;
    view.height_px = height;
    view.principal_point_px = view.middle_px();
    return view;
}

template <class T>
XrayView view_of(const Image<T>& image) {
    return view_of(image.width(), image.height());
}

SignalImages flat(int width, int height, double line_integral = 0.0) {
    return monoenergetic_signal(Image<float>(width, height, static_cast<float>(line_integral)));
}

SignalImages random_signal(int width, int height) {
    Image<float> integrals(width, height);
    Rng rng({.seed = 6});
    for (float& value : integrals.pixels())
        value = static_cast<float>(rng.uniform(0.0, 3.0));
    return monoenergetic_signal(integrals);
}

Image<std::uint16_t> form(const SignalImages& primary, const RadiographOptions& options,
                          const RngKey& key = {.seed = 3}) {
    return form_radiograph(primary, options, view_of(primary.mean), key);
}

TubeBeam tube_beam(double kvp = 80.0) {
    TubeBeam beam;
    beam.tube.voltage_kv = kvp;
    beam.tube.filters = {{find_material("aluminium"), 2.5}};
    return beam;
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
    refused({.point_spread = GaussianSpread{-1.0}});
    refused({.point_spread = ExponentialSpread{std::nan("")}});
    refused({.point_spread = MtfTable{{0.0, 1.0}, {1.0, 0.5}}});  // Nyquist: 2 cycles/mm
    refused({.point_spread = MtfTable{{0.0, 2.0}, {1.0, 1.5}}});
    refused({.point_spread = MtfTable{{0.0, 2.0, 1.0}, {1.0, 0.5, 0.2}}});
    refused({.point_spread = MtfTable{{0.0, 2.0}, {0.9, 0.5}}});
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
    const RadiographOptions options{.point_spread = GaussianSpread{sigma_px}};
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
                                    .point_spread = GaussianSpread{1.5},
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
        .point_spread = ExponentialSpread{0.5},
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

BOOST_AUTO_TEST_SUITE(beam_quality)

// Aluminium steps before an ionization chamber: a thin layer of air, whose signal is air kerma.
BOOST_AUTO_TEST_CASE(half_value_layers_show_in_images) {
    constexpr double step_mm = 0.02;
    Image<float> aluminium_mm(500, 1);
    for (int u = 0; u < aluminium_mm.width(); ++u)
        aluminium_mm(u, 0) = static_cast<float>(step_mm * u);
    TubeBeam beam = tube_beam();
    beam.detector = {.kind = DetectorKind::energy_integrating,
                     .scintillator = find_material("air"),
                     .thickness_mm = 1.0,
                     .fluorescence = Fluorescence::escapes};
    const auto primary = make_beam(beam, {find_material("aluminium")}).moments({aluminium_mm});
    const auto image =
        form(primary, {.beam = beam, .quantum_noise = false, .open_beam_grey = 60000.0});
    const auto thickness_mm = [&](double share) {
        for (int u = 1;; ++u) {
            const double before = image(u - 1, 0) - share * image(0, 0);
            const double after = image(u, 0) - share * image(0, 0);
            if (after <= 0.0) return step_mm * (u - 1 + before / (before - after));
        }
    };
    const HalfValueLayers exact =
        half_value_layers(tube_spectrum(beam.tube), find_material("aluminium"));
    // Half a grey value where the image falls by some 60 grey values a step; the layer of air hides
    // its own depths by 1e-4.
    constexpr double tolerance_mm = 1e-3;
    BOOST_TEST(std::abs(thickness_mm(0.5) - exact.first_mm) < tolerance_mm);
    BOOST_TEST(std::abs(thickness_mm(0.25) - exact.first_mm - exact.second_mm) < tolerance_mm);
}

// A wedge of steel: its apparent attenuation falls with thickness as the spectrum's sum says.
BOOST_AUTO_TEST_CASE(a_wedge_hardens_the_beam) {
    const TubeBeam beam = tube_beam(90.0);
    Image<float> steel_mm(256, 1);
    for (int u = 0; u < steel_mm.width(); ++u)
        steel_mm(u, 0) = static_cast<float>(u) / 64.0F;
    const auto primary = make_beam(beam, {find_material("steel")}).moments({steel_mm});
    const auto image =
        form(primary, {.beam = beam, .quantum_noise = false, .open_beam_grey = 65000.0});
    const Spectrum spectrum = tube_spectrum(beam.tube);
    double first_mu = 0.0;
    for (int u = 16; u < steel_mm.width(); u += 16) {
        const double mm = static_cast<double>(steel_mm(u, 0));
        double open = 0.0;
        double passing = 0.0;
        for (const auto& c : spectrum.components) {
            const Material& csi = beam.detector.scintillator;
            const double mu = attenuation_per_mm(csi, c.energy_kev);
            const double signal =
                c.photons * (1.0 - std::exp(-mu * beam.detector.thickness_mm)) * c.energy_kev / mu *
                energy_absorption_per_mm(csi, c.energy_kev, beam.detector.fluorescence);
            open += signal;
            passing += signal * std::exp(-mm * attenuation_per_mm("steel", c.energy_kev));
        }
        const double seen_mu = std::log(65000.0 / image(u, 0)) / mm;
        const double expected_mu = std::log(open / passing) / mm;
        // Half a grey value, and the sums' single precision.
        BOOST_TEST(std::abs(seen_mu - expected_mu) < (0.5 / image(u, 0) + 1e-6) / mm);
        if (u == 16) first_mu = seen_mu;
        // Not a matter of tolerances: 4 mm of steel show about half of what 1/4 mm does.
        if (u == 240) BOOST_TEST(seen_mu < 0.6 * first_mu);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(heel)

BOOST_AUTO_TEST_CASE(its_profile_is_that_of_the_tube) {
    const TubeBeam beam = tube_beam();
    XrayView view = view_of(400, 400, 1.0);
    // The anode's direction, and the pixel that lies there 170 px from the middle.
    const struct {
        double deg;
        int u;
        int v;
    } cases[] = {{0.0, 369, 199}, {90.0, 199, 369}, {180.0, 29, 199}, {-90.0, 199, 29}};
    view.principal_point_px = {199.0, 199.0};
    for (const auto& c : cases) {
        const Image<float> image = heel_image({c.deg * degree}, beam.tube, view);
        BOOST_TEST(std::abs(image(199, 199) - 1.0F) < 1e-4F);
        const double angle = std::atan(170.0 / view.sdd_mm);
        const double expected = heel_ratios(beam.tube, {beam.tube.anode_angle_rad - angle})[0];
        BOOST_TEST(std::abs(image(c.u, c.v) - expected) < 1e-4);
        BOOST_TEST(image(c.u, c.v) < 0.9F);
        BOOST_TEST(image(398 - c.u, 398 - c.v) > 1.0F);
    }
}

BOOST_AUTO_TEST_CASE(the_anode_cuts_the_beam_off) {
    TubeBeam beam = tube_beam();
    beam.tube.anode_angle_rad = 8.0 * degree;
    const XrayView view = view_of(400, 3, 1.0);
    // 1200 mm tan 8 degrees = 168.6 mm from the middle.
    const Image<float> image = heel_image({}, beam.tube, view);
    BOOST_TEST(image(199 + 168, 1) > 0.0F);
    BOOST_TEST(image(199 + 170, 1) == 0.0F);
    BOOST_TEST(std::is_sorted(image.row(1), image.row(1) + 400, std::greater<>()));
}

BOOST_AUTO_TEST_CASE(it_multiplies_the_image) {
    const TubeBeam beam = tube_beam();
    const SignalImages primary =
        make_beam(beam, {find_material("abs")}).moments({Image<float>(200, 50, 30.0F)});
    const RadiographOptions off{.beam = beam, .quantum_noise = false, .open_beam_grey = 30000.0};
    RadiographOptions on = off;
    on.heel = HeelEffect{};
    const Image<float> factor = heel_image(*on.heel, beam.tube, view_of(200, 50));
    const auto without = form(primary, off);
    const auto with = form(primary, on);
    for (int u = 0; u < 200; ++u)
        BOOST_TEST(std::abs(with(u, 25) - without(u, 25) * static_cast<double>(factor(u, 25))) <
                   1.01);  // two roundings to integers
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(scatter)

// Behind a wide even object the ratio is the one asked for, in proportion to its line integral.
BOOST_AUTO_TEST_CASE(the_ratio_is_the_one_asked_for) {
    for (const double line_integral : {0.5, 2.0}) {
        const SignalImages primary = flat(130, 97, line_integral);
        RadiographOptions options{.quantum_noise = false, .open_beam_grey = 10000.0};
        const double without = moments(form(primary, options)).mean;
        options.scatter = Scatter{.ratio = 0.8, .line_integral = 2.0, .sigma_mm = 5.0};
        const double ratio = moments(form(primary, options)).mean / without - 1.0;
        BOOST_TEST(std::abs(ratio / (0.8 * line_integral / 2.0) - 1.0) < 1e-3);
    }
}

BOOST_AUTO_TEST_CASE(a_grid_lowers_it_and_the_open_beam_keeps_its_grey_value) {
    RadiographOptions options{.quantum_noise = false};
    options.scatter = Scatter{.ratio = 1.5, .grid = AntiScatterGrid{0.7, 0.1}};
    BOOST_TEST(moments(form(flat(64, 64), options)).mean == 50000.0);
    const RadiographChain chain(options, view_of(64, 64));
    const SignalImages primary = flat(64, 64, 1.0);
    const ScatteredSignal behind = chain.incident(primary);
    BOOST_TEST(std::abs(behind.scatter_to_primary / (1.5 * 0.1 / 0.7) - 1.0) < 1e-5);
    const double seen = moments(chain.radiograph(primary, {})).mean;
    BOOST_TEST(std::abs(seen / (50000.0 * std::exp(-1.0)) / (1.0 + 1.5 / 7.0) - 1.0) < 1e-4);
}

// A small dense object in the open beam: its scatter is the Gaussian asked for, whatever the size
// of the cells that it is computed in.
BOOST_AUTO_TEST_CASE(it_spreads_as_the_gaussian_asked_for) {
    for (const double sigma_mm : {1.0, 12.0, 20.0}) {  // 4, 48 and 80 px
        constexpr int size = 801;
        Image<float> integrals(size, size, 0.0F);
        for (int v = 398; v <= 402; ++v)
            for (int u = 398; u <= 402; ++u)
                integrals(u, v) = 1.0F;
        const SignalImages primary = monoenergetic_signal(integrals);
        const Image<float> open(size, size, 1.0F);
        const Scatter scatter{.ratio = 1.0, .line_integral = 1.0, .sigma_mm = sigma_mm};
        const ScatteredSignal result = add_scatter(primary, open, scatter, {0.25, 0.25});
        // The object itself is 5 px wide: a variance of 2 px^2.
        const double sigma_px = std::hypot(sigma_mm / 0.25, std::sqrt(2.0));
        const auto scattered = [&](int u, int v) {
            return static_cast<double>(result.total.mean(u, v) - primary.mean(u, v));
        };
        double sum = 0.0;
        double second = 0.0;
        const int reach = std::min(400, static_cast<int>(5.0 * sigma_px));
        for (int v = -reach; v <= reach; ++v)
            for (int u = -reach; u <= reach; ++u) {
                sum += scattered(400 + u, 400 + v);
                second += scattered(400 + u, 400 + v) * u * u;
            }
        // Differences of numbers near 1 in single precision, up to 640,000 of them.
        const double expected_sum = 25.0 * std::exp(-1.0);
        BOOST_TEST(std::abs(sum / expected_sum - 1.0) < 0.01);
        BOOST_TEST(std::abs(std::sqrt(second / sum) / sigma_px - 1.0) < 0.01);
        const double peak = expected_sum / (2.0 * std::numbers::pi * sigma_px * sigma_px);
        for (int u = 0; u < size; u += 20) {
            const double exact = peak * std::exp(-0.5 * std::pow((u - 400) / sigma_px, 2.0));
            BOOST_TEST(std::abs(scattered(u, 400) - exact) < 0.01 * peak + 1e-7);
        }
    }
}

// Scatter brings its own photons: the variance stays that of all photons together.
BOOST_AUTO_TEST_CASE(it_brings_its_own_noise) {
    const RadiographOptions options{.scatter = Scatter{.ratio = 1.0, .sigma_mm = 4.0},
                                    .open_beam_grey = 20000.0};
    const Moments m = moments(form(flat(512, 512, 1.0), options));
    BOOST_TEST(std::abs(m.mean / (2.0 * 20000.0 * std::exp(-1.0)) - 1.0) < 1e-3);
    BOOST_TEST(std::abs(m.variance / m.mean - 1.0) < 0.01);
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
