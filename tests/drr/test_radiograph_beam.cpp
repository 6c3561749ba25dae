#include "radiograph_case.hpp"
#include "test.hpp"

#include <drr/core/degree.hpp>
#include <drr/imaging/radiograph.hpp>
#include <drr/physics/attenuation.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace drr;
using namespace test;

// What tube and scatter do to images, measured from them.

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
