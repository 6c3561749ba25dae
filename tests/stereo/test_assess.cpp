// Two calibrations compared, a series of them, held-out poses: what is claimed against what happens
// over seeds.
#include "calibration_case.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <stereo/assess/comparison.hpp>
#include <stereo/assess/cross_validation.hpp>
#include <stereo/assess/drift.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>

using namespace drr;
using namespace stereo;

namespace {

constexpr double noise_px = 0.05;

Rng noise_of(std::uint32_t trial, std::uint64_t seed = 31) {
    return Rng({.seed = seed, .trial = trial, .purpose = RngPurpose::localization_noise});
}

// Eight beads keep it quick, and their poses are new in every trial: two examinations on two days.
test::CalibrationCase small_case(std::uint64_t seed, int poses = 6) {
    return test::calibration_case({.angle_deg = 30.0,
                                   .poses = poses,
                                   .seed = seed,
                                   .markers_mm = {{-50, -50, -50},
                                                  {50, -50, -40},
                                                  {-50, 50, -45},
                                                  {50, 50, -50},
                                                  {-45, -50, 50},
                                                  {50, -45, 50},
                                                  {-50, 50, 45},
                                                  {45, 50, 50},
                                                  {0, 10, 0},
                                                  {-20, -10, 30},
                                                  {25, 5, -20}}});
}

// The rig of a case, moved before the images are taken.
using Change = std::function<void(std::vector<CalibratedView>&)>;

Calibration calibration_of(std::uint32_t trial, const Change& change = {}, int poses = 6) {
    auto c = small_case(1000 + trial, poses);
    if (change) {
        std::vector<CalibratedView> views;
        for (const auto& view : c.rig)
            views.push_back(view.calibrated());
        change(views);
        for (auto& item : c.observations.items)
            item.pixel = views[static_cast<std::size_t>(item.view)].project(
                c.rig_from_phantom[static_cast<std::size_t>(item.pose)] *
                c.observations.markers_in_phantom_mm[static_cast<std::size_t>(item.marker)]);
    }
    Rng rng = noise_of(trial);
    c.add_noise(noise_px, rng);
    const Calibration result = calibrate(Procedure::bundle, c.observations);
    BOOST_REQUIRE(result.ok);
    return result;
}

// The source of view 0 moves along the detector's columns, the detector stays: principal point and
// source both shift.
Change source_moved(double mm) {
    return [mm](std::vector<CalibratedView>& views) {
        views[0].view_from_world.translation_mm.x() -= mm;
        views[0].pinhole.cx_px += mm * 4.0;  // pixels of 0.25 mm
    };
}

// Kolmogorov's distance of p-values from uniform: above 1.95 / sqrt(n) once in 1000.
double distance_from_uniform(std::vector<double> p) {
    std::sort(p.begin(), p.end());
    double worst = 0.0;
    const auto n = static_cast<double>(p.size());
    for (std::size_t i = 0; i < p.size(); ++i)
        worst = std::max({worst, std::abs(p[i] - static_cast<double>(i) / n),
                          std::abs(p[i] - static_cast<double>(i + 1) / n)});
    return worst;
}
double uniform_limit(std::size_t n) {
    return 1.95 / std::sqrt(static_cast<double>(n));
}

// A chi-square of `freedom` is its expectation within so many standard deviations.
double deviations(double sum, double freedom) {
    return (sum - freedom) / std::sqrt(2.0 * freedom);
}

}  // namespace

BOOST_AUTO_TEST_CASE(calibrations_of_one_truth_differ_by_chance_only) {
    constexpr std::uint32_t trials = 100;
    std::vector<double> p;
    std::array<std::vector<double>, 2> p_of_points;  // middle, corner
    double squares = 0.0;
    double expected = 0.0;
    for (std::uint32_t trial = 0; trial < trials; ++trial) {
        const Calibration first = calibration_of(2 * trial);
        const Calibration second = calibration_of(2 * trial + 1);
        WorkingVolume volume = working_volume(first);
        volume.steps = 3;
        const CalibrationComparison c = compare_calibrations(first, second, volume);
        BOOST_TEST(c.significance.degrees_of_freedom == 12);
        p.push_back(c.significance.p_value);
        p_of_points[0].push_back(c.points[13].significance.p_value);
        p_of_points[1].push_back(c.points[0].significance.p_value);
        squares += c.rms_mm * c.rms_mm;
        expected += c.expected_rms_mm * c.expected_rms_mm;
    }
    BOOST_TEST(distance_from_uniform(p) < uniform_limit(trials));
    for (const auto& of_point : p_of_points)
        BOOST_TEST(distance_from_uniform(of_point) < uniform_limit(trials));
    // The map's mean square is a sum of correlated terms, about 6 independent ones a trial: 4 of
    // its standard deviations sqrt(2 / 600).
    BOOST_TEST(std::abs(squares / expected - 1.0) < 4.0 * std::sqrt(2.0 / (6.0 * trials)));
}

BOOST_AUTO_TEST_CASE(the_same_calibration_in_another_world_is_the_same) {
    const Calibration first = calibration_of(1);
    Calibration second = first;
    const Rigid3 other(rotation_from_vector({0.4, -1.0, 0.2}), Eigen::Vector3d(30, 200, -15));
    for (auto& view : second.views)
        view.view_from_world = view.view_from_world * other;
    const CalibrationComparison c = compare_calibrations(first, second, working_volume(first));
    // Rounding of coordinates of a thousand millimetres through a triangulation.
    BOOST_TEST(c.max_mm < 1e-6);
    BOOST_TEST(c.significance.p_value > 0.999);
    BOOST_TEST(angle_between_rad(c.first_from_second.rotation, other.rotation) < 1e-9);
    BOOST_TEST((c.first_from_second.translation_mm - other.translation_mm).norm() < 1e-6);
}

BOOST_AUTO_TEST_CASE(a_source_that_moved_by_3_mm_is_found) {
    const Calibration first = calibration_of(1);
    const Calibration second = calibration_of(2, source_moved(3.0));
    const CalibrationComparison c = compare_calibrations(first, second, working_volume(first));
    BOOST_TEST(c.significance.p_value < 1e-6);
    const auto at = std::find(c.names.begin(), c.names.end(), "view0.principal_u_px");
    BOOST_REQUIRE((at != c.names.end()));
    const auto index = at - c.names.begin();
    BOOST_TEST(std::abs(c.difference[index] - 12.0) < 4.0 * c.sd[index]);
    BOOST_TEST(c.rms_mm > 3.0 * c.expected_rms_mm);
    BOOST_TEST_MESSAGE(c.summary);
}

BOOST_AUTO_TEST_CASE(a_map_takes_any_point_before_the_views) {
    const Calibration first = calibration_of(1);
    const Calibration second = calibration_of(2);
    const CalibrationComparison c = compare_calibrations(first, second, working_volume(first));
    const auto again = difference_at(c, first, second, c.points[7].point_mm);
    BOOST_REQUIRE(again);
    BOOST_TEST((again->difference_mm - c.points[7].difference_mm).norm() < 1e-12);
    BOOST_TEST(again->covariance_mm2.isApprox(c.points[7].covariance_mm2, 1e-12));
    const Eigen::Vector3d source = first.views[0].source_in_world_mm();
    BOOST_TEST(!difference_at(c, first, second, 1.1 * source).has_value());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_compared_is_refused) {
    const Calibration first = calibration_of(1);
    Calibration bare = first;
    bare.covariance.resize(0, 0);
    BOOST_CHECK_THROW((void)compare_calibrations(first, bare, working_volume(first)), Error);
    Calibration alone = first;
    alone.views.pop_back();
    BOOST_CHECK_THROW((void)compare_calibrations(first, alone, working_volume(first)), Error);
}

BOOST_AUTO_TEST_CASE(without_drift_every_p_value_is_uniform) {
    constexpr std::uint32_t series = 40;
    constexpr std::uint32_t members = 5;
    std::vector<double> stable;
    std::vector<double> trend;
    std::vector<double> third;
    std::vector<double> slope;
    for (std::uint32_t s = 0; s < series; ++s) {
        std::vector<Calibration> calibrations;
        for (std::uint32_t m = 0; m < members; ++m)
            calibrations.push_back(calibration_of(members * s + m));
        const Drift drift = calibration_drift(calibrations);
        BOOST_TEST(drift.stable.degrees_of_freedom == 12 * 4);
        stable.push_back(drift.stable.p_value);
        trend.push_back(drift.trend.p_value);
        third.push_back(drift.items[2].significance.p_value);
        slope.push_back(drift.trends[0].p_value);
    }
    for (const auto& p : {stable, trend, third, slope})
        BOOST_TEST(distance_from_uniform(p) < uniform_limit(series));
}

BOOST_AUTO_TEST_CASE(a_drift_shows_in_its_trend_and_a_jump_in_its_member) {
    std::vector<Calibration> calibrations;
    for (std::uint32_t m = 0; m < 6; ++m)
        calibrations.push_back(calibration_of(m, source_moved(0.6 * m)));
    const std::array days{0.0, 7.0, 14.0, 21.0, 28.0, 35.0};
    const Drift drift = calibration_drift(calibrations, days);
    BOOST_TEST(drift.trend.p_value < 1e-6);
    const auto& u = drift.trends[1];
    BOOST_TEST(u.name == "view0.principal_u_px");
    BOOST_TEST(std::abs(u.slope - 0.6 * 4.0 / 7.0) < 4.0 * u.sd);
    BOOST_TEST(u.p_value < 0.01);

    calibrations.clear();
    for (std::uint32_t m = 0; m < 6; ++m)
        calibrations.push_back(calibration_of(m, source_moved(m == 3 ? 3.0 : 0.0)));
    const Drift jump = calibration_drift(calibrations);
    BOOST_TEST(jump.items[3].significance.p_value < 1e-6);
    BOOST_TEST(jump.stable.p_value < 1e-6);
    for (const std::size_t other : {0U, 1U, 2U, 4U, 5U})
        BOOST_TEST(jump.items[other].significance.p_value > jump.items[3].significance.p_value);
}

BOOST_AUTO_TEST_CASE(beads_that_stand_still_tell_drift) {
    // One pose, seen on 8 occasions.
    const auto still = small_case(1, 1);
    const auto series = [&](std::uint32_t trial, double shift_px_per_occasion) {
        Observations o = still.observations;
        o.items.clear();
        o.pose_count = 8;
        Rng rng = noise_of(trial, 77);
        for (int occasion = 0; occasion < o.pose_count; ++occasion)
            for (auto item : still.observations.items) {
                item.pose = occasion;
                item.sd_px = item.marker % 2 == 0 ? noise_px : 2.0 * noise_px;
                item.pixel += item.sd_px * Eigen::Vector2d(rng.normal(), rng.normal());
                if (item.view == 1) item.pixel.y() += shift_px_per_occasion * occasion;
                // A bead that is hidden now and then takes no part in the shifts.
                if (item.marker == 3 && occasion % 3 == 0) continue;
                o.items.push_back(item);
            }
        return bead_drift(o);
    };
    constexpr std::uint32_t trials = 200;
    std::vector<double> stable;
    std::vector<double> trend;
    std::vector<double> fifth;
    for (std::uint32_t trial = 0; trial < trials; ++trial) {
        const Drift drift = series(trial, 0.0);
        stable.push_back(drift.stable.p_value);
        trend.push_back(drift.trend.p_value);
        fifth.push_back(drift.items[4].significance.p_value);
    }
    for (const auto& p : {stable, trend, fifth})
        BOOST_TEST(distance_from_uniform(p) < uniform_limit(trials));

    // 6 standard deviations of the slope.
    const double sd = series(0, 0.0).trends[3].sd;
    const Drift drift = series(0, 6.0 * sd);
    BOOST_TEST(drift.trends[3].name == "view1.shift_v_px");
    BOOST_TEST(drift.trends[3].p_value < 1e-3);
    BOOST_TEST(drift.trend.p_value < 1e-2);
    BOOST_TEST(std::abs(drift.trends[3].slope - 6.0 * sd) < 4.0 * sd);
    BOOST_TEST(std::abs(drift.trends[0].slope) < 4.0 * drift.trends[0].sd);
}

BOOST_AUTO_TEST_CASE(a_series_of_one_or_at_one_time_is_refused) {
    const Calibration one = calibration_of(1);
    BOOST_CHECK_THROW((void)calibration_drift(std::array{one}), Error);
    BOOST_CHECK_THROW((void)calibration_drift(std::array{one, one}, std::array{3.0, 3.0}), Error);
    BOOST_CHECK_THROW((void)calibration_drift(std::array{one, one}, std::array{3.0}), Error);
}

BOOST_AUTO_TEST_CASE(held_out_poses_scatter_as_the_error_bars_predict) {
    constexpr std::uint32_t trials = 100;
    constexpr int poses = 6;
    double chi_square = 0.0;
    double expected = 0.0;
    double fitted = 0.0;
    double freedom = 0.0;
    for (std::uint32_t trial = 0; trial < trials; ++trial) {
        auto c = small_case(500 + trial, poses);
        for (auto& item : c.observations.items)
            item.sd_px = noise_px;
        Rng rng = noise_of(trial, 5);
        c.add_noise(noise_px, rng);
        CalibrationOptions options;
        options.noise = NoiseScale::declared;
        const CrossValidation v = cross_validate(Procedure::bundle, c.observations, options, poses);
        BOOST_REQUIRE(v.ok);
        BOOST_TEST(v.poses.size() == std::size_t(poses));
        for (const auto& pose : v.poses) {
            chi_square += pose.chi_square;
            expected += pose.expected_chi_square;
            freedom += pose.degrees_of_freedom;
        }
        fitted += v.fitted_rms_px * v.fitted_rms_px / trials;
    }
    // Folds of one trial share their noise: the sum scatters a little more than one chi-square.
    constexpr double folds_hang_together = 1.5;
    BOOST_TEST(std::abs(deviations(chi_square * freedom / expected, freedom)) <
               4.0 * folds_hang_together);
    // In closed form: a fold's calibration has 12 numbers of the rig beside six of each pose. They
    // take 12 from the 2 n - 6 degrees of freedom of all poses that are fitted (P - 1 of them), and
    // being wrong by what P - 1 poses leave, they add about 12 / (P - 1) to a pose held out, more
    // where that pose reaches farther than the others (tr(H_p N^-1) is convex in the poses).
    const double n = 22.0;
    const double in_fit = 2.0 * n - 6.0 - 12.0 / (poses - 1);
    const double held_out = 2.0 * n - 6.0 + 12.0 / (poses - 1);
    BOOST_TEST(std::abs(fitted / (noise_px * noise_px) / (in_fit / n) - 1.0) <
               4.0 * std::sqrt(2.0 / (in_fit * poses * trials)) * folds_hang_together);
    const double mean = chi_square / (poses * trials);
    BOOST_TEST(mean > held_out - 4.0 * std::sqrt(2.0 * held_out / (poses * trials)));
    BOOST_TEST(mean <
               held_out + 12.0 / (poses - 1) + 4.0 * std::sqrt(2.0 * held_out / (poses * trials)));
    BOOST_TEST_MESSAGE("held out " << mean << ", expected " << expected / (poses * trials)
                                   << ", in closed form " << held_out);
}

BOOST_AUTO_TEST_CASE(held_out_poses_show_what_the_model_misses_and_what_space_is_worth) {
    auto c = test::calibration_case({.angle_deg = 30.0, .poses = 8});
    Rng rng = noise_of(1);
    c.add_noise(noise_px, rng);
    const CrossValidation honest = cross_validate(Procedure::bundle, c.observations, {}, 4);
    BOOST_REQUIRE(honest.ok);
    // 8 poses of 250 degrees of freedom: 4 of sqrt(1 / 4000) is 0.06
    BOOST_TEST(std::abs(honest.ratio - 1.0) < 0.07);
    // Depth of a point: pixel noise of 0.05 px at 30 degrees, 900 mm and 4800 px is 0.025 mm along
    // the beam and a quarter of it across.
    BOOST_TEST(honest.rigid_rms_mm > 0.01);
    BOOST_TEST(honest.rigid_rms_mm < 0.05);
    for (const auto& pose : honest.poses)
        BOOST_TEST(std::abs(pose.scale - 1.0) < 5.0 * pose.scale_sd);

    // A source that moves from pose to pose: every pose by itself fits well enough, no other does.
    // On average: of eight moves drawn in one way in fifteen, the ratio is below 1.
    constexpr int draws = 16;
    double ratio = 0.0;
    double rms_px = 0.0;
    Rng moves = noise_of(2);
    for (int draw = 0; draw < draws; ++draw) {
        Observations observations = c.observations;
        for (int pose = 0; pose < 8; ++pose) {
            const double shift = moves.normal();
            for (auto& item : observations.items)
                if (item.pose == pose && item.view == 1) item.pixel.y() += shift;
        }
        const CrossValidation moving = cross_validate(Procedure::bundle, observations, {}, 4);
        BOOST_REQUIRE(moving.ok);
        ratio += moving.ratio / draws;
        rms_px += moving.rms_px / draws;
    }
    BOOST_TEST(ratio > 1.0);
    BOOST_TEST(rms_px > 3.0 * honest.rms_px);
}

BOOST_AUTO_TEST_CASE(every_procedure_can_be_cross_validated) {
    auto c = test::calibration_case({.angle_deg = 30.0, .poses = 4});
    Rng rng = noise_of(3);
    c.add_noise(noise_px, rng);
    for (const auto procedure : {Procedure::dlt, Procedure::opencv, Procedure::resection,
                                 Procedure::bundle, Procedure::bundle_phantom}) {
        const CrossValidation v = cross_validate(procedure, c.observations, {}, 2);
        BOOST_TEST(v.ok, name_of(procedure));
        BOOST_TEST(v.poses.size() == 4U);
        BOOST_TEST(v.rms_px < 4.0 * noise_px);
    }
    BOOST_CHECK_THROW((void)cross_validate(Procedure::bundle, c.observations, {}, 1), Error);
    BOOST_CHECK_THROW((void)cross_validate(Procedure::bundle, c.observations, {}, 5), Error);
}
