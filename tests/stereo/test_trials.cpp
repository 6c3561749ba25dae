#include "small_study.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <stereo/study/held_out.hpp>
#include <stereo/trials/observe_points.hpp>
#include <stereo/trials/runner.hpp>
#include <stereo/trials/study_summary.hpp>
#include <stereo/trials/study_trials.hpp>

#include <nlohmann/json.hpp>

#include <cmath>

using namespace stereo;

namespace {

const std::string two_angles = "sweep: { rig.stereo_angle_deg: [10, 60] }\n";

std::string exported(const std::filesystem::path& folder) {
    export_csv(StudyTrials(folder), folder / "trials.csv");
    return drr::read_text_file(folder / "trials.csv");
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_same_bytes_whatever_threads_shares_and_interruptions) {
    const test::TemporaryFolder folder;
    const Study study = test::small_study(folder.path(), two_angles);
    const auto whole = folder.path() / "whole";
    BOOST_TEST(run_study(study, whole).trials == 6U);
    const std::string expected = exported(whole);

    const auto shares = folder.path() / "shares";
    {
        // Of three processes two die before they do anything: the one that is left does it all.
        const drr::ThreadLimit one(1);
        const StudyRun run = run_study(study, shares, {1, 3});
        BOOST_TEST(run.trials == 6U);
        BOOST_TEST(run.missing == 0U);
    }
    BOOST_TEST(exported(shares) == expected);
    BOOST_TEST(run_study(study, shares, {0, 2}).trials == 0U);  // nothing is done twice

    const auto broken = folder.path() / "broken";
    int seen = 0;
    const auto break_off = [&](const StudyProgress&) {
        if (++seen == 2) throw drr::Error(drr::ErrorCode::io, "power failure");
    };
    BOOST_CHECK_THROW((void)run_study(study, broken, {}, break_off), drr::Error);
    BOOST_TEST(run_study(study, broken).missing == 0U);
    BOOST_TEST(exported(broken) == expected);
}

BOOST_AUTO_TEST_CASE(more_repetitions_extend_a_study_and_another_study_is_refused) {
    const test::TemporaryFolder folder;
    const auto out = folder.path() / "out";
    (void)run_study(test::small_study(folder.path(), two_angles, 2), out);
    BOOST_TEST(run_study(test::small_study(folder.path(), two_angles, 5), out).trials == 6U);
    BOOST_TEST(StudyTrials(out).outline().repetitions == 5);
    const Study other =
        test::small_study(folder.path(), "sweep: { rig.stereo_angle_deg: [10, 61] }\n");
    try {
        (void)run_study(other, out);
        BOOST_FAIL("trials of two studies in one store");
    } catch (const drr::Error& error) {
        BOOST_TEST((error.code() == drr::ErrorCode::invalid_file));
        BOOST_TEST(error.message().find("[10, 60]}' became") != std::string::npos, error.what());
    }
}

BOOST_AUTO_TEST_CASE(files_that_are_no_stores_are_refused) {
    const test::TemporaryFolder folder;
    const Study study = test::small_study(folder.path(), two_angles);
    drr::write_file(folder.path() / "trials.1-of-1.sqlite", std::string(5000, 'x'));
    BOOST_CHECK_THROW((void)run_study(study, folder.path()), drr::Error);
    BOOST_CHECK_THROW((void)StudyTrials(folder.path() / "nowhere"), drr::Error);
}

BOOST_AUTO_TEST_CASE(failures_are_rows_with_their_reason) {
    const test::TemporaryFolder folder;
    // With the phantom far off the axis no bead is on the detector.
    const Study study = test::small_study(
        folder.path(), "sweep: { rig.detector.principal_offset_px: [[0, 0], [9000, 0]] }\n");
    const StudyRun run = run_study(study, folder.path() / "out");
    BOOST_TEST(run.trials == 6U);
    BOOST_TEST(run.failed == 3U);
    const StudySummary summary = summarize(StudyTrials(folder.path() / "out"));
    BOOST_TEST(summary.conditions[0].failed == 0U);
    BOOST_REQUIRE(summary.conditions[1].reasons.size() == 1U);
    BOOST_TEST(summary.conditions[1].reasons[0].first.find("no image shows more than 0 markers") !=
               std::string::npos);
    BOOST_TEST(nlohmann::json::parse(study_summary_json(summary)).at("failed_count") == 3);
}

BOOST_AUTO_TEST_CASE(a_trial_is_what_the_pieces_say) {
    const test::TemporaryFolder folder;
    const Study study = test::small_study(folder.path(), two_angles);
    const auto trials = run_trials(study, prepare(study, 1), 2, folder.path());
    ExperimentSpec spec = study.experiment(1);
    spec.seed = study.outline().seed_of(2);
    const ObservedExperiment observed = observe_points(spec, CenterNoise(spec));
    const Calibration calibration = calibrate(Procedure::bundle, observed.calibration);
    BOOST_REQUIRE(trials.size() == 1U);
    const auto expected = figures_of(spec, observed, calibration, calibration.sigma0);
    for (std::size_t i = 0; i < expected.size(); ++i)
        BOOST_TEST(trials[0].figures[i] == expected[i], figure_names()[i]);
    // 27 beads in two views at 0.05 px: the sample's own scatter is 1 / sqrt(2 * 540) = 3 %.
    BOOST_TEST(std::abs(observed.localization.sigma_px / 0.05 - 1.0) < 0.12);
}

BOOST_AUTO_TEST_CASE(touching_and_cut_shadows_are_left_out) {
    const test::TemporaryFolder folder;
    ExperimentSpec spec = test::small_study(folder.path(), "").experiment(0);
    spec.poses.max_rotation_rad = 0.0;
    spec.poses.max_shift_mm.setZero();
    spec.poses.base_rotation_rad.setZero();  // rows of beads behind one another
    spec.rig.stereo_angle_rad = 1e-3;
    BOOST_TEST(observe_points(spec, CenterNoise(spec)).calibration.items.size() == 0U);
}

// Two rays at +-a about the mean beam, the second through a point that has moved on by d: they meet
// at (d_x / 2 + d_z tan(a) / 2, d_z / 2 + d_x / (2 tan(a))) from where the first saw it, and pass
// each other by d_y, half of which is the error across.
BOOST_AUTO_TEST_CASE(views_apart_in_time_displace_points_as_their_rays_say) {
    const test::TemporaryFolder folder;
    ExperimentSpec spec = test::small_study(folder.path(),
                                            "sweep: { phantom.lattice.pitch_mm: [[10, 10, 10]], "
                                            "phantom.lattice.diameter_mm: [0.5] }\n")
                              .experiment(0);
    spec.center_sd_px = 1e-6;
    spec.poses.max_shift_mm.setZero();  // at the isocentre, where the angle is the rig's
    spec.motion.sync_offset_s = 0.002;
    const double tangent = std::tan(0.5 * spec.rig.stereo_angle_rad);
    for (const Eigen::Vector3d& velocity :
         {Eigen::Vector3d(100, 0, 0), Eigen::Vector3d(0, 100, 0), Eigen::Vector3d(0, 0, 100)}) {
        spec.motion.velocity_mm_per_s = velocity;
        const ObservedExperiment observed = observe_points(spec, CenterNoise(spec));
        const Calibration calibration = calibrate(Procedure::bundle, observed.calibration);
        BOOST_REQUIRE(calibration.ok);
        const Truth& truth = observed.truth;
        const int held_out = spec.poses.calibration;
        const Eigen::Vector3d d =
            truth.stereo_from_world * (truth.seen_pose(held_out, 1).translation_mm -
                                       truth.seen_pose(held_out, 0).translation_mm);
        BOOST_TEST(std::abs(d.norm() - 0.2) < 1e-9);
        const HeldOutScore score =
            score_held_out(calibration, observed.held_out, held_out, truth, {});
        const Eigen::Vector3d expected(0.5 * d.x() + 0.5 * d.z() * tangent, 0.5 * d.y(),
                                       0.5 * d.z() + 0.5 * d.x() / tangent);
        // Beads 14 mm off the isocentre see the angle 14 / 900 of itself smaller or larger, which
        // the mean over the lattice takes away but for its square; and d against 900 mm.
        BOOST_TEST((score.absolute.bias_mm - expected).norm() < 1e-3 * expected.norm());
    }
    // The calibration saw the phantom stand still, or else it would be off as well.
    spec.motion.while_calibrating = true;
    const ObservedExperiment observed = observe_points(spec, CenterNoise(spec));
    const Calibration calibration = calibrate(Procedure::bundle, observed.calibration);
    const auto figures = figures_of(spec, observed, calibration, calibration.sigma0);
    BOOST_TEST(std::abs(figures[figure_index("view1_source_error_y_mm")]) > 0.1);
}

BOOST_AUTO_TEST_CASE(the_bound_falls_with_dose_and_rises_with_blur_and_bodies) {
    const test::TemporaryFolder folder;
    ExperimentSpec spec = test::small_study(folder.path(), "").experiment(0);
    spec.center_sd_px.reset();
    const double radius_px = 8.0;
    const double sd = CenterNoise(spec).sd_px(0, radius_px);
    ExperimentSpec more = spec;
    more.imaging.radiograph.photons_per_pixel *= 4.0;
    // Quantum noise rules: a quarter of the variance, but for what rounding to grey values adds.
    BOOST_TEST(std::abs(CenterNoise(more).sd_px(0, radius_px) / sd - 0.5) < 1e-3);
    ExperimentSpec blurred = spec;
    blurred.imaging.radiograph.point_spread = drr::PointSpread{drr::GaussianSpread{2.0}};
    BOOST_TEST(CenterNoise(blurred).sd_px(0, radius_px) > 1.2 * sd);
    ExperimentSpec lego = default_experiment();
    const double open = [&] {
        lego.bodies = false;
        return CenterNoise(lego).sd_px(0, radius_px);
    }();
    lego.bodies = true;
    BOOST_TEST(CenterNoise(lego).sd_px(0, radius_px) > 1.1 * open);
}
