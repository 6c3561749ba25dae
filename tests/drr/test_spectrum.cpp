#include "test.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/physics/spectrum.hpp>

#include <cmath>
#include <functional>

using namespace drr;

namespace {

const Material& aluminium() {
    return find_material("aluminium");
}

Spectrum behind_aluminium(double voltage_kv, double thickness_mm) {
    TubeOptions tube;
    tube.voltage_kv = voltage_kv;
    // Standards are measured at a metre: the air belongs to the beam.
    tube.filters = {{aluminium(), thickness_mm}, {find_material("air"), 1000.0}};
    return tube_spectrum(tube);
}

/// Root of a rising function.
double solve(double low, double high, const std::function<double(double)>& f) {
    for (int i = 0; i < 50; ++i) {
        const double middle = 0.5 * (low + high);
        (f(middle) < 0.0 ? low : high) = middle;
    }
    return 0.5 * (low + high);
}

double line_share(const Spectrum& spectrum) {
    double lines = 0.0;
    for (const auto& c : spectrum.components)
        if (c.width_kev == 0.0) lines += c.photons;
    return lines / spectrum.photons();
}

}  // namespace

// IEC 61267, table 2: first half-value layer and homogeneity coefficient of RQR 2 to RQR 10.
BOOST_AUTO_TEST_CASE(radiation_qualities_of_iec_61267) {
    const struct {
        double voltage_kv, first_mm, homogeneity;
    } qualities[] = {{40, 1.42, 0.81},  {50, 1.78, 0.76}, {60, 2.19, 0.74},
                     {70, 2.58, 0.71},  {80, 3.01, 0.69}, {90, 3.48, 0.68},
                     {100, 3.97, 0.68}, {120, 5.0, 0.68}, {150, 6.57, 0.72}};
    for (const auto& q : qualities) {
        const double filter_mm = solve(0.0, 10.0, [&](double mm) {
            return layer_mm(behind_aluminium(q.voltage_kv, mm), aluminium()) - q.first_mm;
        });
        const auto layers =
            half_value_layers(behind_aluminium(q.voltage_kv, filter_mm), aluminium());
        // Total filtration of the tubes on which such beams are established.
        BOOST_TEST(filter_mm > 2.0, q.voltage_kv << " kV needs " << filter_mm << " mm Al");
        BOOST_TEST(filter_mm < 4.0, q.voltage_kv << " kV needs " << filter_mm << " mm Al");
        constexpr double homogeneity_tolerance = 0.03;  // that of the standard
        BOOST_TEST(std::abs(layers.homogeneity() - q.homogeneity) < homogeneity_tolerance,
                   q.voltage_kv << " kV: " << layers.homogeneity() << ", standard " << q.homogeneity
                                << ", at " << filter_mm << " mm Al");
        BOOST_TEST_MESSAGE(q.voltage_kv << " kV: " << filter_mm << " mm Al, h "
                                        << layers.homogeneity() << " (" << q.homogeneity << ")");
    }
}

BOOST_AUTO_TEST_CASE(lines_begin_at_the_k_edge) {
    BOOST_TEST(line_share(behind_aluminium(69.5, 2.5)) == 0.0);
    double previous = 0.0;
    for (const double voltage_kv : {70.0, 80.0, 100.0, 120.0, 150.0}) {
        const double share = line_share(behind_aluminium(voltage_kv, 2.5));
        BOOST_TEST(share > previous);
        previous = share;
    }
    // The K lines of tungsten (Bearden 1967).
    const double expected_kev[] = {57.98, 59.32, 66.95, 67.24, 69.03, 69.10};
    std::size_t found = 0;
    for (const auto& c : behind_aluminium(100.0, 2.5).components)
        if (c.width_kev == 0.0) {
            BOOST_TEST_REQUIRE(found < 6u);
            BOOST_TEST(std::abs(c.energy_kev - expected_kev[found++]) < 0.01);
        }
    BOOST_TEST(found == 6u);
}

BOOST_AUTO_TEST_CASE(a_beam_of_one_energy_has_the_layers_of_its_mu) {
    const Spectrum line{{{60.0, 0.0, 3.0}}};
    const double mu = attenuation_per_mm("aluminium", 60.0);
    const auto layers = half_value_layers(line, aluminium());
    constexpr double rounding = 1e-8;
    BOOST_TEST(std::abs(layers.first_mm * mu - std::log(2.0)) < rounding);
    BOOST_TEST(std::abs(layers.homogeneity() - 1.0) < rounding);
    // 1 photon/mm2 of 60 keV with NIST's mu_en of air, 0.03041 cm2/g: 2.923e-5 uGy.
    constexpr double mu_en_tolerance = 0.015;
    BOOST_TEST(std::abs(air_kerma_ugy(line) / (3.0 * 2.9233e-5) - 1.0) < mu_en_tolerance);
}

BOOST_AUTO_TEST_CASE(bins_are_narrow_enough) {
    TubeOptions tube;
    tube.filters = {{aluminium(), 2.5}};
    const Spectrum coarse = tube_spectrum(tube);
    tube.bin_width_kev = 0.1;
    const Spectrum fine = tube_spectrum(tube);
    constexpr double binning = 2e-3;  // an order below what models differ by
    BOOST_TEST(std::abs(coarse.mean_energy_kev() / fine.mean_energy_kev() - 1.0) < binning);
    BOOST_TEST(std::abs(layer_mm(coarse, aluminium()) / layer_mm(fine, aluminium()) - 1.0) <
               binning);
    BOOST_TEST(std::abs(coarse.photons() - 1.0) < 1e-12);
}

BOOST_AUTO_TEST_CASE(filters_harden_and_add_up) {
    const Spectrum thin = behind_aluminium(90.0, 1.0);
    const Spectrum thick = behind_aluminium(90.0, 4.0);
    BOOST_TEST(thick.mean_energy_kev() > thin.mean_energy_kev());
    const Spectrum added = attenuated(thin, {{aluminium(), 1.0}, {aluminium(), 2.0}});
    for (std::size_t i = 0; i < thick.components.size(); ++i)
        BOOST_TEST(std::abs(added.components[i].photons / added.photons() -
                            thick.components[i].photons) < 1e-12);
}

BOOST_AUTO_TEST_CASE(smaller_anode_angles_harden) {
    TubeOptions tube;
    tube.filters = {{aluminium(), 2.5}};
    const double at_12 = tube_spectrum(tube).mean_energy_kev();
    tube.anode_angle_rad /= 2.0;
    BOOST_TEST(tube_spectrum(tube).mean_energy_kev() > at_12);
}

BOOST_AUTO_TEST_CASE(the_heel_falls_towards_the_anode) {
    TubeOptions tube;
    tube.filters = {{aluminium(), 2.5}};
    std::vector<double> take_off_rad;
    for (int deg = -1; deg <= 30; ++deg)
        take_off_rad.push_back(deg * degree);
    const std::vector<double> ratios = heel_ratios(tube, take_off_rad);
    BOOST_TEST(ratios[0] == 0.0);
    BOOST_TEST(ratios[1] == 0.0);                    // along the surface
    BOOST_TEST(std::abs(ratios[13] - 1.0) < 1e-12);  // the central ray, 12 degrees
    BOOST_TEST(ratios[2] > 0.0);
    for (std::size_t i = 3; i < ratios.size(); ++i)  // steeper loses less, by ever less
        BOOST_TEST((ratios[i] > ratios[i - 1] &&
                    ratios[i] - ratios[i - 1] < ratios[i - 1] - ratios[i - 2] + 1e-12));
    // A larger anode angle has a flatter field.
    const double at_12 = heel_ratios(tube, {9.0 * degree})[0];
    tube.anode_angle_rad = 20.0 * degree;
    BOOST_TEST(heel_ratios(tube, {17.0 * degree})[0] > at_12);
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_refused) {
    const auto usage = [](const char* part) {
        return [part](const Error& error) {
            return error.code() == ErrorCode::usage &&
                   std::string(error.what()).find(part) != std::string::npos;
        };
    };
    for (const double voltage_kv : {0.0, 4.0, 29.9, 151.0, std::nan("")}) {
        TubeOptions tube;
        tube.voltage_kv = voltage_kv;
        BOOST_CHECK_EXCEPTION((void)tube_spectrum(tube), Error, usage("between 30 and 150 kV"));
    }
    TubeOptions tube;
    tube.filters = {{aluminium(), -1.0}};
    BOOST_CHECK_EXCEPTION((void)tube_spectrum(tube), Error, usage("found -1 mm of aluminium"));
    tube.filters = {{find_material("lead"), 100.0}};
    BOOST_CHECK_EXCEPTION((void)tube_spectrum(tube), Error, usage("leave no photons"));
    tube = {};
    tube.anode_angle_rad = 0.01;
    BOOST_CHECK_EXCEPTION((void)tube_spectrum(tube), Error, usage("between 5 and 45 degrees"));
    tube = {};
    tube.bin_width_kev = 0.0;
    BOOST_CHECK_EXCEPTION((void)tube_spectrum(tube), Error, usage("bin width"));
    BOOST_CHECK_EXCEPTION((void)layer_mm(Spectrum{}, aluminium()), Error, usage("no photons"));
    BOOST_CHECK_EXCEPTION((void)layer_mm(Spectrum{{{3.0, 1.0, 1.0}}}, aluminium()), Error,
                          usage("between 5 and 500 keV, found 3"));
    BOOST_CHECK_EXCEPTION((void)layer_mm(behind_aluminium(60, 1), aluminium(), 1.0), Error,
                          usage("between 0 and 1"));
}
