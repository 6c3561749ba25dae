#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/polynomial_map.hpp>

#include <vector>

using namespace drr;

namespace {

struct Samples {
    std::vector<Eigen::Vector2d> points;
    std::vector<Eigen::Vector2d> values;
};
Samples samples(double noise) {
    Samples result;
    Rng rng({.seed = 2, .purpose = RngPurpose::test});
    for (int i = 0; i < 200; ++i) {
        const Eigen::Vector2d p(rng.uniform(0.0, 1000.0), rng.uniform(0.0, 800.0));
        const double x = p.x() / 500.0 - 1.0;
        const double y = p.y() / 500.0 - 1.0;
        result.points.push_back(p);
        result.values.emplace_back(3.0 + 40.0 * x + 2.0 * x * y * y + noise * rng.normal(),
                                   -1.0 + 35.0 * y - x * x * x + noise * rng.normal());
    }
    return result;
}

const Eigen::Vector2d center(500.0, 400.0);

}  // namespace

BOOST_AUTO_TEST_CASE(a_polynomial_of_its_order_is_recovered) {
    const Samples s = samples(0.0);
    for (const int order : {3, 5, 8}) {
        const PolynomialMap map = fit_polynomial_map(s.points, s.values, order, center, 500.0).map;
        for (std::size_t i = 0; i < s.points.size(); ++i)
            BOOST_TEST((map.at(s.points[i]) - s.values[i]).norm() < 1e-9);  // rounding
    }
}

BOOST_AUTO_TEST_CASE(the_jacobian_is_the_derivative) {
    const Samples s = samples(1.0);
    const PolynomialMap map = fit_polynomial_map(s.points, s.values, 6, center, 500.0).map;
    constexpr double h = 1e-3;
    const Eigen::Vector2d p(321.0, 543.0);
    for (int k = 0; k < 2; ++k) {
        const Eigen::Vector2d step = h * Eigen::Vector2d::Unit(k);
        const Eigen::Vector2d slope = (map.at(p + step) - map.at(p - step)) / (2.0 * h);
        BOOST_TEST((slope - map.jacobian(p).col(k)).norm() < 1e-9);
    }
}

// The value without a point: residual over one less leverage.
BOOST_AUTO_TEST_CASE(leverages_give_leave_one_out_residuals) {
    Samples s = samples(1.0);
    const PolynomialMapFit fit = fit_polynomial_map(s.points, s.values, 4, center, 500.0);
    BOOST_TEST(std::abs(fit.leverages.sum() - PolynomialMap::products(4)) < 1e-9);
    const Eigen::Vector2d point = s.points.back();
    const Eigen::Vector2d value = s.values.back();
    s.points.pop_back();
    s.values.pop_back();
    const PolynomialMap without = fit_polynomial_map(s.points, s.values, 4, center, 500.0).map;
    BOOST_TEST((value - without.at(point) -
                (value - fit.map.at(point)) / (1.0 - fit.leverages[fit.leverages.size() - 1]))
                   .norm() < 1e-9);
    // A weight of 0 is as good.
    s.points.push_back(point);
    s.values.push_back(value);
    std::vector<double> weights(s.points.size(), 1.0);
    weights.back() = 0.0;
    const PolynomialMap weighted =
        fit_polynomial_map(s.points, s.values, 4, center, 500.0, weights).map;
    BOOST_TEST((weighted.at(point) - without.at(point)).norm() < 1e-9);
}

BOOST_AUTO_TEST_CASE(bad_fits_are_refused) {
    const Samples s = samples(0.0);
    const std::vector<Eigen::Vector2d> few(s.points.begin(), s.points.begin() + 5);
    BOOST_CHECK_THROW((void)fit_polynomial_map(few, few, 2, center, 500.0), Error);
    BOOST_CHECK_THROW((void)fit_polynomial_map(s.points, few, 1, center, 500.0), Error);
    BOOST_CHECK_THROW((void)fit_polynomial_map(s.points, s.values, 0, center, 500.0), Error);
    BOOST_CHECK_THROW((void)fit_polynomial_map(s.points, s.values, 13, center, 500.0), Error);
    BOOST_CHECK_THROW((void)fit_polynomial_map(s.points, s.values, 2, center, 0.0), Error);
}
