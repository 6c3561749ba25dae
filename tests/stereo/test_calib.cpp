#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <stereo/calib/calibration.hpp>
#include <stereo/calib/dlt.hpp>
#include <stereo/calib/uncertainty.hpp>

#include <cmath>
#include <numbers>

using namespace drr;
using namespace stereo;

namespace {

constexpr int pose_count = 12;

// A synthetic calibration: the small LEGO cube's lattice in a clinical rig, observed with noise.
struct Case {
    StereoViews rig;  // world = rig frame
    std::vector<Rigid3> rig_from_phantom;
    Observations observations;

    // A view as the calibration should find it: world = phantom in pose 0.
    [[nodiscard]] CalibratedView truth(std::size_t view) const {
        CalibratedView v = rig[view].calibrated();
        v.view_from_world = v.view_from_world * rig_from_phantom[0];
        return v;
    }
};

Case make_case(double angle_deg, double noise_px, std::uint64_t seed, int poses = pose_count) {
    Case c;
    StereoRigSpec spec;
    spec.stereo_angle_rad = angle_deg * std::numbers::pi / 180.0;
    spec.principal_offset_px = {4.0, -7.0};
    c.rig = make_stereo_rig(spec);
    c.observations.pose_count = poses;
    c.observations.width_px = spec.width_px;
    c.observations.height_px = spec.height_px;
    for (int x = 0; x < 4; ++x)
        for (int y = 0; y < 4; ++y)
            for (int z = 0; z < 4; ++z)
                c.observations.markers_in_phantom_mm.push_back(
                    40.0 * (Eigen::Vector3d(x, y, z) - Eigen::Vector3d::Constant(1.5)));
    Rng rng({.seed = seed});
    for (int pose = 0; pose < poses; ++pose) {
        const Eigen::Vector3d turn(rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5),
                                   rng.uniform(-0.5, 0.5));
        const Eigen::Vector3d shift(rng.uniform(-10.0, 10.0), rng.uniform(-30.0, 30.0),
                                    rng.uniform(-10.0, 10.0));
        c.rig_from_phantom.emplace_back(rotation_from_vector(turn), shift);
        for (int view = 0; view < 2; ++view)
            for (int marker = 0; marker < 64; ++marker) {
                const Eigen::Vector2d noise(noise_px * rng.normal(), noise_px * rng.normal());
                const Eigen::Vector3d point =
                    c.rig_from_phantom.back() *
                    c.observations.markers_in_phantom_mm[static_cast<std::size_t>(marker)];
                c.observations.items.push_back(
                    {pose, view, marker,
                     c.rig[static_cast<std::size_t>(view)].project(point) + noise});
            }
    }
    return c;
}

// The 13 quantities that a calibration is judged by: source (3), focal length, principal point of
// each view, and the stereo angle.
Eigen::VectorXd judged(std::span<const CalibratedView> views) {
    Eigen::VectorXd values(13);
    for (std::size_t v = 0; v < 2; ++v)
        values.segment<6>(static_cast<Eigen::Index>(6 * v)) << views[v].source_in_world_mm(),
            views[v].pinhole.fx_px, views[v].pinhole.cx_px, views[v].pinhole.cy_px;
    values[12] = stereo_angle_rad(views[0], views[1]);
    return values;
}

Eigen::VectorXd claimed_sd(const Calibration& result) {
    const CalibrationPrecision precision = precision_of(result);
    Eigen::VectorXd values(13);
    for (std::size_t v = 0; v < 2; ++v)
        values.segment<6>(static_cast<Eigen::Index>(6 * v)) << precision.views[v].source_mm,
            precision.views[v].focal_length_px, precision.views[v].principal_point_px;
    values[12] = precision.stereo_angle_rad;
    return values;
}

}  // namespace

BOOST_AUTO_TEST_CASE(dlt_is_exact_without_noise) {
    const Case c = make_case(6.0, 0.0, 1, 1);
    for (int view = 0; view < 2; ++view) {
        const ImagePoints image = points_of_image(c.observations, 0, view);
        const DltResult result = dlt(image.points_in_phantom_mm, image.pixels);
        BOOST_REQUIRE(result.ok);
        BOOST_TEST(result.rms_px < 1e-8);
        const CalibratedView found = decompose_projection(result.projection_matrix).view;
        const CalibratedView truth = c.truth(static_cast<std::size_t>(view));
        // the eigenvector of A^T A is good to the square root of rounding in the worst direction
        BOOST_TEST(std::abs(found.pinhole.fx_px - truth.pinhole.fx_px) < 1e-3);
        BOOST_TEST((found.source_in_world_mm() - truth.source_in_world_mm()).norm() < 1e-3);
    }
}

BOOST_AUTO_TEST_CASE(dlt_recognizes_too_few_points_and_a_plane) {
    const Case c = make_case(6.0, 0.0, 1, 1);
    const ImagePoints image = points_of_image(c.observations, 0, 0);
    const auto points = std::span(image.points_in_phantom_mm);
    const auto pixels = std::span(image.pixels);
    BOOST_TEST(!dlt(points.first(5), pixels.first(5)).ok);
    const DltResult plane = dlt(points.first(16), pixels.first(16));  // the first lattice layer
    BOOST_TEST(!plane.ok);
    BOOST_TEST(plane.summary.find("plane") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(bundle_is_exact_without_noise) {
    for (const double angle : {6.0, 90.0}) {
        const Case c = make_case(angle, 0.0, 2, 4);
        const Calibration result = calibrate(Procedure::bundle, c.observations);
        BOOST_REQUIRE(!result.views.empty());
        BOOST_TEST(result.rms_px < 1e-7);
        const std::array truth{c.truth(0), c.truth(1)};
        BOOST_TEST((judged(result.views) - judged(truth)).lpNorm<Eigen::Infinity>() < 1e-4);
        for (std::size_t pose = 0; pose < c.rig_from_phantom.size(); ++pose) {
            const Rigid3 expected = c.rig_from_phantom[0].inverse() * c.rig_from_phantom[pose];
            BOOST_TEST(
                (result.world_from_phantom[pose].translation_mm - expected.translation_mm).norm() <
                1e-5);
        }
    }
}

// Over 50 seeds all 13 quantities lie within 4 of their own standard deviations (one false alarm
// in 24 such tests), and their mean square in units of the variance is 1: with 50 samples of 13
// correlated quantities, at least 50 independent ones, 4 standard errors are 4 sqrt(2/50) = 0.8.
BOOST_AUTO_TEST_CASE(bundle_recovers_truth_within_its_own_error_bars) {
    constexpr int seeds = 50;
    constexpr double noise_px = 0.05;
    double mean_square = 0.0;
    double largest = 0.0;
    double sigma0 = 0.0;
    for (int seed = 0; seed < seeds; ++seed) {
        const Case c = make_case(6.0, noise_px, 100 + static_cast<std::uint64_t>(seed));
        const Calibration result = calibrate(Procedure::bundle, c.observations);
        BOOST_REQUIRE(result.ok);
        const std::array truth{c.truth(0), c.truth(1)};
        const Eigen::VectorXd z =
            (judged(result.views) - judged(truth)).cwiseQuotient(claimed_sd(result));
        mean_square += z.squaredNorm() / (13.0 * seeds);
        largest = std::max(largest, z.lpNorm<Eigen::Infinity>());
        sigma0 += result.sigma0 / seeds;
    }
    BOOST_TEST_MESSAGE("largest error " << largest << " sd, mean square " << mean_square);
    BOOST_TEST(largest < 4.0);
    BOOST_TEST(std::abs(mean_square - 1.0) < 0.8);
    // 50 estimates from 2990 degrees of freedom each
    BOOST_TEST(std::abs(sigma0 / noise_px - 1.0) < 4.0 / std::sqrt(2.0 * 2990.0 * seeds));
}

BOOST_AUTO_TEST_CASE(bundle_rejects_wrong_identities_and_says_so) {
    Case c = make_case(30.0, 0.02, 3);
    for (std::size_t i = 10; i < c.observations.items.size(); i += 100)
        c.observations.items[i].pixel += Eigen::Vector2d(15.0, -4.0);
    const Calibration result = calibrate(Procedure::bundle, c.observations);
    BOOST_REQUIRE(result.ok);
    BOOST_TEST(result.rejected_count == (c.observations.items.size() - 10 + 99) / 100);
    for (std::size_t i = 10; i < c.observations.items.size(); i += 100)
        BOOST_TEST(!result.used[i]);
    BOOST_TEST(result.sigma0 < 0.021);
}

BOOST_AUTO_TEST_CASE(too_few_markers_and_wrong_input) {
    // Pose 3 shows too few markers; so does pose 0, and then pose 1 is the world.
    Case partial = make_case(6.0, 0.01, 6);
    std::erase_if(partial.observations.items, [](const Observation& o) {
        return (o.pose == 3 || o.pose == 0) && o.marker > 3;
    });
    const Calibration without = calibrate(Procedure::bundle, partial.observations);
    BOOST_TEST(without.ok);
    BOOST_TEST(!without.pose_known[3]);
    BOOST_TEST(without.world_pose == 1);

    Case wrong = make_case(6.0, 0.01, 7);
    wrong.observations.items[5].marker = 64;
    BOOST_CHECK_THROW((void)calibrate(Procedure::bundle, wrong.observations), Error);
    BOOST_CHECK_THROW((void)procedure_of("magic"), Error);
}

BOOST_AUTO_TEST_CASE(names_of_procedures_and_parameters_read_back) {
    for (const Procedure procedure : {Procedure::dlt, Procedure::opencv, Procedure::resection,
                                      Procedure::bundle, Procedure::bundle_phantom})
        BOOST_TEST((procedure_of(name_of(procedure)) == procedure));
    CalibrationOptions options;
    options.square_pixels = false;
    options.priors.phantom_scale_sd = 0.01;
    const Case c = make_case(30.0, 0.02, 8, 3);
    const Calibration result = calibrate(Procedure::bundle_phantom, c.observations, options);
    BOOST_REQUIRE(result.ok);
    BOOST_TEST(result.parameters.size() == 2U * 10U + 1U + 3U * 64U + 2U * 6U);
    for (const Parameter& parameter : result.parameters)
        BOOST_TEST((parameter_of(name_of(parameter)) == parameter), name_of(parameter));
}
