#include "calibration_case.hpp"
#include "test.hpp"

#include <stereo/calib/initial_calibration.hpp>
#include <stereo/calib/uncertainty.hpp>
#include <stereo/recon/triangulate.hpp>

#include <array>

using namespace stereo;
using test::calibration_case;

namespace {

std::vector<Eigen::Vector3d> plate() {
    std::vector<Eigen::Vector3d> markers;
    for (int x = 0; x < 6; ++x)
        for (int y = 0; y < 5; ++y)
            markers.emplace_back(25.0 * x - 62.5, 2.0, 25.0 * y - 50.0);
    return markers;
}

// All explanations in one text.
std::string explained(const Calibration& result) {
    BOOST_TEST(!result.ok);
    BOOST_TEST(result.covariance.size() == 0);
    std::string text;
    for (const auto& sentence : result.undetermined)
        text += sentence + "\n";
    BOOST_TEST_MESSAGE(text);
    return text;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(one_pose_of_a_plate_leaves_one_combination_of_each_view_open) {
    const auto c = calibration_case({.angle_deg = 30.0, .poses = 1, .markers_mm = plate()});
    const std::string text = explained(calibrate(Procedure::bundle, c.observations));
    BOOST_TEST(contains(text, "SDD of view 0"));
    BOOST_TEST(contains(text, "of view 1"));
    BOOST_TEST(contains(text, "trade off"));
}

BOOST_AUTO_TEST_CASE(a_plate_that_stays_parallel_to_the_detector_trades_sdd_for_distance) {
    // One view along +y of the rig: the plate in x and z is parallel to its detector, wherever it
    // is shifted within its plane.
    auto c =
        calibration_case({.angle_deg = 1e-9, .poses = 1, .turn_rad = 0.0, .markers_mm = plate()});
    std::erase_if(c.observations.items, [](const Observation& o) { return o.view == 1; });
    c.observations.view_count = 1;
    const std::string text = explained(calibrate(Procedure::bundle, c.observations));
    BOOST_TEST(contains(text, "SDD of view 0"));
    BOOST_TEST(contains(text, "source-isocentre distance of view 0"));
}

BOOST_AUTO_TEST_CASE(several_poses_of_a_plate_are_enough) {
    const auto c = calibration_case({.angle_deg = 30.0, .poses = 6, .markers_mm = plate()});
    const Calibration result = calibrate(Procedure::bundle, c.observations);
    BOOST_REQUIRE(result.ok);
    const auto truth = c.truth();
    for (std::size_t v = 0; v < 2; ++v)
        BOOST_TEST((result.views[v].source_in_world_mm() - truth[v].source_in_world_mm()).norm() <
                   1e-4);
}

BOOST_AUTO_TEST_CASE(too_few_markers_and_markers_on_a_line_are_said_as_such) {
    const auto few = calibration_case(
        {.poses = 2, .markers_mm = {{0, 0, 0}, {50, 0, 0}, {0, 50, 0}, {0, 0, 50}, {40, 30, 20}}});
    BOOST_TEST(contains(explained(calibrate(Procedure::bundle, few.observations)),
                        "view 0: no image shows more than 5 markers, 10 measured numbers"));
    std::vector<Eigen::Vector3d> line;
    for (int i = 0; i < 10; ++i)
        line.emplace_back(10.0 * i - 45.0, 0.0, 0.0);
    const auto rod = calibration_case({.poses = 4, .markers_mm = line});
    BOOST_TEST(contains(explained(calibrate(Procedure::bundle, rod.observations)),
                        "a turn of the phantom about that line"));
}

BOOST_AUTO_TEST_CASE(views_without_a_common_pose_are_not_joined) {
    auto c = calibration_case({.angle_deg = 30.0, .poses = 4});
    std::erase_if(c.observations.items,
                  [](const Observation& o) { return (o.view == 0) == (o.pose < 2); });
    BOOST_TEST(
        contains(explained(calibrate(Procedure::bundle, c.observations)), "view 1 shares no pose"));
}

BOOST_AUTO_TEST_CASE(views_join_along_a_chain_of_poses) {
    auto c = calibration_case({.angle_deg = 30.0, .poses = 4, .third_view = true});
    // poses 0, 1: views 0 and 1; poses 2, 3: views 1 and 2
    std::erase_if(c.observations.items,
                  [](const Observation& o) { return o.pose < 2 ? o.view == 2 : o.view == 0; });
    const Calibration result = calibrate(Procedure::bundle, c.observations);
    BOOST_REQUIRE(result.ok);
    const auto truth = c.truth();
    for (std::size_t v = 0; v < 3; ++v)
        BOOST_TEST((result.views[v].source_in_world_mm() - truth[v].source_in_world_mm()).norm() <
                   1e-4);
}

BOOST_AUTO_TEST_CASE(a_prior_lifts_the_degeneracy) {
    const auto c = calibration_case({.angle_deg = 30.0, .poses = 1, .markers_mm = plate()});
    const auto truth = c.truth();
    CalibrationOptions options;
    options.noise = NoiseScale::declared;
    for (int v = 0; v < 2; ++v)
        options.priors.focal_lengths.push_back(
            {v, truth[static_cast<std::size_t>(v)].pinhole.fx_px, 2.0});
    const Calibration result = calibrate(Procedure::bundle, c.observations, options);
    BOOST_REQUIRE(result.ok);
    BOOST_TEST((result.views[1].source_in_world_mm() - truth[1].source_in_world_mm()).norm() <
               1e-3);
}

// A cube of 4 mm spans 0.25 degrees: its rays are all but parallel, and how far away the source is
// does not show in 0.05 px of noise. The matrix is not singular to rounding.
BOOST_AUTO_TEST_CASE(rays_that_are_all_but_parallel_trade_sdd_for_distance) {
    std::vector<Eigen::Vector3d> tiny;
    for (int i = 0; i < 27; ++i)
        tiny.push_back(2.0 * Eigen::Vector3d(i % 3 - 1, i / 3 % 3 - 1, i / 9 - 1));
    auto c = calibration_case({.angle_deg = 30.0, .poses = 1, .markers_mm = tiny});
    drr::Rng rng({.seed = 3, .purpose = drr::RngPurpose::localization_noise});
    c.add_noise(0.05, rng);
    const std::string text = explained(calibrate(Procedure::bundle, c.observations));
    BOOST_TEST(contains(text, "SDD of view"));
    BOOST_TEST(contains(text, "source-isocentre distance of view"));
    BOOST_TEST(contains(text, "too nearly parallel"));
    // Where SDD is known, the rest is. (From more poses, whose median start is near enough.)
    c = calibration_case({.angle_deg = 30.0, .poses = 3, .markers_mm = tiny});
    c.add_noise(0.05, rng);
    CalibrationOptions options;
    const auto truth = c.truth();
    for (int v = 0; v < 2; ++v) {
        const auto& pinhole = truth[static_cast<std::size_t>(v)].pinhole;
        options.priors.focal_lengths.push_back({v, pinhole.fx_px, 1.0});
        options.priors.principal_points.push_back({v, {pinhole.cx_px, pinhole.cy_px}, 1.0});
    }
    for (auto& item : c.observations.items)
        item.sd_px = 0.05;
    const Calibration known = calibrate(Procedure::bundle, c.observations, options);
    BOOST_TEST(known.ok, known.summary);
    // Half as large, and there may not even be a start.
    for (auto& marker : tiny)
        marker *= 0.5;
    auto smaller = calibration_case({.angle_deg = 30.0, .poses = 1, .markers_mm = tiny});
    smaller.add_noise(0.05, rng);
    BOOST_TEST(contains(explained(calibrate(Procedure::bundle, smaller.observations)), "SDD"));
}

// Each view is calibrated by the phantom, however near the other one stands. What is lost is depth.
BOOST_AUTO_TEST_CASE(views_at_a_hundredth_of_a_degree_leave_depth_open) {
    auto c = calibration_case({.angle_deg = 0.01, .poses = 5});
    drr::Rng rng({.seed = 4, .purpose = drr::RngPurpose::localization_noise});
    c.add_noise(0.05, rng);
    const Calibration result = calibrate(Procedure::bundle, c.observations);
    BOOST_REQUIRE(result.ok);
    const Eigen::Vector3d point(10.0, 20.0, -30.0);
    BOOST_TEST(!point_uncertainty(result, point, 0.05).ok);
    const std::array pixels{MeasuredPixel{result.views[0].project(point)},
                            MeasuredPixel{result.views[1].project(point)}};
    BOOST_TEST(!triangulate(result.views, pixels).ok);
    const std::string text = unmet_rays(result.views, pixels);
    BOOST_TEST(contains(text, "the rays are parallel to 0.0"), text);
    BOOST_TEST(contains(text, "the distance of the point from the sources cannot be known"), text);
}

// Sources on a line: the phantom still tells all views, and points off the line are found; a point
// on it is not, by however many views.
BOOST_AUTO_TEST_CASE(sources_on_a_line_leave_the_points_of_that_line_open) {
    auto c = calibration_case({.angle_deg = 30.0, .poses = 4, .third_view = true});
    // The third source in the middle of the other two, its view turned as the first one's.
    const Eigen::Vector3d middle =
        0.5 * (c.rig[0].source_in_world_mm() + c.rig[1].source_in_world_mm());
    c.rig[2] = c.rig[0];
    c.rig[2].view_from_world.translation_mm = -(c.rig[2].view_from_world.rotation * middle);
    for (auto& item : c.observations.items)
        if (item.view == 2)
            item.pixel = c.rig[2].project(
                c.rig_from_phantom[static_cast<std::size_t>(item.pose)] *
                c.observations.markers_in_phantom_mm[static_cast<std::size_t>(item.marker)]);
    const Calibration result = calibrate(Procedure::bundle, c.observations);
    BOOST_TEST_REQUIRE(result.ok, result.summary);
    std::array<Eigen::Vector3d, 3> sources;
    const auto truth = c.truth();
    for (std::size_t v = 0; v < 3; ++v) {
        sources[v] = result.views[v].source_in_world_mm();
        BOOST_TEST((sources[v] - truth[v].source_in_world_mm()).norm() < 1e-4);
    }
    const auto pixels_of = [&](const Eigen::Vector3d& point) {
        std::array<MeasuredPixel, 3> pixels;
        for (std::size_t v = 0; v < 3; ++v)
            pixels[v].pixel = result.views[v].project(point);
        return pixels;
    };
    BOOST_TEST(triangulate(result.views, pixels_of(Eigen::Vector3d(10, 20, -30))).ok);
    const Eigen::Vector3d line = (sources[1] - sources[0]).normalized();
    // Beyond the last source, where all detectors' planes still see it from before.
    const auto on_line = pixels_of(sources[0] - 500.0 * line);
    BOOST_TEST(!triangulate(result.views, on_line).ok);
    BOOST_TEST(contains(unmet_rays(result.views, on_line), "lies on the line of the sources"));
}

// A plate parallel to the detector tells no focal length: a known SDD is the start instead of a
// guess. Where the images tell one, only a known one that contradicts it takes its place.
BOOST_AUTO_TEST_CASE(a_known_sdd_is_started_from_where_images_tell_none_or_contradict) {
    auto c =
        calibration_case({.angle_deg = 1e-9, .poses = 1, .turn_rad = 0.0, .markers_mm = plate()});
    std::erase_if(c.observations.items, [](const Observation& o) { return o.view == 1; });
    c.observations.view_count = 1;
    const drr::CalibratedView truth = c.truth()[0];
    const double focal_px = truth.pinhole.fx_px;
    const InitialCalibration guessed = initial_calibration(c.observations);
    const InitialCalibration known =
        initial_calibration(c.observations, std::array{FocalLengthPrior{0, focal_px, 5.0}});
    BOOST_REQUIRE((guessed.ok && known.ok));
    BOOST_TEST(std::abs(guessed.views[0].pinhole.fx_px / focal_px - 1.0) > 0.05);
    BOOST_TEST(known.views[0].pinhole.fx_px == focal_px);
    // The principal point is taken for the middle, 8 px off: that does not change the distance.
    BOOST_TEST(std::abs(known.views[0].view_from_world.translation_mm.z() /
                            truth.view_from_world.translation_mm.z() -
                        1.0) < 0.01);

    const auto cube = calibration_case({.angle_deg = 30.0, .poses = 3});
    const double told_px = initial_calibration(cube.observations).views[0].pinhole.fx_px;
    const auto start = [&](double prior_px, double sd_px) {
        return initial_calibration(cube.observations,
                                   std::array{FocalLengthPrior{0, prior_px, sd_px}});
    };
    BOOST_TEST(start(1.1 * told_px, 0.2 * told_px).views[0].pinhole.fx_px == told_px);
    const InitialCalibration contradicted = start(1.1 * told_px, 0.001 * told_px);
    BOOST_TEST(contradicted.views[0].pinhole.fx_px == 1.1 * told_px);
    BOOST_TEST(std::abs(contradicted.views[0].view_from_world.translation_mm.z() /
                            cube.truth()[0].view_from_world.translation_mm.z() -
                        1.1) < 0.02);
}
