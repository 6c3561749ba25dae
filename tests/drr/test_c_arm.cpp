#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/stereo_rig.hpp>

#include <numbers>

using namespace drr;
using Eigen::Vector2d;
using Eigen::Vector3d;

namespace {

constexpr double pi = std::numbers::pi;
constexpr double degree = pi / 180.0;
constexpr double rounding = 1e-12;    // of a few products of numbers up to 1
constexpr double rounding_px = 1e-9;  // of numbers up to 1e4
constexpr double rounding_mm = 1e-9;  // the same

/// From the isocentre (the world's origin) to the detector, in LPS.
Vector3d detector_direction(const XrayView& view) {
    return -view.source_in_world_mm().normalized();
}

XrayView c_arm(double primary_deg, double secondary_deg, double rotation_deg = 0.0) {
    StereoRigSpec spec;
    spec.primary_angle_rad = primary_deg * degree;
    spec.secondary_angle_rad = secondary_deg * degree;
    spec.detector_rotation_rad = rotation_deg * degree;
    return make_stereo_rig(spec)[0];
}

StereoRigSpec random_rig(Rng& rng) {
    StereoRigSpec spec;
    spec.primary_angle_rad = rng.uniform(-pi, pi);
    spec.secondary_angle_rad = rng.uniform(-0.5 * pi, 0.5 * pi);
    spec.detector_rotation_rad = rng.uniform(-pi, pi);
    spec.stereo_axis = {rng.uniform(-2.0, 2.0), rng.uniform(-2.0, 2.0), rng.uniform(-2.0, 2.0)};
    spec.stereo_angle_rad = rng.uniform(0.01, 0.5);
    return spec;
}

StereoRigSpec read(const std::string& keys) {
    return read_rig_keys(
        parse_yaml("schema: stereodrr/rig/v1\nsdd_mm: 1200\n"
                   "source_isocentre_mm: 900\nstereo_angle_deg: 6\n" +
                       keys,
                   "rig.yaml", "rig"));
}

const std::string detector = "detector: { width_px: 10, height_px: 20, pixel_pitch_mm: 0.5 }\n";

}  // namespace

// DICOM PS3.3 C.8.7.5.1.2: 0 before the patient's chest, +90 at the left hand (LAO), -90 at the
// right hand (RAO); secondary +90 at the head (cranial).
BOOST_AUTO_TEST_CASE(detector_stands_where_dicom_says) {
    struct Case {
        double primary_deg, secondary_deg;
        Vector3d towards_lps;
    };
    const double half = std::numbers::sqrt2 / 2.0;
    for (const Case& c : std::initializer_list<Case>{{0, 0, {0, -1, 0}},
                                                     {90, 0, {1, 0, 0}},
                                                     {-90, 0, {-1, 0, 0}},
                                                     {180, 0, {0, 1, 0}},
                                                     {45, 0, {half, -half, 0}},
                                                     {0, 90, {0, 0, 1}},
                                                     {0, -45, {0, -half, -half}},
                                                     {90, 45, {half, 0, half}}})
        BOOST_TEST(
            (detector_direction(c_arm(c.primary_deg, c.secondary_deg)) - c.towards_lps).norm() <
            rounding);
    Rng rng({.seed = 1, .purpose = RngPurpose::test});
    for (int i = 0; i < 100; ++i) {
        const double p = rng.uniform(-pi, pi);
        const double s = rng.uniform(-0.5 * pi, 0.5 * pi);
        const Vector3d globe(std::cos(s) * std::sin(p), -std::cos(s) * std::cos(p), std::sin(s));
        BOOST_TEST((detector_direction(c_arm(p / degree, s / degree)) - globe).norm() < rounding);
    }
}

BOOST_AUTO_TEST_CASE(head_is_up) {
    for (const double primary : {-150.0, -30.0, 0.0, 75.0})
        for (const double secondary : {-60.0, 0.0, 40.0}) {
            const XrayView view = c_arm(primary, secondary);
            const Vector2d head = view.project({0.0, 0.0, 50.0}) - view.principal_point_px;
            BOOST_TEST(head.y() < -1.0);
            BOOST_TEST(std::abs(head.x()) < rounding_px);
        }
}

BOOST_AUTO_TEST_CASE(angles_of_any_view_are_found) {
    Rng rng({.seed = 2, .purpose = RngPurpose::test});
    for (int i = 0; i < 200; ++i) {
        const StereoRigSpec spec = random_rig(rng);
        const CArmAngles truth{spec.primary_angle_rad, spec.secondary_angle_rad,
                               spec.detector_rotation_rad};
        XrayView view;
        view.view_from_world =
            Rigid3(world_from_view_rotation(truth).conjugate(), Vector3d(3.0, -40.0, 700.0));
        const CArmAngles found = c_arm_angles(view);
        // near the pole an angle is known to rounding / cos(secondary) only
        const double bound = 1e-14 / std::cos(truth.secondary_rad);
        BOOST_TEST(std::abs(found.primary_rad - truth.primary_rad) < bound);
        // the arc's slope at its end is that of an arctangent: rounding, not its root
        BOOST_TEST(std::abs(found.secondary_rad - truth.secondary_rad) < 1e-14);
        BOOST_TEST(std::abs(found.detector_rotation_rad - truth.detector_rotation_rad) < bound);
    }
    for (const double secondary : {-90.0, 90.0}) {
        const XrayView view = c_arm(30.0, secondary, 20.0);
        const CArmAngles pole = c_arm_angles(view);
        BOOST_TEST(std::abs(pole.secondary_rad - secondary * degree) < 1e-14);
        BOOST_TEST(angle_between_rad(world_from_view_rotation(pole),
                                     view.view_from_world.rotation.conjugate()) < rounding);
    }
}

BOOST_AUTO_TEST_CASE(euler_angles_compose_again_everywhere) {
    Rng rng({.seed = 3, .purpose = RngPurpose::test});
    for (const double off_pole : {1.0, 1e-3, 1e-7, 1e-10, 1e-13, 1e-16, 0.0})
        for (const double sign : {-1.0, 1.0})
            for (int i = 0; i < 20; ++i) {
                const Eigen::Matrix3d r = rotation_matrix(
                    {rng.uniform(-pi, pi), sign * (0.5 * pi - off_pole), rng.uniform(-pi, pi)});
                BOOST_TEST((rotation_matrix(euler_zxy(r)) - r).norm() < 1e-14);
            }
}

BOOST_AUTO_TEST_CASE(views_converge_about_any_axis) {
    Rng rng({.seed = 4, .purpose = RngPurpose::test});
    int taken = 0;
    for (int i = 0; i < 200; ++i) {
        const StereoRigSpec spec = random_rig(rng);
        StereoViews views;
        try {
            views = make_stereo_rig(spec);
        } catch (const Error&) {  // an axis along the beam
            continue;
        }
        ++taken;
        BOOST_TEST(std::abs(stereo_angle_rad(views[0].calibrated(), views[1].calibrated()) -
                            spec.stereo_angle_rad) < rounding);
        BOOST_TEST(std::abs(baseline_mm(views) - 2.0 * spec.source_isocentre_mm *
                                                     std::sin(0.5 * spec.stereo_angle_rad)) <
                   rounding_mm);
        for (const XrayView& view : views)
            BOOST_TEST((view.project(Vector3d::Zero()) - view.principal_point_px).norm() <
                       rounding_px);
        // The sources stand on a circle about the axis, which turns along with the primary angle.
        const Vector3d axis =
            Eigen::AngleAxisd(spec.primary_angle_rad - pi, Vector3d::UnitZ()) * spec.stereo_axis;
        const Vector3d apart = views[1].source_in_world_mm() - views[0].source_in_world_mm();
        BOOST_TEST(std::abs(apart.dot(axis)) < rounding_mm);
        // About the axis view 1 is ahead of view 0, and the middle between them is the C-arm.
        BOOST_TEST(axis.dot(views[0].source_in_world_mm().cross(views[1].source_in_world_mm())) >
                   0.0);
        const Eigen::Quaterniond first = views[0].view_from_world.rotation.conjugate();
        const Eigen::Quaterniond second = views[1].view_from_world.rotation.conjugate();
        BOOST_TEST(angle_between_rad(
                       first.slerp(0.5, second),
                       world_from_view_rotation({spec.primary_angle_rad, spec.secondary_angle_rad,
                                                 spec.detector_rotation_rad})) < rounding);
    }
    BOOST_TEST(taken > 150);
}

BOOST_AUTO_TEST_CASE(secondary_axis_sets_the_sources_apart_vertically) {
    StereoRigSpec spec;
    spec.stereo_angle_rad = 0.2;
    spec.stereo_axis = Vector3d::UnitX();
    const StereoViews views = make_stereo_rig(spec);
    BOOST_TEST(std::abs(c_arm_angles(views[0]).secondary_rad + 0.1) < rounding);
    BOOST_TEST(std::abs(c_arm_angles(views[1]).secondary_rad - 0.1) < rounding);
    // along the mean beam, no turn parts the central rays
    spec.stereo_axis = Vector3d::UnitY();
    BOOST_CHECK_THROW((void)make_stereo_rig(spec), Error);
}

BOOST_AUTO_TEST_CASE(detector_turns_clockwise_about_the_principal_point) {
    const Vector3d point(40.0, 25.0, -30.0);
    const XrayView straight = c_arm(20.0, 10.0);
    const XrayView turned = c_arm(20.0, 10.0, 30.0);
    const Vector2d before = straight.project(point) - straight.principal_point_px;
    const Vector2d after = turned.project(point) - turned.principal_point_px;
    BOOST_TEST((Eigen::Rotation2Dd(-30.0 * degree) * before - after).norm() < rounding_px);
}

BOOST_AUTO_TEST_CASE(pixels_need_not_be_square) {
    StereoRigSpec spec;
    const Vector3d point(40.0, 25.0, -30.0);
    const Vector2d square = make_stereo_rig(spec)[0].project(point);
    const Vector2d middle(511.5, 511.5);
    spec.pixel_pitch_mm = {0.25, 0.5};
    const Vector2d tall = make_stereo_rig(spec)[0].project(point);
    BOOST_TEST(((square - middle).cwiseProduct(Vector2d(1.0, 0.5)) - (tall - middle)).norm() <
               rounding_px);
}

BOOST_AUTO_TEST_CASE(rig_file_takes_one_pitch_or_two_and_named_axes) {
    const StereoRigSpec plain = read(detector);
    BOOST_TEST(plain.pixel_pitch_mm == Vector2d(0.5, 0.5));
    BOOST_TEST(plain.stereo_axis == Vector3d::UnitZ());
    BOOST_TEST(std::abs(plain.primary_angle_rad - pi) < 1e-15);
    BOOST_TEST(plain.secondary_angle_rad == 0.0);
    const StereoRigSpec full = read(
        "primary_angle_deg: -30\nsecondary_angle_deg: 20\nstereo_axis: secondary\n"
        "detector: { width_px: 10, height_px: 20, pixel_pitch_mm: [0.5, 0.4], "
        "rotation_deg: 45 }\n");
    BOOST_TEST(full.pixel_pitch_mm == Vector2d(0.5, 0.4));
    BOOST_TEST(full.stereo_axis == Vector3d::UnitX());
    BOOST_TEST(std::abs(full.primary_angle_rad + 30.0 * degree) < 1e-15);
    BOOST_TEST(std::abs(full.secondary_angle_rad - 20.0 * degree) < 1e-15);
    BOOST_TEST(std::abs(full.detector_rotation_rad - 45.0 * degree) < 1e-15);
    BOOST_TEST(read("stereo_axis: [0, 1, 2]\n" + detector).stereo_axis == Vector3d(0, 1, 2));
}

BOOST_AUTO_TEST_CASE(rig_file_errors_name_line_and_key) {
    for (const std::string key :
         {"stereo_axis: [0, 0, 0]", "stereo_axis: [0, 1, 0]", "stereo_axis: tilt",
          "stereo_axis: [1, 2]", "secondary_angle_deg: 91", "orbit_deg: 3"}) {
        std::string message;
        try {
            (void)read(key + "\n" + detector);
        } catch (const Error& error) {
            message = error.what();
        }
        BOOST_TEST(message.starts_with("rig.yaml:5: "), key << " gave '" << message << "'");
        BOOST_TEST(message.find(key.substr(0, key.find(':'))) != std::string::npos, message);
    }
}
