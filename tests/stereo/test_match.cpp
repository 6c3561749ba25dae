#include "test.hpp"

#include <drr/core/rng.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <stereo/recon/clusters.hpp>
#include <stereo/recon/match.hpp>

#include <algorithm>

using namespace stereo;

namespace {

std::vector<Eigen::Vector3d> random_points(drr::Rng& rng, std::size_t count, double half_mm) {
    std::vector<Eigen::Vector3d> points;
    for (std::size_t i = 0; i < count; ++i)
        points.emplace_back(rng.uniform(-half_mm, half_mm), rng.uniform(-half_mm, half_mm),
                            rng.uniform(-half_mm, half_mm));
    return points;
}

}  // namespace

// Shuffled noisy projections of random points, some of them in one view only: every match that is
// not called ambiguous is right.
BOOST_AUTO_TEST_CASE(matches_are_right_or_called_ambiguous) {
    drr::StereoRigSpec spec;
    spec.stereo_angle_rad = 1.3;
    const drr::StereoViews rig = drr::make_stereo_rig(spec);
    const drr::CalibratedView a = rig[0].calibrated();
    const drr::CalibratedView b = rig[1].calibrated();
    std::size_t certain = 0;
    std::size_t total = 0;
    for (std::uint32_t trial = 0; trial < 20; ++trial) {
        drr::Rng rng({.seed = 3, .trial = trial});
        const std::vector<Eigen::Vector3d> points = random_points(rng, 20, 60.0);
        // View b sees them in reverse order, without the last two; view a without the first.
        constexpr double noise = 0.05;
        std::vector<Eigen::Vector2d> in_a, in_b;
        for (std::size_t i = 1; i < points.size(); ++i)
            in_a.push_back(a.project(points[i]) +
                           noise * Eigen::Vector2d(rng.normal(), rng.normal()));
        for (std::size_t i = points.size() - 2; i-- > 0;)
            in_b.push_back(b.project(points[i]) +
                           noise * Eigen::Vector2d(rng.normal(), rng.normal()));
        const MatchResult result = match_across_views(a, b, in_a, in_b);
        for (const ViewMatch& match : result.matches) {
            ++total;
            if (match.ambiguous) continue;
            ++certain;
            const std::size_t truth = match.a + 1;
            BOOST_TEST(match.b == points.size() - 3 - truth, "trial " << trial);
            // 0.05 px is 0.01 mm at the object.
            BOOST_TEST((match.point.point_in_world_mm - points[truth]).norm() < 0.1);
        }
        BOOST_TEST(result.matches.size() + result.unmatched_a.size() == in_a.size());
        BOOST_TEST(result.matches.size() + result.unmatched_b.size() == in_b.size());
    }
    BOOST_TEST(2 * certain > total);
}

BOOST_AUTO_TEST_CASE(nothing_matches_nothing) {
    const drr::StereoViews rig = drr::make_stereo_rig(drr::StereoRigSpec{});
    const std::vector<Eigen::Vector2d> one = {{500.0, 500.0}};
    const MatchResult result =
        match_across_views(rig[0].calibrated(), rig[1].calibrated(), one, {});
    BOOST_TEST(result.matches.empty());
    BOOST_TEST(result.unmatched_a.size() == 1U);
}

// Two clusters, moved by different motions, shuffled, one bead missing: found again, and the noise
// of the distances is what was put in.
BOOST_AUTO_TEST_CASE(clusters_are_found_again_in_another_frame) {
    drr::Rng rng({.seed = 8});
    std::vector<Eigen::Vector3d> first = random_points(rng, 6, 5.0);
    std::vector<Eigen::Vector3d> other = random_points(rng, 5, 5.0);
    for (Eigen::Vector3d& p : other)
        p += Eigen::Vector3d(80.0, 0.0, 0.0);
    const drr::Rigid3 move_first(drr::rotation_from_vector({0.3, -0.2, 0.5}), {1.0, 2.0, 3.0});
    const drr::Rigid3 move_other(drr::rotation_from_vector({-0.4, 0.1, 0.2}), {9.0, -4.0, 0.0});
    std::vector<Eigen::Vector3d> frame1 = first;
    frame1.insert(frame1.end(), other.begin(), other.end());
    std::vector<Eigen::Vector3d> frame2;
    for (std::size_t i = 0; i < 4; ++i)
        frame2.push_back(move_other * other[i]);
    for (const Eigen::Vector3d& p : first)
        frame2.push_back(move_first * p);
    std::reverse(frame2.begin(), frame2.end());
    frame2.back().x() += 0.05;  // of `other`'s first bead
    const std::vector<std::vector<Eigen::Vector3d>> frames = {frame1, frame2};
    const std::vector<RigidCluster> clusters = clusters_over_frames(frames);
    BOOST_REQUIRE(clusters.size() == 2U);
    for (std::size_t i = 0; i < 6; ++i) {
        BOOST_TEST(clusters[0].beads[0][i] == i);
        BOOST_TEST(clusters[0].beads[1][i] == 5 - i);
    }
    BOOST_TEST(clusters[0].pairs == 15U);
    BOOST_TEST(clusters[0].change_max_mm < 1e-9);
    BOOST_TEST(!clusters[0].ambiguous);
    BOOST_TEST(clusters[1].beads[1][4] == no_bead);
    BOOST_TEST(clusters[1].pairs == 6U);
    // Moving one end by 0.05 mm changes a distance by at most that.
    BOOST_TEST(clusters[1].change_max_mm > 1e-3);
    BOOST_TEST(clusters[1].change_max_mm <= 0.05);
}
