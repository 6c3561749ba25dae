#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/projector/analytic.hpp>

#include <cmath>
#include <functional>
#include <numbers>

using namespace drr;
using Eigen::Vector2d;
using Eigen::Vector3d;

namespace {

constexpr AnalyticOptions centre_sampling{.samples_per_pixel = 1};

// Line integrals are stored as float: half a unit in the last place, and the sums before it.
constexpr double float_rounding = 1.2e-7;

XrayView small_view(int size_px = 96, double pitch_mm = 2.5) {
    StereoRigSpec spec;
    spec.width_px = size_px;
    spec.height_px = size_px + 7;  // not square: rows and columns must not be mixed up
    spec.pixel_pitch_mm.setConstant(pitch_mm);
    spec.stereo_angle_rad = 0.6;
    spec.principal_offset_px = {3.3, -5.7};
    return make_stereo_rig(spec)[1];
}

Rigid3 turned(double x, double y, double z, const Vector3d& at = Vector3d::Zero()) {
    return {rotation_from_vector({x, y, z}), at};
}

// Solid angle of a pixel as seen from the source, to second order in its size.
double solid_angle(const XrayView& view, int u, int v) {
    const double distance = view.pixel_in_view_mm({u, v}).norm();
    return view.pixel_pitch_mm.prod() * view.sdd_mm / std::pow(distance, 3.0);
}

double sum_over_solid_angle(const Image<float>& image, const XrayView& view) {
    double sum = 0.0;
    for (int v = 0; v < image.height(); ++v)
        for (int u = 0; u < image.width(); ++u)
            sum += static_cast<double>(image(u, v)) * solid_angle(view, u, v);
    return sum;
}

// Where the bead's shadow has its middle: the shadow is symmetric about the ray to the centre of
// the ball, so the mean of ray directions weighted by any function of the line integral is that
// ray.
Vector2d shadow_centre(const Image<float>& image, const XrayView& view) {
    Vector3d mean = Vector3d::Zero();
    for (int v = 0; v < image.height(); ++v)
        for (int u = 0; u < image.width(); ++u) {
            const double absorbed = -std::expm1(-static_cast<double>(image(u, v)));
            mean += absorbed * solid_angle(view, u, v) * view.pixel_in_view_mm({u, v}).normalized();
        }
    return view.calibrated().pinhole.project(mean);
}

}  // namespace

// The rows of the projector, stepping along in each shape's frame within its footprint, against
// one ray at a time through all shapes in the world.
BOOST_AUTO_TEST_CASE(every_pixel_is_the_signed_sum_of_chords) {
    const XrayView view = small_view();
    const std::vector<PlacedSolid> solids = {
        {{Box{{100.0, 60.0, 80.0}}, turned(0.3, -0.2, 1.0)}, 0.02, 1},
        {{Box{{90.0, 50.0, 70.0}}, turned(0.3, -0.2, 1.0)}, 0.02, -1},
        {{Cylinder{20.0, 150.0}, turned(1.1, 0.4, 0.0, {30.0, 10.0, -20.0})}, 0.05, 1},
        {{Sphere{35.0}, turned(0.0, 0.0, 0.0, {-60.0, 40.0, 50.0})}, 0.01, 1},
        {{Box{{400.0, 3.0, 5.0}}, turned(0.0, 0.0, 0.1, {0.0, 0.0, 70.0})}, 0.03, 1},
        {{Sphere{9.0}, turned(0.0, 0.0, 0.0, {140.0, 0.0, 120.0})}, 0.5, 1},  // off the border
    };
    const Image<float> image = AnalyticProjector(solids, centre_sampling).line_integrals(view);
    const Vector3d source = view.source_in_world_mm();
    int hit = 0;
    for (int v = 0; v < image.height(); ++v)
        for (int u = 0; u < image.width(); ++u) {
            const Vector3d direction = (view.pixel_in_world_mm({u, v}) - source).normalized();
            double expected = 0.0;
            for (const PlacedSolid& solid : solids)
                expected +=
                    solid.sign * solid.mu_per_mm * chord(solid.shape, source, direction).length();
            hit += expected > 0.0 ? 1 : 0;
            // grazing rays: the square root makes 1e-6 mm of the rounding of 1000 mm
            BOOST_TEST(std::abs(image(u, v) - expected) < float_rounding * expected + 1e-6);
        }
    BOOST_TEST(hit > image.width() * image.height() / 4);
}

// Integral of 1/r^2 over a ball of radius a whose centre is R away, which is what chords sum up to
// over solid angle: 2 pi a - pi (R^2 - a^2) / R ln((R + a) / (R - a)).
BOOST_AUTO_TEST_CASE(a_ball_has_its_whole_mass_in_the_image) {
    const XrayView view = small_view(256, 1.0);
    const Vector3d centre(20.0, -35.0, 15.0);
    constexpr double a = 30.0;
    const double mu = 0.02;
    const double distance = (centre - view.source_in_world_mm()).norm();
    const double expected = mu * (2.0 * std::numbers::pi * a -
                                  std::numbers::pi * (distance * distance - a * a) / distance *
                                      std::log((distance + a) / (distance - a)));
    const AnalyticProjector projector({{{Sphere{a}, turned(0, 0, 0, centre)}, mu, 1}});
    const double sum = sum_over_solid_angle(projector.line_integrals(view), view);
    // 80 pixels across: the midpoint rule is off by some (1/80)^1.5 / sqrt(80) at the rim
    BOOST_TEST(std::abs(sum / expected - 1.0) < 2e-4);
}

// The same integral for a cuboid by the midpoint rule over its volume.
BOOST_AUTO_TEST_CASE(a_box_has_its_whole_mass_in_the_image) {
    const XrayView view = small_view(256, 1.0);
    const Vector3d size(50.0, 90.0, 30.0);
    const Rigid3 pose = turned(0.7, 0.2, -0.4, {10.0, 20.0, -15.0});
    constexpr int n = 40;
    double expected = 0.0;
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
            for (int k = 0; k < n; ++k) {
                const Vector3d unit((i + 0.5) / n - 0.5, (j + 0.5) / n - 0.5, (k + 0.5) / n - 0.5);
                const Vector3d point = pose * unit.cwiseProduct(size);
                expected +=
                    size.prod() / (n * n * n) / (point - view.source_in_world_mm()).squaredNorm();
            }
    const AnalyticProjector projector({{{Box{size}, pose}, 0.02, 1}});
    const double sum = sum_over_solid_angle(projector.line_integrals(view), view);
    BOOST_TEST(std::abs(sum / (0.02 * expected) - 1.0) < 1e-3);  // some 60 pixels across
}

BOOST_AUTO_TEST_CASE(a_box_less_its_cavity_is_its_walls) {
    const XrayView view = small_view();
    const Rigid3 pose = turned(0.4, 0.1, 0.3);
    const auto part = [&](const Vector3d& size, const Vector3d& at, int sign) {
        return PlacedSolid{{Box{size}, pose * turned(0, 0, 0, at)}, 0.05, sign};
    };
    const AnalyticProjector hollow({part({80, 60, 50}, {0, 0, 0}, 1),  //
                                    part({76, 56, 46}, {0, 0, 0}, -1)});
    const AnalyticProjector walls(
        {part({80, 60, 2}, {0, 0, 24}, 1), part({80, 60, 2}, {0, 0, -24}, 1),
         part({80, 2, 46}, {0, 29, 0}, 1), part({80, 2, 46}, {0, -29, 0}, 1),
         part({2, 56, 46}, {39, 0, 0}, 1), part({2, 56, 46}, {-39, 0, 0}, 1)});
    const Image<float> a = hollow.line_integrals(view);
    const Image<float> b = walls.line_integrals(view);
    double greatest = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        BOOST_TEST(std::abs(a.pixels()[i] - b.pixels()[i]) < 2.0 * float_rounding * 4.0);
        greatest = std::max(greatest, static_cast<double>(a.pixels()[i]));
    }
    BOOST_TEST(greatest > 0.5);
}

// A bead of the default experiment at many positions within a pixel, in an oblique corner of it.
BOOST_AUTO_TEST_CASE(the_shadow_of_a_bead_is_centred_where_its_centre_projects) {
    StereoRigSpec spec;
    spec.stereo_angle_rad = 0.5;
    const XrayView view = make_stereo_rig(spec)[0];
    Rng rng({.seed = 11});
    const double steel = attenuation_per_mm("steel", 60.0);
    double squares_centre = 0.0;
    double squares_area = 0.0;
    constexpr int n = 12;
    for (int i = 0; i < n; ++i) {
        const Vector3d centre(rng.uniform(40.0, 60.0), rng.uniform(-60.0, 60.0),
                              rng.uniform(40.0, 60.0));
        const std::vector<PlacedSolid> bead = {
            {{Sphere{1.5875}, turned(0, 0, 0, centre)}, steel, 1}};
        const auto error_px = [&](const AnalyticOptions& options) {
            const Image<float> image = AnalyticProjector(bead, options).line_integrals(view);
            return (shadow_centre(image, view) - view.project(centre)).norm();
        };
        const double area = error_px({});
        BOOST_TEST(area < 0.005);  // a quarter of the 0.02 px that a detector reaches
        squares_area += area * area;
        squares_centre += std::pow(error_px(centre_sampling), 2.0);
    }
    BOOST_TEST(squares_area < 0.25 * squares_centre);  // what area sampling is for
}

// The intensity that a pixel receives converges with the number of samples.
BOOST_AUTO_TEST_CASE(area_sampling_converges) {
    const XrayView view = small_view(64, 0.25);
    const std::vector<PlacedSolid> rod = {{{Cylinder{0.7, 6.0}, turned(0.4, 0.8, 0.3)}, 5.0, 1}};
    const auto transmission = [&](int samples) {
        Image<float> image =
            AnalyticProjector(rod, {.samples_per_pixel = samples}).line_integrals(view);
        for (float& value : image.pixels())
            value = std::exp(-value);
        return image;
    };
    const Image<float> reference = transmission(32);
    const auto rms = [&](int samples) {
        const Image<float> image = transmission(samples);
        double sum = 0.0;
        for (std::size_t i = 0; i < image.size(); ++i)
            sum += std::pow(image.pixels()[i] - reference.pixels()[i], 2.0);
        return std::sqrt(sum / static_cast<double>(image.size()));
    };
    const double errors[] = {rms(1), rms(2), rms(4), rms(8)};
    BOOST_TEST(errors[0] > 1e-3);  // the edges are there
    for (int i = 0; i < 3; ++i)    // at least first order at a jump in the chord
        BOOST_TEST(errors[i + 1] < 0.6 * errors[i]);
}

BOOST_AUTO_TEST_CASE(thick_metal_stays_finite) {
    const XrayView view = small_view(32, 0.25);
    const AnalyticProjector lead({{{Sphere{2.0}, {}}, 1000.0, 1}});
    const Image<float> image = lead.line_integrals(view);
    for (const float value : image.pixels())
        BOOST_TEST((std::isfinite(value) && value >= 0.0F && value <= 4001.0F));
}

BOOST_AUTO_TEST_CASE(rays_run_from_the_source_to_the_pixel) {
    const XrayView view = small_view(16, 10.0);
    const Rigid3 world_from_view = view.view_from_world.inverse();
    const auto at_depth = [&](double z, double edge) {
        const std::vector<PlacedSolid> solid = {
            {{Box{{edge, edge, edge}}, world_from_view * turned(0, 0, 0, {0, 0, z})}, 0.01, 1}};
        return AnalyticProjector(solid).line_integrals(view);
    };
    for (const double depth : {-500.0, view.sdd_mm + 200.0}) {  // behind the source, the detector
        const Image<float> image = at_depth(depth, 100.0);
        for (const float value : image.pixels())
            BOOST_TEST(value == 0.0F);
    }
    const Image<float> all_around = at_depth(0.0, 10000.0);
    for (int v = 0; v < all_around.height(); ++v)
        for (int u = 0; u < all_around.width(); ++u) {
            const double expected = 0.01 * view.pixel_in_view_mm({u, v}).norm();
            BOOST_TEST(std::abs(all_around(u, v) - expected) < 2.0 * float_rounding * expected);
        }
}

BOOST_AUTO_TEST_CASE(same_bytes_with_one_and_two_threads) {
    const MarkerPhantom phantom = read_phantom(test::phantoms() / "small_lego_cube.yaml");
    const AnalyticProjector projector(place_phantom(phantom, turned(0.2, 0.1, -0.1), 60.0));
    const XrayView view = small_view(256, 1.0);
    const auto with_threads = [&](int threads) {
        const ThreadLimit limit(threads);
        return projector.line_integrals(view);
    };
    const Image<float> one = with_threads(1);
    BOOST_TEST((one == with_threads(2)));
    for (const float value : one.pixels())
        BOOST_TEST(value > -1e-6F);  // cavities lie within what they are cut from
}

BOOST_AUTO_TEST_CASE(a_phantom_is_placed_by_its_pose) {
    MarkerPhantom phantom;
    phantom.beads = {{1, "b01", {10.0, 0.0, 0.0}, 3.0, "steel"}};
    phantom.references = {{2, "r", {0.0, 10.0, 0.0}, 2.0, "lead"}};
    phantom.bodies = {{"slab", {Box{{1, 2, 3}}, turned(0, 0, 0.5, {1, 2, 3})}, "abs", -1}};
    const Rigid3 pose = turned(0.1, 0.2, 0.3, {5.0, 6.0, 7.0});
    const auto solids = place_phantom(phantom, pose, 60.0);
    BOOST_REQUIRE(solids.size() == 3U);
    BOOST_TEST(solids[0].sign == -1);
    BOOST_TEST(
        (solids[0].shape.parent_from_shape.translation_mm - pose * Vector3d(1, 2, 3)).norm() <
        1e-12);
    BOOST_TEST(
        (solids[1].shape.parent_from_shape.translation_mm - pose * phantom.beads[0].center_mm)
            .norm() < 1e-12);
    BOOST_TEST(std::get<Sphere>(solids[1].shape.form).radius_mm == 1.5);
    BOOST_TEST(solids[2].mu_per_mm == attenuation_per_mm("lead", 60.0));
    phantom.beads[0].material = "cheese";
    BOOST_CHECK_THROW((void)place_phantom(phantom, pose, 60.0), Error);
}

BOOST_AUTO_TEST_CASE(wrong_solids_options_and_views_are_refused) {
    const PlacedSolid good{{Sphere{1.0}, {}}, 0.1, 1};
    const auto refused = [&](const std::function<void(PlacedSolid&, AnalyticOptions&)>& change) {
        PlacedSolid solid = good;
        AnalyticOptions options;
        change(solid, options);
        BOOST_CHECK_THROW(AnalyticProjector({solid}, options), Error);
    };
    refused([](auto& solid, auto&) { solid.sign = 0; });
    refused([](auto& solid, auto&) { solid.mu_per_mm = -0.1; });
    refused([](auto& solid, auto&) { solid.mu_per_mm = std::nan(""); });
    refused([](auto& solid, auto&) { solid.shape.form = Sphere{0.0}; });
    refused([](auto&, auto& options) { options.samples_per_pixel = 0; });
    BOOST_CHECK_THROW((void)AnalyticProjector({good}).line_integrals(XrayView{}), Error);
}
