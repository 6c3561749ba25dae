#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/core/rng.hpp>
#include <drr/physics/beam.hpp>

#include <cmath>
#include <random>

using namespace drr;

namespace {

Spectrum tube(double voltage_kv) {
    TubeOptions options;
    options.voltage_kv = voltage_kv;
    options.filters = {{find_material("aluminium"), 2.5}};
    return tube_spectrum(options);
}

PolychromaticBeam beam_through(const std::vector<std::string>& names, double voltage_kv = 90.0,
                               DetectorKind kind = DetectorKind::energy_integrating) {
    std::vector<Material> materials;
    for (const auto& name : names)
        materials.push_back(find_material(name));
    DetectorOptions detector;
    detector.kind = kind;
    return {tube(voltage_kv), detector, materials};
}

}  // namespace

BOOST_AUTO_TEST_CASE(one_energy_is_beer_lambert) {
    const Spectrum line{{{60.0, 0.0, 5.0}}};
    const PolychromaticBeam beam(line, {}, {find_material("water"), find_material("steel")});
    const double water = attenuation_per_mm("water", 60.0);
    const double steel = attenuation_per_mm("steel", 60.0);
    const double lengths_mm[] = {120.0, 2.0};
    constexpr double rounding = 1e-12;
    BOOST_TEST(std::abs(beam.line_integral(lengths_mm) - 120.0 * water - 2.0 * steel) < rounding);

    const Material& csi = find_material("csi");
    const double mu = attenuation_per_mm(csi, 60.0);
    const double left = 60.0 * energy_absorption_per_mm(csi, 60.0, Fluorescence::reabsorbed) / mu;
    const double detected = 1.0 - std::exp(-0.45 * mu);
    BOOST_TEST(std::abs(beam.open().mean - detected * left) < 60.0 * rounding);
    BOOST_TEST(std::abs(beam.open().variance - detected * left * left) < 3600.0 * rounding);
}

// An independent computation: the spectrum as a function of energy, integrated behind the wedge by
// a fine rule of its own, photon counting with a detector that stops everything.
BOOST_AUTO_TEST_CASE(a_wedge_hardens_as_the_integral_says) {
    DetectorOptions everything;
    everything.kind = DetectorKind::photon_counting;
    everything.scintillator = find_material("lead");
    everything.thickness_mm = 50.0;
    TubeOptions fine;
    fine.filters = {{find_material("aluminium"), 2.5}};
    fine.bin_width_kev = 0.1;
    const Spectrum reference = tube_spectrum(fine);
    for (const char* name : {"water", "steel", "abs"}) {
        const PolychromaticBeam beam(tube(90.0), everything, {find_material(name)});
        for (const double thickness_mm : {0.1, 1.0, 3.0, 10.0}) {
            const double expected =
                -std::log(attenuated(reference, {{find_material(name), thickness_mm}}).photons());
            const double lengths_mm[] = {thickness_mm};
            // 1 keV bins against 0.1 keV bins: the continuum's curvature within a bin.
            constexpr double binning = 5e-3;
            BOOST_TEST(std::abs(beam.line_integral(lengths_mm) / expected - 1.0) < binning,
                       name << " " << thickness_mm);
        }
    }
}

BOOST_AUTO_TEST_CASE(effective_attenuation_falls_with_depth) {
    for (const char* name : {"water", "steel", "lead"}) {
        const PolychromaticBeam beam = beam_through({name});
        double previous = INFINITY;
        for (const double thickness_mm : {1e-6, 0.1, 0.5, 1.0, 2.0, 5.0, 20.0}) {
            const double lengths_mm[] = {thickness_mm};
            const double mu = beam.line_integral(lengths_mm) / thickness_mm;
            BOOST_TEST(mu < previous, name << " " << thickness_mm);
            previous = mu;
        }
    }
}

// Photons drawn one by one: how many, of which energy, whether stopped.
BOOST_AUTO_TEST_CASE(mean_and_variance_are_those_of_drawn_photons) {
    const Spectrum spectrum = tube(90.0);
    const DetectorOptions detector;
    const PolychromaticBeam beam(spectrum, detector, {find_material("water")});
    const double lengths_mm[] = {50.0};

    std::vector<double> shares;
    std::vector<double> left_kev;
    for (const auto& c : spectrum.components) {
        const double mu = attenuation_per_mm(detector.scintillator, c.energy_kev);
        shares.push_back(c.photons * std::exp(-50.0 * attenuation_per_mm("water", c.energy_kev)) *
                         (1.0 - std::exp(-mu * detector.thickness_mm)));
        left_kev.push_back(c.energy_kev / mu *
                           energy_absorption_per_mm(detector.scintillator, c.energy_kev,
                                                    Fluorescence::reabsorbed));
    }
    double stopped = 0.0;
    for (const double share : shares)
        stopped += share;
    constexpr double photons = 100.0;
    constexpr int pixels = 40000;
    std::mt19937_64 random(1);
    std::poisson_distribution<int> count(photons * stopped);
    std::discrete_distribution<std::size_t> energy(shares.begin(), shares.end());
    double sum = 0.0;
    double squares = 0.0;
    for (int n = 0; n < pixels; ++n) {
        double signal = 0.0;
        for (int k = count(random); k > 0; --k)
            signal += left_kev[energy(random)];
        sum += signal;
        squares += signal * signal;
    }
    const double mean = sum / pixels;
    const double variance = squares / pixels - mean * mean;
    const SignalMoments expected = beam.moments(lengths_mm);
    constexpr double sigmas = 4.0;
    BOOST_TEST(std::abs(mean - photons * expected.mean) <
               sigmas * std::sqrt(photons * expected.variance / pixels));
    BOOST_TEST(std::abs(variance / (photons * expected.variance) - 1.0) <
               sigmas * std::sqrt(2.0 / pixels));
}

BOOST_AUTO_TEST_CASE(counting_is_poisson_and_integrating_noisier) {
    const auto counting = beam_through({"water"}, 90.0, DetectorKind::photon_counting).open();
    BOOST_TEST(counting.mean == counting.variance);
    BOOST_TEST(counting.mean < 1.0);
    const auto integrating = beam_through({"water"}).open();
    // Swank: mean^2 / (variance) cannot exceed the number of photons stopped.
    BOOST_TEST(integrating.mean * integrating.mean / integrating.variance < counting.mean);
}

BOOST_AUTO_TEST_CASE(images_agree_with_single_rays) {
    const PolychromaticBeam beam = beam_through({"abs", "steel"});
    Image<float> abs_mm(37, 5);  // no multiple of any vector
    Image<float> steel_mm(37, 5);
    for (int y = 0; y < 5; ++y)
        for (int x = 0; x < 37; ++x) {
            abs_mm(x, y) = 3.0F * static_cast<float>(x);
            steel_mm(x, y) = 0.5F * static_cast<float>(y);
        }
    const SignalImages images = beam.moments({abs_mm, steel_mm});
    // Exponents to 30 in single precision: 30 * 2^-24, and the sum's rounding.
    constexpr double single_precision = 5e-6;
    for (int y = 0; y < 5; ++y)
        for (int x = 0; x < 37; ++x) {
            const double lengths_mm[] = {abs_mm(x, y), steel_mm(x, y)};
            const SignalMoments expected = beam.moments(lengths_mm);
            BOOST_TEST(std::abs(images.mean(x, y) / expected.mean - 1.0) < single_precision);
            BOOST_TEST(std::abs(images.variance(x, y) / expected.variance - 1.0) <
                       single_precision);
        }
    const ThreadLimit one(1);
    BOOST_TEST((beam.moments({abs_mm, steel_mm}).mean == images.mean));
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_refused) {
    const auto usage = [](const char* part) {
        return [part](const Error& error) {
            return error.code() == ErrorCode::usage &&
                   std::string(error.what()).find(part) != std::string::npos;
        };
    };
    const PolychromaticBeam beam = beam_through({"abs", "steel"});
    const double one[] = {1.0};
    BOOST_CHECK_EXCEPTION((void)beam.moments(one), Error, usage("knows 2 materials, found 1"));
    BOOST_CHECK_EXCEPTION((void)beam.moments(std::vector<Image<float>>{Image<float>(2, 2)}), Error,
                          usage("found 1 images"));
    BOOST_CHECK_EXCEPTION(
        (void)beam.moments(std::vector<Image<float>>{Image<float>(2, 2), Image<float>(2, 3)}),
        Error, usage("differ in size"));
    DetectorOptions none;
    none.thickness_mm = 0.0;
    BOOST_CHECK_EXCEPTION(PolychromaticBeam(tube(60.0), none, {}), Error, usage("above 0 mm"));
    BOOST_CHECK_EXCEPTION(PolychromaticBeam(Spectrum{}, {}, {}), Error, usage("no photons"));
}
