#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/absolute_pose.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <stereo/recon/fundamental.hpp>
#include <stereo/recon/rigid_fit.hpp>
#include <stereo/recon/triangulate.hpp>

#include <numbers>

using namespace drr;
using namespace stereo;

namespace {

std::array<CalibratedView, 2> views_at(double angle_deg) {
    StereoRigSpec spec;
    spec.stereo_angle_rad = angle_deg * std::numbers::pi / 180.0;
    const auto rig = make_stereo_rig(spec);
    return {rig[0].calibrated(), rig[1].calibrated()};
}

Eigen::Vector3d random_point(Rng& rng, double size) {
    return {rng.uniform(-size, size), rng.uniform(-size, size), rng.uniform(-size, size)};
}

struct Matches {
    std::vector<Eigen::Vector3d> points;
    std::vector<Eigen::Vector2d> a;
    std::vector<Eigen::Vector2d> b;
};

Matches random_matches(const std::array<CalibratedView, 2>& views, int count, double noise_px,
                       std::uint64_t seed) {
    Rng rng({.seed = seed});
    Matches matches;
    for (int i = 0; i < count; ++i) {
        const Eigen::Vector3d p = random_point(rng, 60.0);
        const auto noise = [&]() -> Eigen::Vector2d {
            return Eigen::Vector2d(rng.normal(), rng.normal()) * noise_px;
        };
        matches.points.push_back(p);
        matches.a.push_back(views[0].project(p) + noise());
        matches.b.push_back(views[1].project(p) + noise());
    }
    return matches;
}

}  // namespace

BOOST_AUTO_TEST_CASE(triangulation_is_exact_without_noise) {
    for (const double angle : {2.0, 6.0, 30.0, 90.0}) {
        const auto views = views_at(angle);
        const Matches m = random_matches(views, 50, 0.0, 1);
        for (std::size_t i = 0; i < m.points.size(); ++i) {
            const std::array pixels{m.a[i], m.b[i]};
            const Triangulation t = triangulate(views, pixels);
            BOOST_TEST(t.ok);
            // rounding of 1e-13 in 1e3 px, over the small angle
            BOOST_TEST((t.point_in_world_mm - m.points[i]).norm() < 1e-8);
            BOOST_TEST(t.reprojection_rms_px < 1e-9);
            BOOST_TEST(t.ray_distance_rms_mm < 1e-9);
        }
    }
}

// The predicted covariance against the sampled one: 4 standard errors of a variance estimated
// from n samples are 4 sqrt(2/n).
BOOST_AUTO_TEST_CASE(triangulation_covariance_agrees_with_samples) {
    const auto views = views_at(30.0);
    const Eigen::Vector3d point(10.0, -20.0, 15.0);
    constexpr int n = 4000;
    constexpr std::array sd_px{0.03, 0.08};
    Rng rng({.seed = 2});
    Eigen::Matrix3d sampled = Eigen::Matrix3d::Zero();
    Triangulation t;
    for (int i = 0; i < n; ++i) {
        const auto noise = [&](double sd) -> Eigen::Vector2d {
            return Eigen::Vector2d(rng.normal(), rng.normal()) * sd;
        };
        const Eigen::Vector2d na = noise(sd_px[0]);
        const Eigen::Vector2d nb = noise(sd_px[1]);
        const std::array<Eigen::Vector2d, 2> pixels{views[0].project(point) + na,
                                                    views[1].project(point) + nb};
        t = triangulate(views, pixels, sd_px);
        const Eigen::Vector3d e = t.point_in_world_mm - point;
        sampled += e * e.transpose() / n;
    }
    const Eigen::Matrix3d& predicted = t.covariance_mm2;
    for (int axis = 0; axis < 3; ++axis)
        BOOST_TEST(std::abs(sampled(axis, axis) / predicted(axis, axis) - 1.0) <
                   4.0 * std::sqrt(2.0 / n));
}

BOOST_AUTO_TEST_CASE(parallel_rays_are_recognized) {
    const auto views = views_at(0.0);
    const std::array<Eigen::Vector2d, 2> pixels{Eigen::Vector2d(400, 400),
                                                Eigen::Vector2d(400, 400)};
    BOOST_TEST(!triangulate(views, pixels).ok);
    BOOST_CHECK_THROW((void)triangulate(std::span(views).first(1), std::span(pixels).first(1)),
                      Error);
}

BOOST_AUTO_TEST_CASE(fundamental_from_views_and_from_points_agree) {
    for (const double angle : {6.0, 30.0, 90.0}) {
        const auto views = views_at(angle);
        const Eigen::Matrix3d f = fundamental_from_views(views[0], views[1]);
        BOOST_TEST(std::abs(f.determinant()) < 1e-12);
        const Matches m = random_matches(views, 100, 0.0, 3);
        BOOST_TEST(epipolar_statistics(f, m.a, m.b).max_px < 1e-8);
        const FundamentalEstimate e = estimate_fundamental(m.a, m.b);
        BOOST_REQUIRE(e.ok);
        BOOST_TEST(e.inlier_count == m.a.size());
        // The same geometry: it holds for points that the estimate never saw.
        const Matches unseen = random_matches(views, 100, 0.0, 4);
        BOOST_TEST(epipolar_statistics(e.fundamental, unseen.a, unseen.b).max_px < 1e-4);
    }
}

BOOST_AUTO_TEST_CASE(ransac_sets_wrong_matches_aside_and_repeats) {
    const auto views = views_at(6.0);
    constexpr double noise_px = 0.05;
    Matches m = random_matches(views, 200, noise_px, 5);
    Rng rng({.seed = 6});
    std::vector<bool> wrong(m.a.size(), false);
    for (std::size_t i = 0; i < m.a.size(); i += 4) {
        m.b[i].y() += rng.uniform(5.0, 100.0);
        wrong[i] = true;
    }
    const FundamentalEstimate e = estimate_fundamental(m.a, m.b, {.seed = 9});
    BOOST_REQUIRE(e.ok);
    for (std::size_t i = 0; i < m.a.size(); ++i)
        BOOST_TEST(e.inliers[i] == !wrong[i]);
    // A distance carries the noise of both pixels, sqrt(2) of it; seven parameters were fitted; and
    // the RMS of n values has the relative standard error 1/sqrt(2n).
    const auto n = static_cast<double>(e.inlier_count);
    const double expected_px = std::sqrt(2.0 * (1.0 - 7.0 / n)) * noise_px;
    BOOST_TEST(std::abs(e.statistics.rms_px / expected_px - 1.0) < 4.0 / std::sqrt(2.0 * n));
    const FundamentalEstimate again = estimate_fundamental(m.a, m.b, {.seed = 9});
    BOOST_TEST((again.fundamental == e.fundamental));
}

BOOST_AUTO_TEST_CASE(too_few_or_degenerate_matches_give_no_matrix) {
    const auto views = views_at(30.0);
    const Matches few = random_matches(views, 7, 0.0, 7);
    BOOST_TEST(!estimate_fundamental(few.a, few.b).ok);
    const std::vector<Eigen::Vector2d> same(20, Eigen::Vector2d(5.0, 5.0));
    BOOST_TEST(!estimate_fundamental(same, same).ok);
}

BOOST_AUTO_TEST_CASE(distances_of_a_known_line) {
    // Pure horizontal shift: epipolar lines are rows.
    Eigen::Matrix3d f;
    f << 0, 0, 0, 0, 0, -1, 0, 1, 0;
    const Eigen::Vector2d a(10.0, 20.0);
    const Eigen::Vector2d b(50.0, 23.0);
    BOOST_TEST(point_to_line_px(f, a, b) == 3.0);
    BOOST_TEST(symmetric_distance_px(f, a, b) == 3.0);
    BOOST_TEST(std::abs(std::abs(sampson_distance_px(f, a, b)) - 3.0 / std::sqrt(2.0)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(rigid_fit_recovers_motion_and_scale) {
    Rng rng({.seed = 8});
    const Rigid3 motion(rotation_from_vector({0.5, -1.2, 2.0}), {10.0, -5.0, 100.0});
    std::vector<Eigen::Vector3d> from;
    std::vector<Eigen::Vector3d> to;
    for (int i = 0; i < 20; ++i) {
        from.push_back(random_point(rng, 50.0));
        to.push_back(1.01 * (motion.rotation * from.back()) + motion.translation_mm);
    }
    const RigidFit similarity = fit_rigid(from, to, {.with_scale = true});
    BOOST_TEST(similarity.ok);
    BOOST_TEST(std::abs(similarity.scale - 1.01) < 1e-12);
    BOOST_TEST(similarity.rms_mm < 1e-10);
    BOOST_TEST(angle_between_rad(similarity.to_from_from.rotation, motion.rotation) < 1e-7);
    const RigidFit rigid = fit_rigid(from, to);
    BOOST_TEST(rigid.rms_mm > 0.1);  // the scale cannot be hidden in a rigid motion
    std::vector<Eigen::Vector3d> line;
    for (int i = 0; i < 5; ++i)
        line.push_back(Eigen::Vector3d(i, 2.0 * i, 0.0));
    BOOST_TEST(!fit_rigid(line, line).ok);
    BOOST_TEST(!fit_rigid(std::span(from).first(2), std::span(to).first(2)).ok);
}

BOOST_AUTO_TEST_CASE(pose_is_recovered_from_a_coarse_start) {
    Rng rng({.seed = 10});
    const Pinhole pinhole{4800.0, 4800.0, 511.5, 511.5};
    for (int trial = 0; trial < 20; ++trial) {
        const Rigid3 truth(rotation_from_vector(random_point(rng, 1.5)),
                           Eigen::Vector3d(5.0, -8.0, 900.0));
        std::vector<Eigen::Vector3d> points;
        std::vector<Eigen::Vector2d> pixels;
        for (int i = 0; i < 10; ++i) {
            points.push_back(random_point(rng, 60.0));
            pixels.push_back(pinhole.project(truth * points.back()));
        }
        const Rigid3 start(rotation_from_vector(random_point(rng, 0.1)) * truth.rotation,
                           truth.translation_mm + random_point(rng, 30.0));
        const PoseFit fit = fit_pose(points, pixels, pinhole, start);
        BOOST_TEST(fit.converged);
        BOOST_TEST(fit.rms_px < 1e-6);
        BOOST_TEST(angle_between_rad(fit.view_from_object.rotation, truth.rotation) < 1e-7);
    }
}
