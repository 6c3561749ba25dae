#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/geometry/ball_projection.hpp>

#include <cmath>

using namespace drr;

// Closed form: in the plane of the axis and the ball's centre the outline spans the angles t - a to
// t + a.
BOOST_AUTO_TEST_CASE(outline_is_that_of_the_tangent_cone) {
    const Pinhole pinhole{4800.0, 4800.0, 500.0, 400.0};
    for (const double t : {0.0, 0.1, 0.3, 0.7}) {
        const double distance = 1000.0, radius = 2.5;
        const double a = std::asin(radius / distance);
        const BallProjection ball =
            project_ball(pinhole, {distance * std::sin(t), 0.0, distance * std::cos(t)}, radius);
        const double low = 4800.0 * std::tan(t - a), high = 4800.0 * std::tan(t + a);
        // Rounding of numbers of 5000 px and their squares.
        BOOST_TEST(std::abs(ball.outline_px.x() - 500.0 - 0.5 * (low + high)) < 1e-8);
        BOOST_TEST(std::abs(ball.outline_px.y() - 400.0) < 1e-8);
        BOOST_TEST(std::abs(ball.major_px - 0.5 * (high - low)) < 1e-4);
        BOOST_TEST(std::abs(ball.center_px.x() - 500.0 - 4800.0 * std::tan(t)) < 1e-9);
        const double bias = (ball.outline_px - ball.center_px).norm();
        const Eigen::Vector2d corrected =
            ball_center_px(pinhole, ball.outline_px, std::sqrt(ball.major_px * ball.minor_px));
        // To first order in sin^2 a, 6e-6.
        BOOST_TEST((corrected - ball.center_px).norm() <= 1e-3 * bias + 1e-8);
    }
}

BOOST_AUTO_TEST_CASE(a_ball_behind_the_source_is_refused) {
    BOOST_CHECK_THROW((void)project_ball({1000.0, 1000.0, 0.0, 0.0}, {0.0, 0.0, 1.0}, 2.0), Error);
}
