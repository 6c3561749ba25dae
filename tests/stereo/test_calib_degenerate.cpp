#include "calibration_case.hpp"
#include "test.hpp"

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
