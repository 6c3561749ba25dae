#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/volume/hu_to_mu.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace drr;

constexpr double rounding = 1e-14;  // of a few operations in double precision, relative

/// The rule as a tool makes it: cortical bone as the scan sees it and as the radiograph does.
HuToMu bone_rule(double scan_kev, double energy_kev) {
    return water_bone_rule(attenuation_per_mm("water", energy_kev),
                           hounsfield(attenuation_per_mm("cortical_bone", scan_kev),
                                      attenuation_per_mm("water", scan_kev)),
                           attenuation_per_mm("cortical_bone", energy_kev));
}

void check_near(double value, double expected) {
    BOOST_TEST(value == expected, boost::test_tools::tolerance(rounding));
}

bool is_usage(const std::function<void()>& body, const std::string& part) {
    try {
        body();
    } catch (const Error& error) {
        return error.code() == ErrorCode::usage && error.message().find(part) != std::string::npos;
    }
    return false;
}

}  // namespace

BOOST_AUTO_TEST_CASE(water_rule_is_the_definition_of_the_scale) {
    const HuToMu rule = water_rule(0.02);
    for (const double nothing : {-1000.0, -1000.5, -3024.0, -1e30})
        BOOST_TEST(rule(nothing) == 0.0);
    for (const double hu : {-999.0, -500.0, 0.0, 1.0, 1000.0, 3071.0})
        check_near(rule(hu), 0.02 * (hu + 1000.0) / 1000.0);
    check_near(hounsfield(rule(1234.0), 0.02), 1234.0);
    BOOST_TEST(HuToMu{}(0.0) == 0.02059);
}

BOOST_AUTO_TEST_CASE(bone_rule_meets_water_and_bone_of_the_tables) {
    constexpr double scan_kev = 70.0;
    for (const double energy_kev : {40.0, 60.0, 80.0, 120.0}) {
        const HuToMu rule = bone_rule(scan_kev, energy_kev);
        const double bone_hu = rule.curve.knots()[2].hu;
        BOOST_TEST(rule(-1000.0) == 0.0);
        check_near(rule(0.0), attenuation_per_mm("water", energy_kev));
        check_near(rule(bone_hu), attenuation_per_mm("cortical_bone", energy_kev));
        // Halfway by volume: attenuation and CT number are both linear in the mixture.
        check_near(rule(0.5 * bone_hu), 0.5 * (attenuation_per_mm("water", energy_kev) +
                                               attenuation_per_mm("cortical_bone", energy_kev)));
        check_near(rule(-500.0), 0.5 * attenuation_per_mm("water", energy_kev));
        // Bone gains on water towards low energies, so the water rule is too low there.
        BOOST_TEST((rule(bone_hu) > water_rule(rule.curve.knots()[1].mu_per_mm)(bone_hu)) ==
                   (energy_kev < scan_kev));
    }
}

BOOST_AUTO_TEST_CASE(at_the_energy_of_the_scan_both_rules_are_one) {
    const HuToMu bone = bone_rule(70.0, 70.0);
    const HuToMu water = water_rule(attenuation_per_mm("water", 70.0));
    for (double hu = -1100.0; hu < 3100.0; hu += 37.0)
        BOOST_TEST(bone(hu) == water(hu), boost::test_tools::tolerance(1e-12));
    // Between those of NIST's tables at 80 and 60 keV: 1.92 * 0.2229 / 0.1837 and 1.92 * 0.3148 /
    // 0.2059 of water.
    BOOST_TEST(bone.curve.knots()[2].hu > 1330.0);
    BOOST_TEST(bone.curve.knots()[2].hu < 1935.0);
}

// Monotone, and without a jump: no step of 0.25 HU changes mu by more than the steepest line does.
BOOST_AUTO_TEST_CASE(curves_are_monotone_and_continuous) {
    for (const double energy_kev : {40.0, 60.0, 80.0, 120.0}) {
        const HuToMu rule = bone_rule(70.0, energy_kev);
        double steepest = 0.0;
        for (std::size_t n = 1; n < rule.curve.knots().size(); ++n)
            steepest = std::max(
                steepest, (rule.curve.knots()[n].mu_per_mm - rule.curve.knots()[n - 1].mu_per_mm) /
                              (rule.curve.knots()[n].hu - rule.curve.knots()[n - 1].hu));
        for (double hu = -1024.0; hu < 4000.0; hu += 0.25) {
            const double step = rule(hu + 0.25) - rule(hu);
            BOOST_REQUIRE(step >= 0.0);
            BOOST_REQUIRE(step <= 0.25 * steepest * (1.0 + 1e-9));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_curve_goes_through_its_knots) {
    const std::vector<MuKnot> knots{
        {-950.0, 0.001}, {-100.0, 0.018}, {0.0, 0.0205}, {300.0, 0.0205}, {1200.0, 0.05}};
    const MuCurve curve(knots);
    for (const MuKnot& knot : knots)
        check_near(curve(knot.hu), knot.mu_per_mm);
    BOOST_TEST(curve(-2000.0) == 0.001);  // level below
    check_near(curve(-525.0), 0.0095);
    check_near(curve(100.0), 0.0205);
    check_near(curve(750.0), 0.03525);
    check_near(curve(2100.0), 0.0795);  // straight on
}

BOOST_AUTO_TEST_CASE(window_and_clip) {
    HuToMu rule = water_rule(0.02);
    rule.low_hu = 200.0;
    rule.high_hu = 2500.0;
    BOOST_TEST(rule(199.9) == 0.0);
    check_near(rule(200.0), 0.024);
    check_near(rule(2500.0), 0.07);
    BOOST_TEST(rule(2500.1) == 0.0);
    rule.clip_hu = 1000.0;
    check_near(rule(999.0), 0.03998);
    check_near(rule(2400.0), 0.04);
    BOOST_TEST(rule(2600.0) == 0.0);  // the window goes by what the scan says
    BOOST_TEST(rule(std::nan("")) == 0.0);
}

BOOST_AUTO_TEST_CASE(senseless_curves_are_refused) {
    const auto knots = [](std::vector<MuKnot> list) { return [=] { (void)MuCurve(list); }; };
    BOOST_TEST(is_usage(knots({{0.0, 0.02}}), "two knots"));
    BOOST_TEST(is_usage(knots({{0.0, 0.02}, {0.0, 0.03}}), "must grow in HU"));
    BOOST_TEST(is_usage(knots({{0.0, 0.02}, {10.0, 0.01}}), "not fall in mu"));
    BOOST_TEST(is_usage(knots({{-1000.0, -0.01}, {10.0, 0.01}}), "not negative"));
    BOOST_TEST(is_usage(knots({{-1000.0, 0.0}, {10.0, std::nan("")}}), "finite"));
    HuToMu rule;
    BOOST_CHECK_NO_THROW(rule.validate());
    const auto check = [&rule] { rule.validate(); };
    rule = {};
    rule.low_hu = 5.0;
    rule.high_hu = 5.0;
    BOOST_TEST(is_usage(check, "window"));
    rule = {};
    rule.high_hu = std::nan("");
    BOOST_TEST(is_usage(check, "window"));
    rule = {};
    rule.clip_hu = -1000.0;
    BOOST_TEST(is_usage(check, "clip"));
    for (const double mu : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()})
        BOOST_CHECK_THROW((void)water_rule(mu), Error);
    BOOST_CHECK_THROW((void)water_bone_rule(0.02, -5.0, 0.05), Error);  // bone below water
    BOOST_CHECK_THROW((void)water_bone_rule(0.02, 1500.0, 0.01), Error);
}
