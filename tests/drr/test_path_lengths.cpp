#include "instruction_sets.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/projector/path_lengths.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

using namespace drr;
using Eigen::Vector2d;
using Eigen::Vector3d;

namespace {

SolidPart solid(const Shape& shape, const std::string& material, int sign = 1) {
    return {"", shape, material, sign};
}

Rigid3 at(const Vector3d& place) {
    return {Eigen::Quaterniond::Identity(), place};
}

// A square detector of the stereo rig that looks at the origin from a side.
XrayView small_view(int size_px, double pitch_mm, double magnification = 4.0 / 3.0) {
    StereoRigSpec spec;
    spec.sdd_mm = 1200.0;
    spec.source_isocentre_mm = spec.sdd_mm / magnification;
    spec.width_px = size_px;
    spec.height_px = size_px + 3;
    spec.pixel_pitch_mm.setConstant(pitch_mm);
    spec.stereo_angle_rad = 0.6;
    return make_stereo_rig(spec)[1];
}

// Chords by the distance of the centre from the ray.
double ball_chord(const Vector3d& source, const Vector3d& pixel, const Vector3d& centre,
                  double radius) {
    const Vector3d ray = (pixel - source).normalized();
    const double distance = ray.cross(centre - source).norm();
    return distance < radius ? 2.0 * std::sqrt(radius * radius - distance * distance) : 0.0;
}

// The share of the beam that a pixel does not get, by n x n rays through its area.
double absorbed_in_pixel(const XrayView& view, int u, int v, int n,
                         const std::function<double(const Vector3d&)>& line_integral) {
    double sum = 0.0;
    for (int j = 0; j < n; ++j)
        for (int i = 0; i < n; ++i)
            sum -= std::expm1(-line_integral(
                view.pixel_in_world_mm({u + (i + 0.5) / n - 0.5, v + (j + 0.5) / n - 0.5})));
    return sum / (n * n);
}

Vector2d centroid(const Image<double>& image) {
    Vector2d mean = Vector2d::Zero();
    double sum = 0.0;
    for (int v = 0; v < image.height(); ++v)
        for (int u = 0; u < image.width(); ++u) {
            mean += image(u, v) * Vector2d(u, v);
            sum += image(u, v);
        }
    return mean / sum;
}

Image<double> absorbed(const Image<float>& line_integrals) {
    Image<double> image(line_integrals.width(), line_integrals.height());
    std::transform(line_integrals.pixels().begin(), line_integrals.pixels().end(),
                   image.pixels().begin(),
                   [](float x) { return -std::expm1(-static_cast<double>(x)); });
    return image;
}

}  // namespace

BOOST_AUTO_TEST_CASE(finer_pixels_need_fewer_samples_each) {
    const auto samples = [](int of_whole, int parts) {
        return finer(AnalyticOptions{.samples_per_pixel = of_whole}, parts).samples_per_pixel;
    };
    BOOST_TEST(samples(10, 1) == 10);
    BOOST_TEST(samples(10, 2) == 5);
    BOOST_TEST(samples(10, 3) == 4);
    BOOST_TEST(samples(3, 8) == 2);
    BOOST_TEST(samples(1, 2) == 1);  // a ray through the centre of every pixel
    const auto rays_within = [](int of_whole, int parts) {
        return finer(AnalyticOptions{.rays_within = of_whole}, parts).rays_within;
    };
    BOOST_TEST(rays_within(4, 1) == 4);
    BOOST_TEST(rays_within(4, 2) == 2);
    BOOST_TEST(rays_within(6, 2) == 4);
    BOOST_TEST(rays_within(4, 8) == 2);
}

// What the default number of samples was chosen for. The reference integrates the shadow of the
// ball over each pixel on a grid of its own. Beads of the phantoms: 1 mm to 5 mm, steel, tantalum
// and lead.
BOOST_AUTO_TEST_CASE(the_centroid_of_a_bead_is_that_of_its_exact_shadow) {
    constexpr double limit_px = 0.002;     // the most that may be asked of a detector, by far
    constexpr int reference_samples = 61;  // prime to the rays of the projector
    constexpr int trials = 6;
    Rng rng({.seed = 5});
    struct Case {
        const char* material;
        double radius_mm, magnification;
    };
    for (const Case& c :
         {Case{"steel", 1.5875, 1.33}, Case{"steel", 2.5, 1.33}, Case{"tantalum", 0.5, 1.33},
          Case{"lead", 0.6, 1.33}, Case{"steel", 1.5875, 1.1}, Case{"tantalum", 0.5, 2.0}}) {
        const XrayView view = small_view(40, 0.25, c.magnification);
        const Vector3d source = view.source_in_world_mm();
        const double mu = attenuation_per_mm(c.material, 60.0);
        double worst_intensity = 0.0, worst_line_integral = 0.0;
        for (int trial = 0; trial < trials; ++trial) {
            const Vector3d centre(rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.3),
                                  rng.uniform(-0.3, 0.3));  // anywhere within a pixel
            const std::vector<SolidPart> bead{solid({Sphere{c.radius_mm}, at(centre)}, c.material)};
            const Image<float> image = line_integrals(path_lengths(bead, view), 60.0);
            Image<double> exact(view.width_px, view.height_px), exact_log = exact,
                                                                found_log = exact;
            const double reach_px = c.radius_mm * c.magnification / 0.25 + 2.0;
            for (int v = 0; v < view.height_px; ++v)
                for (int u = 0; u < view.width_px; ++u) {
                    found_log(u, v) = static_cast<double>(image(u, v));
                    if ((Vector2d(u, v) - view.project(centre)).norm() > reach_px) continue;
                    exact(u, v) =
                        absorbed_in_pixel(view, u, v, reference_samples, [&](const Vector3d& p) {
                            return mu * ball_chord(source, p, centre, c.radius_mm);
                        });
                    exact_log(u, v) = -std::log1p(-exact(u, v));
                }
            worst_intensity =
                std::max(worst_intensity, (centroid(absorbed(image)) - centroid(exact)).norm());
            worst_line_integral =
                std::max(worst_line_integral, (centroid(found_log) - centroid(exact_log)).norm());
        }
        BOOST_TEST_MESSAGE(c.material << ' ' << c.radius_mm << " mm, centroids off by at most "
                                      << worst_intensity << " px in intensity, "
                                      << worst_line_integral << " in line integral");
        BOOST_TEST(worst_intensity < limit_px);
        BOOST_TEST(worst_line_integral < limit_px);
    }
}

// Lengths of each material and sign, by one chord at a time in the world.
BOOST_AUTO_TEST_CASE(every_pixel_has_the_signed_chords_of_each_material) {
    const XrayView view = small_view(64, 2.5);
    const auto turned = [](double x, double y, double z, const Vector3d& place) {
        return Rigid3(rotation_from_vector({x, y, z}), place);
    };
    const std::vector<SolidPart> solids = {
        solid({Box{{60, 40, 80}}, turned(0.3, -0.2, 1.0, {0, 0, 0})}, "abs"),
        solid({Box{{50, 30, 70}}, turned(0.3, -0.2, 1.0, {0, 0, 0})}, "abs", -1),
        solid({Cylinder{20, 90}, turned(1.1, 0.4, 0.0, {30, 10, -20})}, "water"),
        solid({Cylinder{15, 91}, turned(1.1, 0.4, 0.0, {30, 10, -20})}, "water", -1),
        solid({Sphere{35}, turned(0, 0, 0, {-60, 40, 50})}, "aluminium"),
        solid({Box{{20, 3, 5}}, turned(0, 0, 0.1, {0, 0, 70})}, "water"),
    };
    const PathLengths found = path_lengths(solids, view);
    const std::vector<std::string> expected{"abs", "water", "aluminium"};
    BOOST_TEST(found.materials == expected, boost::test_tools::per_element());
    BOOST_TEST(found.sampled.empty());  // nothing is dense
    const Vector3d source = view.source_in_world_mm();
    std::array<int, 3> met{};
    for (int v = 0; v < view.height_px; ++v)
        for (int u = 0; u < view.width_px; ++u) {
            const Vector3d direction = (view.pixel_in_world_mm({u, v}) - source).normalized();
            for (std::size_t m = 0; m < expected.size(); ++m) {
                double sum = 0.0;
                for (const SolidPart& part : solids)
                    if (part.material == expected[m])
                        sum += part.sign * chord(part.shape, source, direction).length();
                met[m] += sum != 0.0 ? 1 : 0;
                // float, and for grazing rays the square root of the rounding of 1000 mm
                BOOST_TEST(std::abs(found.mean_mm[m](u, v) - sum) < 1e-7 * std::abs(sum) + 2e-5);
            }
        }
    for (const int pixels : met)
        BOOST_TEST(pixels > 50);
}

// Where quotients are 0/0: the ray through the middle pixel runs along the axes of forms, within
// them, beside them, and from the source or to the pixel inside them.
BOOST_AUTO_TEST_CASE(rays_along_axes_have_the_lengths_of_forms) {
    XrayView view;
    view.sdd_mm = 1000.0;
    view.pixel_pitch_mm = {1.0, 1.0};
    view.principal_point_px = {1.0, 1.0};
    view.width_px = view.height_px = 3;
    const std::vector<std::pair<Shape, double>> cases{
        {{Box{{4, 6, 8}}, at({0, 0, 900})}, 8.0},    {{Box{{4, 6, 8}}, at({3, 0, 900})}, 0.0},
        {{Box{{4, 6, 200}}, at({0, 0, 50})}, 150.0}, {{Box{{4, 6, 100}}, at({0, 0, 1000})}, 50.0},
        {{Cylinder{3, 7}, at({0, 0, 900})}, 7.0},    {{Cylinder{3, 7}, at({2, 2, 900})}, 7.0},
        {{Cylinder{3, 7}, at({0, 4, 900})}, 0.0},    {{Cylinder{3, 200}, at({0, 0, 50})}, 150.0},
        {{Sphere{2}, at({0, 0, 900})}, 4.0},         {{Sphere{2}, at({0, 0, 1000})}, 2.0},
        {{Sphere{2}, at({0, 0, -10})}, 0.0},         {{Box{{4, 6, 8}}, at({0, 0, 1010})}, 0.0},
    };
    for (const bool single_precision : {false, true})
        for (const auto& [shape, length_mm] : cases) {
            const PathLengths found = path_lengths(std::vector{solid(shape, "abs")}, view,
                                                   {.single_precision = single_precision});
            // Where the source or a pixel ends it, a length is rounded as their distance is.
            BOOST_TEST(std::abs(found.mean_mm[0](1, 1) - length_mm) < 2e-7 * view.sdd_mm,
                       found.mean_mm[0](1, 1) << " in place of " << length_mm);
        }
}

// Two slabs of metal behind one another whose edges run through the middle of a column of pixels:
// on the same side they leave half of the pixel open, on opposite sides none of it.
BOOST_AUTO_TEST_CASE(where_edges_meet_in_a_pixel_rays_meet_both_or_one) {
    // From so far that rays are parallel.
    XrayView view;
    view.view_from_world = at({0, 0, 1e7});
    view.sdd_mm = 1e7 + 100.0;
    view.pixel_pitch_mm = {0.2, 0.2};
    view.principal_point_px = {4.0, 4.0};
    view.width_px = view.height_px = 9;
    const auto slab = [&](double side, double depth, const std::string& material) {
        return solid({Box{{2.0, 4.0, 0.5}}, at({side, 0, depth})}, material);
    };
    const double steel = 0.5 * attenuation_per_mm("steel", 60.0);
    const double lead = 0.5 * attenuation_per_mm("lead", 60.0);
    const auto middle = [&](double lead_side) {
        const PathLengths lengths = path_lengths(
            std::vector{slab(-1.0, 0.0, "steel"), slab(lead_side, 20.0, "lead")}, view);
        return std::exp(-static_cast<double>(line_integrals(lengths, 60.0)(4, 4)));
    };
    constexpr double tolerance = 2e-6;  // of float, and 1e-5 of the width of a pixel
    BOOST_TEST(std::abs(middle(-1.0) - 0.5 * (std::exp(-steel - lead) + 1.0)) < tolerance);
    BOOST_TEST(std::abs(middle(1.0) - 0.5 * (std::exp(-steel) + std::exp(-lead))) < tolerance);
}

// Rays along the axis of a cylinder, and along the edges of a box, where their own formulas would
// divide by zero.
BOOST_AUTO_TEST_CASE(rays_along_an_axis_have_the_whole_length_or_none) {
    XrayView view;
    view.sdd_mm = 1000.0;
    view.pixel_pitch_mm = {1.0, 1.0};
    view.width_px = view.height_px = 1;
    const auto through = [&](const Shape& shape) {
        return path_lengths(std::vector{solid(shape, "water")}, view).mean_mm[0](0, 0);
    };
    for (const double aside : {0.0, 0.9, 1.1, 5.0}) {
        const float expected = aside < 1.0 ? 30.0F : 0.0F;
        BOOST_TEST(through({Cylinder{1.0, 30.0}, at({aside, 0, 500})}) == expected,
                   boost::test_tools::tolerance(1e-6F));
        BOOST_TEST(through({Box{{2.0, 2.0, 30.0}}, at({0, aside, 500})}) == expected,
                   boost::test_tools::tolerance(1e-6F));
    }
    // ends at the source and at the pixel
    BOOST_TEST(through({Cylinder{1.0, 30.0}, at({0, 0, 0})}) == 15.0F,
               boost::test_tools::tolerance(1e-6F));
    BOOST_TEST(through({Box{{2.0, 2.0, 30.0}}, at({0, 0, 1000})}) == 15.0F,
               boost::test_tools::tolerance(1e-6F));
}

BOOST_AUTO_TEST_CASE(threads_change_nothing_and_instruction_sets_rounding) {
    const auto phantom = read_phantom(test::phantoms() / "small_lego_cube.yaml");
    const auto solids =
        moved(solid_parts(phantom), {rotation_from_vector({0.2, 0.1, -0.1}), {3, 4, 5}});
    const XrayView view = small_view(200, 1.2);
    const PathLengths expected = path_lengths(solids, view);
    BOOST_TEST(!expected.sampled.empty());
    {
        const ThreadLimit limit(1);
        const PathLengths one = path_lengths(solids, view);
        BOOST_TEST((one.mean_mm == expected.mean_mm));
        BOOST_REQUIRE(one.sampled.size() == expected.sampled.size());
        for (std::size_t g = 0; g < one.sampled.size(); ++g) {
            BOOST_TEST((one.sampled[g].pixels == expected.sampled[g].pixels));
            BOOST_TEST((one.sampled[g].samples_mm == expected.sampled[g].samples_mm));
        }
    }
    test::with_every_instruction_set([&] {
        const PathLengths other = path_lengths(solids, view);
        for (std::size_t m = 0; m < other.mean_mm.size(); ++m)
            for (std::size_t n = 0; n < other.mean_mm[m].size(); ++n)
                BOOST_TEST(std::abs(other.mean_mm[m].pixels()[n] -
                                    expected.mean_mm[m].pixels()[n]) < 1e-4F);
    });
}

BOOST_AUTO_TEST_CASE(rows_are_those_of_the_whole_image) {
    const auto phantom = read_phantom(test::phantoms() / "small_lego_cube.yaml");
    const XrayView view = small_view(100, 2.4);
    const auto solids = solid_parts(phantom);
    const SolidsInView seen(solids, view);
    const PathLengths whole = path_lengths(solids, view);
    for (const RowRange rows : {RowRange{0, 0}, {0, 1}, {30, 47}, {47, view.height_px}}) {
        const PathLengths some = seen.rows(rows);
        some.validate();
        for (std::size_t m = 0; m < whole.mean_mm.size(); ++m)
            BOOST_TEST((some.mean_mm[m] == rows_of(whole.mean_mm[m], rows)));
        for (const SampledPixels& group : some.sampled) {
            const auto same_size = std::find_if(
                whole.sampled.begin(), whole.sampled.end(), [&](const SampledPixels& other) {
                    return other.samples_mm[0].width() == group.samples_mm[0].width();
                });
            BOOST_REQUIRE(same_size != whole.sampled.end());
            PixelIndex first = group.pixels.front();
            first.row += rows.first;
            const auto begin =
                std::find(same_size->pixels.begin(), same_size->pixels.end(), first) -
                same_size->pixels.begin();
            BOOST_REQUIRE(begin + group.samples_mm[0].height() <=
                          same_size->samples_mm[0].height());
            const int at = static_cast<int>(begin);
            for (std::size_t m = 0; m < whole.mean_mm.size(); ++m)
                BOOST_TEST(
                    (group.samples_mm[m] ==
                     rows_of(same_size->samples_mm[m], {at, at + group.samples_mm[m].height()})));
        }
    }
    for (const RowRange rows : {RowRange{-1, 2}, {3, 2}, {0, view.height_px + 1}})
        BOOST_CHECK_THROW((void)seen.rows(rows), Error);
}

// The mean of a pixel's samples is its length, and samples lie in pixels only where metal is.

BOOST_AUTO_TEST_CASE(samples_average_to_the_length) {
    const XrayView view = small_view(64, 0.25);
    const PathLengths lengths = path_lengths(
        std::vector{solid({Sphere{1.6}, {}}, "steel"), solid({Box{{8, 8, 8}}, {}}, "abs"),
                    solid({Sphere{1.6}, {}}, "abs", -1)},
        view);
    lengths.validate();
    BOOST_REQUIRE(lengths.sampled.size() == 2U);  // at the edge, and within it
    std::size_t pixels = 0;
    for (const SampledPixels& group : lengths.sampled)
        for (std::size_t n = 0; n < group.pixels.size(); ++n, ++pixels)
            for (std::size_t m = 0; m < 2; ++m) {
                const Image<float>& samples = group.samples_mm[m];
                const float* const row = samples.row(static_cast<int>(n));
                const double mean =
                    std::accumulate(row, row + samples.width(), 0.0) / samples.width();
                const PixelIndex p = group.pixels[n];
                BOOST_TEST(std::abs(mean - lengths.mean_mm[m](p.column, p.row)) < 1e-5);
                if (m == 0) BOOST_TEST(mean > 0.0);
                if (m == 1) BOOST_TEST(row[0] == row[samples.width() - 1]);  // not dense: constant
            }
    const double radius_px = 1.6 * 4.0 / 3.0 / 0.25;
    const double area = 3.14159 * radius_px * radius_px, rim = 8.0 * radius_px;
    BOOST_TEST(static_cast<double>(pixels) > area);
    BOOST_TEST(static_cast<double>(pixels) < area + rim);
}

BOOST_AUTO_TEST_CASE(parts_of_a_scene_add_up) {
    const XrayView view = small_view(48, 0.5);
    const std::vector<SolidPart> bead{solid({Sphere{1.6}, {}}, "steel")};
    const std::vector<SolidPart> rest{solid({Box{{6, 9, 8}}, at({3, 0, 0})}, "water"),
                                      solid({Box{{5, 5, 5}}, at({0, 0, 9})}, "abs")};
    std::vector<SolidPart> all = bead;
    all.insert(all.end(), rest.begin(), rest.end());
    const Image<float> together = line_integrals(path_lengths(all, view), 60.0);
    const auto differs = [&](PathLengths sum, const PathLengths& part) {
        add(sum, part);
        sum.validate();
        const Image<float> image = line_integrals(sum, 60.0);
        float most = 0.0F;
        for (std::size_t n = 0; n < image.size(); ++n)
            most = std::max(most, std::abs(image.pixels()[n] - together.pixels()[n]));
        return most;
    };
    constexpr float rounding = 2e-6F;
    const PathLengths a = path_lengths(bead, view), b = path_lengths(rest, view);
    BOOST_TEST(differs(a, b) < rounding);
    BOOST_TEST(differs(b, a) < rounding);
    PathLengths twice = b;
    add(twice, b);
    BOOST_TEST(twice.materials.size() == 2U);
    BOOST_TEST(twice.mean_mm[0](24, 24) == 2.0F * b.mean_mm[0](24, 24));

    PathLengths sum = a;
    BOOST_CHECK_THROW(add(sum, a), Error);  // both have samples
    BOOST_CHECK_THROW(add(sum, path_lengths(rest, small_view(32, 0.5))), Error);
    BOOST_CHECK_THROW((void)line_integrals(a, std::array{1.0, 2.0}), Error);
    BOOST_CHECK_THROW((void)line_integrals(a, 1e6), Error);
}

BOOST_AUTO_TEST_CASE(wrong_solids_and_options_are_refused) {
    const XrayView view = small_view(8, 1.0);
    const SolidPart good = solid({Sphere{1.0}, {}}, "steel");
    const auto refused = [&](const std::function<void(SolidPart&, AnalyticOptions&)>& change) {
        SolidPart part = good;
        AnalyticOptions options;
        change(part, options);
        BOOST_CHECK_THROW((void)path_lengths(std::vector{part}, view, options), Error);
    };
    BOOST_CHECK_NO_THROW((void)path_lengths(std::vector{good}, view));
    refused([](auto& part, auto&) { part.material = "cheese"; });
    refused([](auto& part, auto&) { part.sign = 2; });
    refused([](auto& part, auto&) { part.shape.form = Sphere{-1.0}; });
    refused([](auto&, auto& options) { options.samples_per_pixel = 33; });
    for (const int rays : {0, 3, 34})
        refused([&](auto&, auto& options) { options.rays_within = rays; });
    refused([](auto&, auto& options) { options.dense_mu_per_mm = -1.0; });
    refused([](auto&, auto& options) { options.dense_energy_kev = 0.0; });
    BOOST_CHECK_THROW((void)path_lengths({}, view), Error);
    BOOST_CHECK_THROW((void)path_lengths(std::vector{good}, XrayView{}), Error);
}
