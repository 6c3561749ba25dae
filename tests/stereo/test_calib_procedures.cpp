#include "calibration_case.hpp"
#include "test.hpp"

#include <stereo/calib/uncertainty.hpp>

#include <cmath>

using namespace drr;
using namespace stereo;
using test::calibration_case;
using test::CalibrationCase;

namespace {

double largest_source_error_mm(const Calibration& result, const CalibrationCase& c) {
    const auto truth = c.truth(static_cast<std::size_t>(result.world_pose));
    double error = 0.0;
    for (std::size_t v = 0; v < truth.size(); ++v)
        error = std::max(
            error, (result.views[v].source_in_world_mm() - truth[v].source_in_world_mm()).norm());
    return error;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_procedure_is_exact_without_noise) {
    for (const double angle : {6.0, 90.0}) {
        const CalibrationCase c = calibration_case({.angle_deg = angle, .poses = 4});
        const auto error = [&](Procedure procedure) {
            const Calibration result = calibrate(procedure, c.observations);
            BOOST_TEST_REQUIRE(result.ok, result.summary);
            BOOST_TEST((result.procedure == procedure));
            BOOST_TEST(result.residuals_px.size() == c.observations.items.size());
            return largest_source_error_mm(result, c);
        };
        // DLT: the eigenvector of A^T A is good to the square root of rounding. OpenCV stores
        // pixels as floats, 3e-5 px of 1000, which geometry turns into hundredths of a millimetre.
        BOOST_TEST(error(Procedure::dlt) < 1e-3);
        BOOST_TEST(error(Procedure::opencv) < 0.05);
        BOOST_TEST(error(Procedure::resection) < 1e-5);
        BOOST_TEST(error(Procedure::bundle) < 1e-5);
        BOOST_TEST(error(Procedure::bundle_phantom) < 1e-4);
    }
}

BOOST_AUTO_TEST_CASE(one_view_and_three_views_work) {
    CalibrationCase c = calibration_case({.angle_deg = 30.0, .poses = 4, .third_view = true});
    for (const Procedure procedure : {Procedure::dlt, Procedure::opencv, Procedure::resection,
                                      Procedure::bundle, Procedure::bundle_phantom})
        BOOST_TEST(largest_source_error_mm(calibrate(procedure, c.observations), c) < 0.05);
    std::erase_if(c.observations.items, [](const Observation& o) { return o.view > 0; });
    c.observations.view_count = 1;
    c.rig.resize(1);
    for (const Procedure procedure : {Procedure::dlt, Procedure::opencv, Procedure::resection,
                                      Procedure::bundle, Procedure::bundle_phantom})
        BOOST_TEST(largest_source_error_mm(calibrate(procedure, c.observations), c) < 0.05);
}

// The order of poses changes the world frame and nothing that does not depend on it.
BOOST_AUTO_TEST_CASE(order_of_poses_and_choice_of_world_change_no_invariant) {
    CalibrationCase c = calibration_case({.angle_deg = 30.0, .poses = 5});
    Rng rng({.seed = 4});
    c.add_noise(0.05, rng);
    const Calibration before = calibrate(Procedure::bundle, c.observations);
    for (auto& item : c.observations.items)
        item.pose = (item.pose + 2) % 5;
    const Calibration after = calibrate(Procedure::bundle, c.observations);
    const auto invariants = [](const Calibration& r) {
        const Rigid3 between = r.views[1].view_from_world * r.views[0].view_from_world.inverse();
        Eigen::VectorXd values(9);
        values << r.views[0].pinhole.fx_px, r.views[1].pinhole.fx_px, r.views[0].pinhole.cx_px,
            between.translation_mm, stereo_angle_rad(r.views[0], r.views[1]), r.sigma0, r.rms_px;
        return values;
    };
    // The minimum is found to 1e-5 of a standard deviation, here of some 0.2 mm and px.
    BOOST_TEST((invariants(before) - invariants(after)).lpNorm<Eigen::Infinity>() < 1e-5);
    // So are the variances of the intrinsics, though those of the sources differ.
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(std::abs(before.covariance(i, i) / after.covariance(i, i) - 1.0) < 1e-5);
}

BOOST_AUTO_TEST_CASE(a_larger_phantom_scales_translations_only) {
    CalibrationCase c = calibration_case({.angle_deg = 30.0, .poses = 5});
    Rng rng({.seed = 5});
    c.add_noise(0.05, rng);
    const Calibration before = calibrate(Procedure::bundle, c.observations);
    for (auto& marker : c.observations.markers_in_phantom_mm)
        marker *= 1.01;
    const Calibration after = calibrate(Procedure::bundle, c.observations);
    for (std::size_t v = 0; v < 2; ++v) {
        const auto& a = before.views[v];
        const auto& b = after.views[v];
        BOOST_TEST(std::abs(a.pinhole.fx_px - b.pinhole.fx_px) < 1e-5);
        BOOST_TEST(
            (1.01 * a.view_from_world.translation_mm - b.view_from_world.translation_mm).norm() <
            1e-5);
        BOOST_TEST(angle_between_rad(a.view_from_world.rotation, b.view_from_world.rotation) <
                   1e-8);
    }
    BOOST_TEST(std::abs(before.rms_px - after.rms_px) < 1e-9);
}

// Nothing in the images fixes the size: the measured distance alone decides, and its relative
// standard deviation is that of the size.
BOOST_AUTO_TEST_CASE(a_measured_distance_fixes_the_size) {
    CalibrationCase c = calibration_case({.angle_deg = 30.0, .poses = 5});
    Rng rng({.seed = 6});
    c.add_noise(0.05, rng);
    CalibrationOptions options;
    options.noise = NoiseScale::declared;
    for (auto& item : c.observations.items)
        item.sd_px = 0.05;
    options.priors.distances.push_back({0, 3, 120.0 * 1.004, 0.03});  // markers 0 and 3: 120 mm
    const Calibration result = calibrate(Procedure::bundle, c.observations, options);
    BOOST_REQUIRE(result.ok);
    BOOST_TEST(std::abs(result.phantom_scale - 1.004) < 1e-7);
    const auto at = std::find(result.parameters.begin(), result.parameters.end(),
                              Parameter{ParameterKind::phantom_scale, 0, 0}) -
                    result.parameters.begin();
    BOOST_TEST(std::abs(std::sqrt(result.covariance(at, at)) / (0.03 / 120.0) - 1.0) < 1e-6);
    // Two of them weigh as their inverse variances.
    options.priors.distances.push_back({0, 12, 120.0, 0.01});
    const Calibration both = calibrate(Procedure::bundle, c.observations, options);
    BOOST_TEST(std::abs(both.phantom_scale - (1.004 / 9.0 + 1.0) / (1.0 / 9.0 + 1.0)) < 1e-7);
}

// A prior is one more measurement: f = (f0/s0^2 + fp/sp^2) / (1/s0^2 + 1/sp^2), if the problem is
// linear, which it is to (shift of f / f)^2 here.
BOOST_AUTO_TEST_CASE(a_prior_weighs_as_in_its_closed_form) {
    CalibrationCase c = calibration_case({.angle_deg = 30.0, .poses = 5});
    Rng rng({.seed = 7});
    c.add_noise(0.05, rng);
    for (auto& item : c.observations.items)
        item.sd_px = 0.05;
    CalibrationOptions options;
    options.noise = NoiseScale::declared;
    const Calibration alone = calibrate(Procedure::bundle, c.observations, options);
    const double f0 = alone.views[0].pinhole.fx_px;
    const double v0 = alone.covariance(0, 0);
    const double sd = 0.5 * std::sqrt(v0);
    options.priors.focal_lengths.push_back({0, f0 + 2.0 * sd, sd});
    const Calibration with = calibrate(Procedure::bundle, c.observations, options);
    const double expected = (f0 / v0 + (f0 + 2.0 * sd) / (sd * sd)) / (1.0 / v0 + 1.0 / (sd * sd));
    BOOST_TEST(std::abs(with.views[0].pinhole.fx_px - expected) < 1e-2 * sd);
    BOOST_TEST(std::abs(with.covariance(0, 0) * (1.0 / v0 + 1.0 / (sd * sd)) - 1.0) < 1e-2);
}

BOOST_AUTO_TEST_CASE(an_angle_prior_holds_the_angle) {
    CalibrationCase c = calibration_case({.angle_deg = 30.0, .poses = 4});
    Rng rng({.seed = 8});
    c.add_noise(0.05, rng);
    CalibrationOptions options;
    options.priors.stereo_angles.push_back({0, 1, 30.1 * degree, 1e-7});
    const Calibration result = calibrate(Procedure::bundle, c.observations, options);
    BOOST_TEST(std::abs(stereo_angle_rad(result.views[0], result.views[1]) - 30.1 * degree) < 1e-5);
}

BOOST_AUTO_TEST_CASE(shared_intrinsics_are_one) {
    CalibrationCase c = calibration_case({.angle_deg = 60.0, .poses = 4});
    Rng rng({.seed = 9});
    c.add_noise(0.05, rng);
    const Calibration own = calibrate(Procedure::bundle, c.observations);
    const Calibration shared =
        calibrate(Procedure::bundle, c.observations, {.shared_intrinsics = true});
    BOOST_REQUIRE(shared.ok);
    BOOST_TEST(shared.views[0].pinhole.fx_px == shared.views[1].pinhole.fx_px);
    BOOST_TEST(own.parameters.size() == shared.parameters.size() + 3);
    BOOST_TEST(shared.covariance(0, 0) < own.covariance(0, 0));
}

// Beads misplaced by a tenth of a millimetre: refining them leaves the noise alone.
BOOST_AUTO_TEST_CASE(bundle_phantom_finds_misplaced_beads) {
    CalibrationCase design = calibration_case({.angle_deg = 60.0, .poses = 12});
    auto built = design.observations.markers_in_phantom_mm;
    Rng rng({.seed = 10});
    for (auto& marker : built)
        marker += 0.1 * Eigen::Vector3d(rng.normal(), rng.normal(), rng.normal());
    CalibrationCase c = calibration_case({.angle_deg = 60.0, .poses = 12, .markers_mm = built});
    c.observations.markers_in_phantom_mm = design.observations.markers_in_phantom_mm;
    c.add_noise(0.02, rng);
    // The tolerance is weighed against sd_px, which has to be in pixels here.
    for (auto& item : c.observations.items)
        item.sd_px = 0.02;
    const Calibration rigid = calibrate(Procedure::bundle, c.observations);
    const Calibration refined = calibrate(Procedure::bundle_phantom, c.observations);
    BOOST_REQUIRE(refined.ok);
    BOOST_TEST(rigid.sigma0 > 10.0);
    // 2988 degrees of freedom: 4 standard errors
    BOOST_TEST(std::abs(refined.sigma0 - 1.0) < 4.0 / std::sqrt(2.0 * 2988.0));
    // Distances from the first bead, which no motion of the frame changes; their common size is
    // taken out, since images do not tell it.
    const auto error = [&](const Calibration& result) {
        const auto& found = result.markers_in_phantom_mm;
        double both = 0.0;
        double own = 0.0;
        for (std::size_t m = 1; m < built.size(); ++m) {
            both += (built[m] - built[0]).norm() * (found[m] - found[0]).norm();
            own += (found[m] - found[0]).squaredNorm();
        }
        double sum = 0.0;
        for (std::size_t m = 1; m < built.size(); ++m)
            sum +=
                std::abs(both / own * (found[m] - found[0]).norm() - (built[m] - built[0]).norm());
        return sum;
    };
    BOOST_TEST(error(refined) < 0.2 * error(rigid));
}

BOOST_AUTO_TEST_CASE(a_pose_whose_image_bears_wrong_names_is_given_up) {
    auto c = calibration_case({.angle_deg = 30.0});
    Rng rng({.seed = 8, .purpose = RngPurpose::localization_noise});
    c.add_noise(0.05, rng);
    for (auto& item : c.observations.items)
        if (item.pose == 7 && item.view == 0) {
            // The lattice turned by a right angle about z: the image of another pose.
            const int x = item.marker / 16;
            const int y = item.marker / 4 % 4;
            item.marker = 16 * (3 - y) + 4 * x + item.marker % 4;
        }
    const Calibration result = calibrate(Procedure::bundle, c.observations);
    BOOST_REQUIRE_MESSAGE(result.ok, result.summary);
    BOOST_TEST(!result.pose_known[7]);
    BOOST_TEST(result.rejected_count == 128U);
    const CalibrationPrecision sd = precision_of(result);
    const auto truth = c.truth();
    for (std::size_t v = 0; v < 2; ++v)
        BOOST_TEST(std::abs(result.views[v].pinhole.fx_px - truth[v].pinhole.fx_px) <
                   4.0 * sd.views[v].focal_length_px);
}

BOOST_AUTO_TEST_CASE(robust_losses_stand_many_outliers) {
    CalibrationCase c = calibration_case({.angle_deg = 30.0, .poses = 6});
    Rng rng({.seed = 11});
    c.add_noise(0.02, rng);
    for (auto& item : c.observations.items) {
        item.sd_px = 0.02;
        if (rng.uniform() < 0.1) item.pixel += 3.0 * Eigen::Vector2d(rng.normal(), rng.normal());
    }
    for (const Loss loss : {Loss::huber, Loss::cauchy}) {
        const Calibration result = calibrate(Procedure::bundle, c.observations, {.loss = loss});
        BOOST_TEST_REQUIRE(result.ok, result.summary);
        BOOST_TEST(std::abs(result.sigma0 - 1.0) < 0.1);
        BOOST_TEST(result.rejected_count > 50U);
        BOOST_TEST(largest_source_error_mm(result, c) < 1.0);
    }
}
