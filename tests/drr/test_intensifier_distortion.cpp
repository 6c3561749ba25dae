#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/intensifier_distortion.hpp>

#include <Eigen/LU>

#include <cmath>
#include <vector>

using namespace drr;

namespace {

constexpr int width = 1024;
constexpr int height = 900;

std::vector<IntensifierDistortion> examples() {
    const Eigen::Vector2d center(500.0, 470.0);
    return {{center, 512.0, 0.0, 0.0},    {center, 512.0, 0.05, 0.0},
            {center, 512.0, 0.0, 0.08},   {center, 512.0, 0.12, -0.15},
            {center, 512.0, -0.05, 0.05}, {{0.0, 0.0}, 300.0, 0.3, 1.0}};
}

std::vector<Eigen::Vector2d> random_points(int count) {
    std::vector<Eigen::Vector2d> points{{500.0, 470.0}, {0.0, 0.0}};
    Rng rng({.seed = 1});
    while (static_cast<int>(points.size()) < count)
        points.emplace_back(rng.uniform(-0.5, width - 0.5), rng.uniform(-0.5, height - 0.5));
    return points;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(intensifier_distortion)

BOOST_AUTO_TEST_CASE(the_field_radius_grows_and_turns_as_asked) {
    const IntensifierDistortion d{{100.0, 50.0}, 40.0, 0.1, std::acos(-1.0) / 2.0};
    // From +u by a quarter turn to +v, 10 % farther out.
    const Eigen::Vector2d rim = d.distort({140.0, 50.0});
    BOOST_TEST((rim - Eigen::Vector2d(100.0, 94.0)).norm() < 1e-12);
    BOOST_TEST((d.distort({100.0, 50.0}) - Eigen::Vector2d(100.0, 50.0)).norm() == 0.0);
    // Half way out the distortion is an eighth as large.
    BOOST_TEST(std::abs((d.distort({120.0, 50.0}) - d.center_px).norm() - 20.5) < 1e-12);
}

BOOST_AUTO_TEST_CASE(undistort_is_the_inverse_to_a_billionth_of_a_pixel) {
    for (const auto& d : examples()) {
        d.validate(width, height);
        for (const auto& p : random_points(2000)) {
            const auto undistorted = d.undistort(p);
            BOOST_REQUIRE(undistorted.has_value());
            BOOST_TEST((d.distort(*undistorted) - p).norm() < 1e-9);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_area_ratio_is_the_jacobian) {
    constexpr double step = 1e-3;
    // Places are rounded to some 1e-13 px, which the difference of two divides by the step, and the
    // determinant adds up four of those.
    constexpr double tolerance = 1e-8;
    for (const auto& d : examples())
        for (const auto& p : random_points(50)) {
            Eigen::Matrix2d jacobian;
            for (int axis = 0; axis < 2; ++axis) {
                const Eigen::Vector2d h = step * Eigen::Vector2d::Unit(axis);
                jacobian.col(axis) = (d.distort(p + h) - d.distort(p - h)) / (2.0 * step);
            }
            BOOST_TEST(std::abs(jacobian.determinant() / d.area_ratio(p) - 1.0) < tolerance);
        }
}

BOOST_AUTO_TEST_CASE(a_fold_is_none_and_wrong_numbers_are_refused) {
    const IntensifierDistortion barrel{{512.0, 450.0}, 512.0, -0.5, 0.0};
    BOOST_TEST(!barrel.undistort({5000.0, 0.0}).has_value());
    BOOST_CHECK_THROW(barrel.validate(width, height), Error);
    IntensifierDistortion{{512.0, 450.0}, 512.0, -0.05, 0.0}.validate(width, height);
    const double nan = std::nan("");
    for (const IntensifierDistortion& wrong : {IntensifierDistortion{{nan, 0.0}, 512.0, 0.1, 0.0},
                                               IntensifierDistortion{{0.0, 0.0}, 0.0, 0.1, 0.0},
                                               IntensifierDistortion{{0.0, 0.0}, 512.0, 1.1, 0.0},
                                               IntensifierDistortion{{0.0, 0.0}, 512.0, nan, 0.0},
                                               IntensifierDistortion{{0.0, 0.0}, 512.0, 0.1, nan}})
        BOOST_CHECK_THROW(wrong.validate(width, height), Error);
}

BOOST_AUTO_TEST_SUITE_END()
