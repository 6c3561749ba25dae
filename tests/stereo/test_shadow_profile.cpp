#include "instruction_sets.hpp"
#include "test.hpp"

#include <stereo/detect/shadow_profile.hpp>

#include <cmath>
#include <numbers>

using namespace stereo;

// Against the blur integral on a fine grid.
BOOST_AUTO_TEST_CASE(shadow_profile_is_the_blurred_chord_profile) {
    for (const double radius : {2.5, 8.5})
        for (const double k : {0.1, 3.0}) {
            constexpr double blur = 0.9;
            const ShadowProfile profile(radius, blur, k);
            for (const double rho : {0.0, 0.5 * radius, radius, radius + 1.0}) {
                double sum = 0.0;
                constexpr double h = 0.02;
                for (double y = -radius; y < radius; y += h)
                    for (double x = -radius; x < radius; x += h) {
                        const double d2 = ((x + h / 2) * (x + h / 2) + (y + h / 2) * (y + h / 2)) /
                                          (radius * radius);
                        if (d2 >= 1.0) continue;
                        const double u = (x + h / 2 - rho) / blur;
                        const double v = (y + h / 2) / blur;
                        sum += (1.0 - std::exp(-k * std::sqrt(1.0 - d2))) *
                               std::exp(-0.5 * (u * u + v * v));
                    }
                sum *= h * h / (2.0 * std::numbers::pi * blur * blur);
                // Interpolation to 1e-4 of the contrast, the grid's own error as much.
                BOOST_TEST(std::abs(profile.at(rho).value - sum) < 3e-4 * (1.0 - std::exp(-k)));
            }
        }
}

BOOST_AUTO_TEST_CASE(shadow_profile_derivatives_are_differences) {
    constexpr double r = 4.0, b = 0.8, k = 1.2, h = 1e-3;
    for (const double rho : {0.3, 2.0, 3.9, 5.0}) {
        const auto value = [&](double dr, double db, double dk, double x) {
            return ShadowProfile(r * std::exp(dr), b * std::exp(db), k * std::exp(dk)).at(x).value;
        };
        const ShadowProfile::Sample s = ShadowProfile(r, b, k).at(rho);
        // Tables are interpolated: derivatives to 1e-2, as documented.
        BOOST_TEST(std::abs(s.d_rho -
                            (value(0, 0, 0, rho + h) - value(0, 0, 0, rho - h)) / (2 * h)) < 1e-2);
        constexpr double q = 0.02;
        BOOST_TEST(std::abs(s.d_log_radius -
                            (value(q, 0, 0, rho) - value(-q, 0, 0, rho)) / (2 * q)) < 1e-2);
        BOOST_TEST(std::abs(s.d_log_blur - (value(0, q, 0, rho) - value(0, -q, 0, rho)) / (2 * q)) <
                   1e-2);
        BOOST_TEST(std::abs(s.d_log_attenuation -
                            (value(0, 0, q, rho) - value(0, 0, -q, rho)) / (2 * q)) < 1e-2);
    }
}

// Vectors of every length and the machine's own, at the edge of a sharp ball, a soft one and one
// smaller than its blur, with the Bessel function's two approximations in one vector.
BOOST_AUTO_TEST_CASE(shadow_profile_is_the_same_with_every_instruction_set) {
    // Single precision, fused multiplication or not: 1 - t^2 cancels where a large sharp ball is
    // thickest. A fifth of what the table's interpolation may err by.
    constexpr double rounding = 2e-5;
    for (const double radius : {1.0, 8.5, 20.0})
        for (const double blur : {0.3, 0.7, 2.5}) {
            const ShadowProfile best(radius, blur, 2.0);
            test::with_every_instruction_set([&] {
                const ShadowProfile profile(radius, blur, 2.0);
                BOOST_TEST(profile.extent_px() == best.extent_px());
                for (double rho = 0.0; rho < best.extent_px(); rho += 0.07) {
                    BOOST_TEST(std::abs(profile.at(rho).value - best.at(rho).value) < rounding);
                    BOOST_TEST(std::abs(profile.at(rho).d_log_attenuation -
                                        best.at(rho).d_log_attenuation) < 2.0 * rounding);
                }
            });
        }
}
