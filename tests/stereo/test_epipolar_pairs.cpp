#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <stereo/recon/assignment.hpp>
#include <stereo/recon/epipolar.hpp>
#include <stereo/recon/epipolar_pairs.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

using namespace stereo;

namespace {

std::array<drr::CalibratedView, 2> views() {
    drr::StereoRigSpec spec;
    spec.stereo_angle_rad = 1.0;
    const drr::StereoViews rig = drr::make_stereo_rig(spec);
    return {rig[0].calibrated(), rig[1].calibrated()};
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_assignment_is_the_best_of_all_permutations) {
    for (std::uint32_t trial = 0; trial < 20; ++trial) {
        drr::Rng rng({.seed = 4, .trial = trial});
        Eigen::MatrixXd cost(6, 6);
        for (double& value : cost.reshaped())
            value = rng.uniform(-1.0, 1.0);
        std::vector<std::size_t> order(6);
        std::iota(order.begin(), order.end(), 0);
        double least = 1e9;
        do {
            least = std::min(least, assignment_cost(cost, order));
        } while (std::next_permutation(order.begin(), order.end()));
        BOOST_TEST(std::abs(assignment_cost(cost, least_assignment(cost)) - least) < 1e-12);
    }
    BOOST_CHECK_THROW((void)least_assignment(Eigen::MatrixXd(2, 3)), drr::Error);
}

// For equal isotropic noise the epipolar distance in sigmas is the Sampson distance over the
// noise; for any noise its variance is 1.
BOOST_AUTO_TEST_CASE(epipolar_sigmas_have_unit_variance) {
    const auto both = views();
    const Eigen::Matrix3d f = fundamental_from_views(both[0], both[1]);
    const MeasuredPixel a{{500.0, 420.0}, 0.09 * Eigen::Matrix2d::Identity()};
    const MeasuredPixel b{{520.0, 431.0}, 0.09 * Eigen::Matrix2d::Identity()};
    BOOST_TEST(std::abs(epipolar_sigma(f, a, b) * 0.3 - sampson_distance_px(f, a.pixel, b.pixel)) <
               1e-9);

    Eigen::Matrix2d oblong;
    oblong << 0.04, 0.03, 0.03, 0.09;
    const Eigen::Matrix2d root = oblong.llt().matrixL();
    const Eigen::Vector3d point(10.0, -20.0, 15.0);
    drr::Rng rng({.seed = 5});
    constexpr int n = 4000;
    double sum = 0.0;
    for (int i = 0; i < n; ++i) {
        const MeasuredPixel seen_a{
            both[0].project(point) + root * Eigen::Vector2d(rng.normal(), rng.normal()), oblong};
        const MeasuredPixel seen_b{
            both[1].project(point) + 0.1 * Eigen::Vector2d(rng.normal(), rng.normal()),
            0.01 * Eigen::Matrix2d::Identity()};
        sum += std::pow(epipolar_sigma(f, seen_a, seen_b), 2) / n;
    }
    // Four standard errors of a variance estimated from n samples.
    BOOST_TEST(std::abs(sum - 1.0) < 4.0 * std::sqrt(2.0 / n));
}

BOOST_AUTO_TEST_CASE(all_allowed_pairs_are_listed) {
    const auto both = views();
    // Two points in one epipolar plane: moved along the ray of view 1.
    const Eigen::Vector3d near(5.0, 0.0, 10.0);
    const Eigen::Vector3d far = near + 30.0 * both[0].ray_in_world(both[0].project(near));
    const Eigen::Vector3d other(5.0, 0.0, -40.0);
    std::array<std::vector<MeasuredPixel>, 2> seen;
    for (const Eigen::Vector3d& point : {near, other})
        seen[0].push_back({both[0].project(point), 0.01 * Eigen::Matrix2d::Identity()});
    for (const Eigen::Vector3d& point : {far, other, near})
        seen[1].push_back({both[1].project(point), 0.01 * Eigen::Matrix2d::Identity()});
    const auto pairs = epipolar_pairs(both[0], both[1], seen[0], seen[1]);
    BOOST_REQUIRE(pairs.size() == 3U);
    BOOST_TEST((pairs[0].a == 0 && pairs[0].b == 0));
    BOOST_TEST((pairs[1].a == 0 && pairs[1].b == 2));
    BOOST_TEST((pairs[2].a == 1 && pairs[2].b == 1));
    BOOST_TEST((pairs[0].point.point_in_world_mm - far).norm() < 1e-6);
    BOOST_TEST((pairs[1].point.point_in_world_mm - near).norm() < 1e-6);
    BOOST_CHECK_THROW((void)epipolar_pairs(both[0], both[1], seen[0], seen[1], {.max_sigma = -1.0}),
                      drr::Error);
}
