#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/physics/attenuation.hpp>

#include <algorithm>
#include <cmath>

using namespace drr;

// Mass attenuation coefficients with coherent scattering, cm2/g, from NIST's tables (NISTIR 5632).
BOOST_AUTO_TEST_CASE(agrees_with_the_tables_of_nist) {
    const struct {
        const char* material;
        double energy_kev;
        double cm2_per_g;
    } cases[] = {
        {"water", 60.0, 0.2059},          {"water", 100.0, 0.1707},
        {"aluminium", 60.0, 0.2778},      {"iron", 60.0, 1.205},
        {"lead", 100.0, 5.549},           {"air", 60.0, 0.1875},
        {"pmma", 60.0, 0.1924},           {"aluminium", 100.0, 0.1704},
        {"cortical_bone", 40.0, 0.6655},  {"cortical_bone", 60.0, 0.3148},
        {"cortical_bone", 100.0, 0.1855},
    };
    // The cross sections of xraylib and XCOM come from different compilations, which agree to 2 %
    // in this range; NIST gives four digits.
    constexpr double tolerance = 0.02;
    for (const auto& c : cases) {
        const double density = find_material(c.material).density_g_per_cm3;
        const double cm2_per_g = 10.0 * attenuation_per_mm(c.material, c.energy_kev) / density;
        BOOST_TEST(std::abs(cm2_per_g / c.cm2_per_g - 1.0) < tolerance,
                   c.material << " at " << c.energy_kev << " keV: " << cm2_per_g << ", expected "
                              << c.cm2_per_g);
    }
}

BOOST_AUTO_TEST_CASE(the_k_edge_of_lead_is_there) {
    BOOST_TEST(attenuation_per_mm("lead", 88.1) > 3.0 * attenuation_per_mm("lead", 87.9));
}

BOOST_AUTO_TEST_CASE(a_mixture_lies_between_its_elements) {
    const double steel = attenuation_per_mm("steel", 60.0) / 7.93;
    const double iron = attenuation_per_mm("iron", 60.0) / 7.874;
    BOOST_TEST(std::abs(steel / iron - 1.0) < 0.05);  // Cr is below iron, Ni above, by 20 % each
}

BOOST_AUTO_TEST_CASE(every_material_is_complete) {
    const auto& materials = known_materials();
    BOOST_TEST(std::is_sorted(materials.begin(), materials.end(),
                              [](const auto& a, const auto& b) { return a.name < b.name; }));
    for (const Material& material : materials) {
        double sum = 0.0;
        for (const auto& element : material.composition)
            sum += element.mass_fraction;
        BOOST_TEST(std::abs(sum - 1.0) < 1e-5, material.name);  // fractions have five digits
        double previous = INFINITY;
        for (const double energy : {attenuation_range_kev.low, 60.0, attenuation_range_kev.high}) {
            const double mu = attenuation_per_mm(material, energy);
            BOOST_TEST(mu > 0.0, material.name);
            BOOST_TEST(mu < previous, material.name);
            previous = mu;
        }
    }
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_refused) {
    const auto usage = [](const char* part) {
        return [part](const Error& error) {
            return error.code() == ErrorCode::usage &&
                   std::string(error.what()).find(part) != std::string::npos;
        };
    };
    BOOST_CHECK_EXCEPTION((void)attenuation_per_mm("cheese", 60.0), Error,
                          usage("unknown material 'cheese'; known: abs, air, aluminium"));
    for (const double energy : {0.0, -60.0, 4.9, 501.0, std::nan("")})
        BOOST_CHECK_EXCEPTION((void)attenuation_per_mm("water", energy), Error,
                              usage("between 5 and 500 keV"));
}
