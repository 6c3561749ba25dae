#include "random_view.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/distortion.hpp>
#include <drr/geometry/rescaled_px.hpp>
#include <drr/geometry/stereo_rig.hpp>

#include <numbers>

using namespace drr;

namespace {

constexpr double rounding = 1e-9;  // of sums of a few products of numbers up to 1e4

Eigen::Vector3d random_vector(Rng& rng, double size) {
    return {rng.uniform(-size, size), rng.uniform(-size, size), rng.uniform(-size, size)};
}

StereoRigSpec example_rig() {
    StereoRigSpec spec;
    spec.stereo_angle_rad = 0.3;
    spec.primary_angle_rad = -2.4;
    spec.secondary_angle_rad = 0.3;
    spec.detector_rotation_rad = 0.2;
    spec.stereo_axis = {0.2, -0.3, 1.1};
    spec.pixel_pitch_mm = {0.25, 0.3};
    spec.principal_offset_px = {3.5, -2.0};
    spec.isocentre_mm = Eigen::Vector3d(10.0, -20.0, 30.0);
    return spec;
}

}  // namespace

BOOST_AUTO_TEST_CASE(rotation_vector_round_trip) {
    Rng rng({.seed = 1});
    for (int i = 0; i < 100; ++i) {
        const Eigen::Vector3d v = random_vector(rng, 1.7);
        BOOST_TEST((vector_from_rotation(rotation_from_vector(v)) - v).norm() < rounding);
        BOOST_TEST((rotation_from_vector(v).toRotationMatrix() -
                    Eigen::AngleAxisd(v.norm(), v.normalized()).toRotationMatrix())
                       .norm() < rounding);
    }
    const Eigen::Vector3d tiny(1e-10, 2e-10, 0.0);
    BOOST_TEST((vector_from_rotation(rotation_from_vector(tiny)) - tiny).norm() < 1e-20);
}

BOOST_AUTO_TEST_CASE(motions_compose_and_invert) {
    Rng rng({.seed = 2});
    const Rigid3 a_from_b(rotation_from_vector(random_vector(rng, 1.0)), random_vector(rng, 50.0));
    const Rigid3 b_from_c(rotation_from_vector(random_vector(rng, 1.0)), random_vector(rng, 50.0));
    const Eigen::Vector3d p = random_vector(rng, 100.0);
    BOOST_TEST(((a_from_b * b_from_c) * p - a_from_b * (b_from_c * p)).norm() < rounding);
    BOOST_TEST((a_from_b.inverse() * (a_from_b * p) - p).norm() < rounding);
}

BOOST_AUTO_TEST_CASE(mean_rotation_of_symmetric_pair_is_the_middle) {
    const Eigen::Vector3d v(0.1, 0.2, -0.05);
    const auto mean = mean_rotation({rotation_from_vector(v), rotation_from_vector(-v)});
    BOOST_TEST(vector_from_rotation(mean).norm() < rounding);
}

// Projection matrix against ray casting: the ray from the source through a projected pixel meets
// the point again.
BOOST_AUTO_TEST_CASE(projection_matrix_agrees_with_ray_casting) {
    Rng rng({.seed = 3});
    for (const XrayView& view : make_stereo_rig(example_rig())) {
        for (int i = 0; i < 50; ++i) {
            const Eigen::Vector3d p = *example_rig().isocentre_mm + random_vector(rng, 100.0);
            const Eigen::Vector2d pixel = view.project(p);
            BOOST_TEST((project(view.calibrated().projection_matrix(), p) - pixel).norm() <
                       rounding);
            const Eigen::Vector3d source = view.source_in_world_mm();
            const Eigen::Vector3d ray = (view.pixel_in_world_mm(pixel) - source).normalized();
            BOOST_TEST((p - source).cross(ray).norm() < rounding);
            BOOST_TEST((view.calibrated().ray_in_world(pixel) - ray).norm() < rounding);
        }
    }
}

BOOST_AUTO_TEST_CASE(rig_stands_as_documented) {
    StereoRigSpec spec;
    spec.stereo_angle_rad = 0.2;
    const auto views = make_stereo_rig(spec);
    // Both central rays pass the isocentre, and it lies at the specified distance.
    for (const auto& view : views) {
        BOOST_TEST((view.project(Eigen::Vector3d::Zero()) - view.principal_point_px).norm() <
                   rounding);
        BOOST_TEST(std::abs((view.view_from_world * Eigen::Vector3d::Zero()).z() - 900.0) <
                   rounding);
        // superior is up, the patient's left at the right
        BOOST_TEST(view.project({0.0, 0.0, 10.0}).y() < view.principal_point_px.y());
        BOOST_TEST(view.project({10.0, 0.0, 0.0}).x() > view.principal_point_px.x());
        BOOST_TEST(view.source_in_world_mm().y() < 0.0);  // anterior
    }
    BOOST_TEST(std::abs(stereo_angle_rad(views[0].calibrated(), views[1].calibrated()) - 0.2) <
               rounding);
    BOOST_TEST(std::abs(baseline_mm(views) - 2.0 * 900.0 * std::sin(0.1)) < rounding);
}

BOOST_AUTO_TEST_CASE(projection_matrix_is_split_into_its_parts) {
    for (const XrayView& view : make_stereo_rig(example_rig())) {
        const CalibratedView truth = view.calibrated();
        for (const double scale : {1.0, -3.0, 1e-4}) {
            const auto [found, skew] = decompose_projection(scale * truth.projection_matrix());
            BOOST_TEST(std::abs(found.pinhole.fx_px - truth.pinhole.fx_px) < 1e-6);
            BOOST_TEST(std::abs(found.pinhole.fy_px - truth.pinhole.fy_px) < 1e-6);
            BOOST_TEST(std::abs(found.pinhole.cx_px - truth.pinhole.cx_px) < 1e-6);
            BOOST_TEST(std::abs(found.pinhole.cy_px - truth.pinhole.cy_px) < 1e-6);
            BOOST_TEST(std::abs(skew) < 1e-6);
            BOOST_TEST((found.source_in_world_mm() - truth.source_in_world_mm()).norm() < 1e-6);
            BOOST_TEST(angle_between_rad(found.view_from_world.rotation,
                                         truth.view_from_world.rotation) < 1e-9);
        }
    }
    Matrix34d parallel = Matrix34d::Identity();
    parallel(2, 2) = 0.0;
    parallel(2, 3) = 1.0;
    BOOST_CHECK_THROW((void)decompose_projection(parallel), Error);
}

BOOST_AUTO_TEST_CASE(distortion_is_inverted) {
    const BrownConrady distortion{{0.2, -0.1, 0.003, -0.002, 0.05, 0.01, 0.0, 0.0}};
    Rng rng({.seed = 4});
    for (int i = 0; i < 100; ++i) {
        const Eigen::Vector2d p(rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.3));
        const auto back = distortion.undistort(distortion.distort(p));
        BOOST_REQUIRE(back.has_value());
        BOOST_TEST((*back - p).norm() < 1e-11);
    }
    BOOST_TEST(BrownConrady{}.is_none());
}

// Three small pixels stand where a large one does, the middle one about its centre.
BOOST_AUTO_TEST_CASE(rescaled_pixels_share_the_image_edges) {
    constexpr double rounding_px = 1e-12;
    BOOST_TEST(std::abs(rescaled_px(0.0, 3.0) - 1.0) < rounding_px);
    BOOST_TEST(std::abs(rescaled_px(5.0, 3.0) - 16.0) < rounding_px);
    BOOST_TEST(std::abs(rescaled_px(-0.5, 2.0) + 0.5) < rounding_px);
    BOOST_TEST(std::abs(rescaled_px(16.0, 1.0 / 3.0) - 5.0) < rounding_px);
    // Of four columns and eight rows in blocks of 2 x 2: the last edges are 1.5 and 3.5.
    const Eigen::Vector2d coarse = rescaled_px(Eigen::Vector2d(3.5, 7.5), 0.5);
    BOOST_TEST((coarse - Eigen::Vector2d(1.5, 3.5)).norm() < rounding_px);
}

BOOST_AUTO_TEST_CASE(a_finer_view_cuts_every_pixel_into_parts) {
    XrayView view;
    view.sdd_mm = 1000.0;
    view.pixel_pitch_mm = {0.3, 0.2};
    view.width_px = 40;
    view.height_px = 30;
    view.principal_point_px = {17.25, 12.5};
    const XrayView fine = finer(view, 3);
    BOOST_TEST(fine.width_px == 120);
    BOOST_TEST(fine.height_px == 90);
    for (const Eigen::Vector2d& pixel : {Eigen::Vector2d(0, 0), Eigen::Vector2d(39, 7)})
        // the middle one of a pixel's parts stands where the pixel does
        BOOST_TEST((fine.pixel_in_view_mm(3.0 * pixel + Eigen::Vector2d(1, 1)) -
                    view.pixel_in_view_mm(pixel))
                       .norm() < 1e-12);
    BOOST_CHECK_THROW((void)finer(view, 0), Error);
}

BOOST_AUTO_TEST_CASE(a_moved_source_sees_every_pixel_where_it_was) {
    Rng rng({.seed = 21});
    for (int i = 0; i < 20; ++i) {
        const XrayView view = test::random_view(rng);
        const Eigen::Vector2d offset_mm(rng.uniform(-3.0, 3.0), rng.uniform(-3.0, 3.0));
        const XrayView moved = moved_source(view, offset_mm);
        constexpr double rounding_mm = 1e-9;
        for (const Eigen::Vector2d& pixel : {Eigen::Vector2d(0, 0), Eigen::Vector2d(300, 17)})
            BOOST_TEST((moved.pixel_in_world_mm(pixel) - view.pixel_in_world_mm(pixel)).norm() <
                       rounding_mm);
        const Rigid3 world_from_view = view.view_from_world.inverse();
        const Eigen::Vector3d expected =
            world_from_view * Eigen::Vector3d(offset_mm.x(), offset_mm.y(), 0.0);
        BOOST_TEST((moved.source_in_world_mm() - expected).norm() < rounding_mm);
        // What lies in the detector's plane stays where it is in the image, what lies before it
        // moves the other way by the magnification less one.
        const double depth = rng.uniform(0.3, 0.9) * view.sdd_mm;
        const Eigen::Vector3d point = world_from_view * Eigen::Vector3d(5.0, -7.0, depth);
        const Eigen::Vector2d shift = moved.project(point) - view.project(point);
        BOOST_TEST(
            (shift.cwiseProduct(view.pixel_pitch_mm) + (view.sdd_mm / depth - 1.0) * offset_mm)
                .norm() < rounding_mm);
    }
}

BOOST_AUTO_TEST_CASE(rig_file_round_trip) {
    const StereoRigSpec spec = example_rig();
    const StereoRigSpec back = read_rig_keys(parse_yaml(rig_yaml(spec), "rig.yaml", "rig"));
    BOOST_TEST(back.sdd_mm == spec.sdd_mm);
    BOOST_TEST(std::abs(back.stereo_angle_rad - spec.stereo_angle_rad) < 1e-15);
    BOOST_TEST(std::abs(back.primary_angle_rad - spec.primary_angle_rad) < 1e-15);
    BOOST_TEST(std::abs(back.secondary_angle_rad - spec.secondary_angle_rad) < 1e-15);
    BOOST_TEST(std::abs(back.detector_rotation_rad - spec.detector_rotation_rad) < 1e-15);
    BOOST_TEST(back.stereo_axis == spec.stereo_axis);
    BOOST_TEST(back.pixel_pitch_mm == spec.pixel_pitch_mm);
    BOOST_TEST(back.principal_offset_px == spec.principal_offset_px);
    BOOST_TEST(*back.isocentre_mm == *spec.isocentre_mm);
    BOOST_TEST(back.width_px == spec.width_px);
}

BOOST_AUTO_TEST_CASE(rig_file_refuses_an_isocentre_behind_the_detector) {
    StereoRigSpec spec = example_rig();
    spec.source_isocentre_mm = 1300.0;
    BOOST_CHECK_THROW((void)read_rig_keys(parse_yaml(rig_yaml(spec), "rig.yaml", "rig")), Error);
    BOOST_CHECK_THROW((void)make_stereo_rig(spec), Error);
}
