// Extents and triangle meshes of solids.
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/phantom/extent.hpp>
#include <drr/phantom/mesh.hpp>
#include <drr/phantom/phantom_yaml.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <tuple>

using namespace drr;
using Eigen::Vector3d;

namespace {

const std::array<Shape, 3> forms = {Shape{Sphere{1.5875}, {}}, Shape{Box{{32.0, 16.0, 9.6}}, {}},
                                    Shape{Cylinder{2.4, 1.8}, {}}};

Rigid3 random_pose(Rng& rng) {
    const auto vector = [&] { return Vector3d(rng.normal(), rng.normal(), rng.normal()); };
    return {rotation_from_vector(vector()), 20.0 * vector()};
}

// Rounding of products of lengths up to 100 mm.
constexpr double rounding = 1e-10;

}  // namespace

BOOST_AUTO_TEST_SUITE(extents)

// The extent along a direction is where a fine mesh, whose corners lie on the surface, ends.
BOOST_AUTO_TEST_CASE(of_a_shape_are_those_of_its_surface) {
    Rng rng({.seed = 1});
    constexpr double deviation_mm = 1e-3;
    for (Shape shape : forms)
        for (int n = 0; n < 20; ++n) {
            shape.parent_from_shape = random_pose(rng);
            const Extent exact = extent(shape);
            Extent seen{Vector3d::Constant(INFINITY), Vector3d::Constant(-INFINITY)};
            for (const Triangle& triangle : tessellate(shape, {deviation_mm}))
                for (const Vector3d& corner : triangle)
                    seen = seen.joined({corner, corner});
            BOOST_TEST((exact.low_mm - seen.low_mm).maxCoeff() < rounding);
            BOOST_TEST((seen.high_mm - exact.high_mm).maxCoeff() < rounding);
            BOOST_TEST((seen.low_mm - exact.low_mm).maxCoeff() < deviation_mm);
            BOOST_TEST((exact.high_mm - seen.high_mm).maxCoeff() < deviation_mm);
        }
}

BOOST_AUTO_TEST_CASE(of_solids_leave_cavities_out) {
    const std::vector<SolidPart> solids = {
        {"a", {Sphere{1.0}, {Eigen::Quaterniond::Identity(), {1.0, 2.0, 3.0}}}, "abs", 1},
        {"b", {Box{{2.0, 4.0, 6.0}}, {}}, "abs", 1},
        {"c", {Box{{99.0, 99.0, 99.0}}, {}}, "abs", -1}};
    const Extent all = extent(solids);
    BOOST_TEST((all.low_mm == Vector3d(-1.0, -2.0, -3.0)));
    BOOST_TEST((all.high_mm == Vector3d(2.0, 3.0, 4.0)));
    BOOST_TEST((all.size_mm() == Vector3d(3.0, 5.0, 7.0)));
    BOOST_TEST((all.centre_mm() == Vector3d(0.5, 0.5, 0.5)));
    BOOST_CHECK_THROW((void)extent(std::vector<SolidPart>{solids[2]}), Error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(meshes)

// Every edge belongs to two triangles, which run along it in opposite directions: the surface is
// closed and all its normals point to the same side.
BOOST_AUTO_TEST_CASE(every_surface_is_closed) {
    for (const Shape& shape : forms) {
        std::map<std::tuple<long, long, long, long, long, long>, int> edges;
        const auto grid = [](double x) { return std::lround(x * 1e9); };
        for (const Triangle& triangle : tessellate(shape))
            for (std::size_t n = 0; n < 3; ++n) {
                const Vector3d& a = triangle[n];
                const Vector3d& b = triangle[(n + 1) % 3];
                BOOST_TEST((a - b).norm() > 1e-3);
                ++edges[{grid(a.x()), grid(a.y()), grid(a.z()), grid(b.x()), grid(b.y()),
                         grid(b.z())}];
            }
        for (const auto& [edge, count] : edges) {
            const auto [ax, ay, az, bx, by, bz] = edge;
            BOOST_TEST(count == 1);
            BOOST_TEST(edges.count({bx, by, bz, ax, ay, az}) == 1U);
        }
    }
}

// Closed forms: that of a prism over a regular polygon for the cylinder, the box itself.
BOOST_AUTO_TEST_CASE(flat_forms_have_their_volume_wherever_they_stand) {
    Rng rng({.seed = 2});
    for (int n = 0; n < 10; ++n) {
        Shape box = forms[1];
        box.parent_from_shape = random_pose(rng);
        const double volume = enclosed_volume_mm3(tessellate(box));
        BOOST_TEST(std::abs(volume / volume_mm3(box) - 1.0) < rounding);
        Shape cylinder = forms[2];
        cylinder.parent_from_shape = random_pose(rng);
        const auto mesh = tessellate(cylinder);
        const double sides = static_cast<double>(mesh.size()) / 4.0;
        const double prism =
            0.5 * sides * std::sin(2.0 * std::acos(-1.0) / sides) * 2.4 * 2.4 * 1.8;
        BOOST_TEST(std::abs(enclosed_volume_mm3(mesh) / prism - 1.0) < rounding);
    }
}

// Facets lie below the surface, by no more than what was asked for, and what the mesh lacks in
// volume falls in proportion to it: with the square of the number of facets round.
BOOST_AUTO_TEST_CASE(round_forms_converge_from_below) {
    for (const Shape& shape : {forms[0], forms[2]}) {
        const double radius = half_extent_mm(shape).x();
        double last_lack = 0.0;
        double last_sides = 0.0;
        for (const double deviation_mm : {0.04, 0.01, 0.0025, 0.000625}) {
            const auto mesh = tessellate(shape, {deviation_mm});
            for (const auto& [a, b, c] : mesh) {
                const Vector3d middle = (a + b + c) / 3.0;
                const double depth =
                    std::holds_alternative<Sphere>(shape.form) ? radius - middle.norm()
                    : std::abs(middle.z()) < 0.899             ? radius - middle.head<2>().norm()
                                                               : 0.0;
                BOOST_TEST(depth >= -rounding);
                BOOST_TEST(depth <= deviation_mm);
            }
            const double lack = 1.0 - enclosed_volume_mm3(mesh) / volume_mm3(shape);
            const auto triangles = static_cast<double>(mesh.size());
            // a sphere of n sides has n (n - 2) triangles, a cylinder 4 n
            const double sides = std::holds_alternative<Sphere>(shape.form)
                                     ? 1.0 + std::sqrt(1.0 + triangles)
                                     : triangles / 4.0;
            BOOST_TEST(lack > 0.0);
            if (last_lack > 0.0) {
                const double order = std::log(last_lack / lack) / std::log(sides / last_sides);
                BOOST_TEST(std::abs(order - 2.0) < 0.1);  // terms of order 4 at 16 sides: 0.06
            }
            last_lack = lack;
            last_sides = sides;
        }
        BOOST_TEST(last_lack < 0.001);
    }
}

BOOST_AUTO_TEST_CASE(a_phantom_encloses_the_signed_sum_of_its_solids) {
    for (const char* file : {"small_lego_cube.yaml", "large_lego_cube.yaml"}) {
        const auto solids = solid_parts(read_phantom(test::phantoms() / file));
        double exact = 0.0;
        double round = 0.0;
        for (const SolidPart& solid : solids) {
            exact += solid.sign * volume_mm3(solid.shape);
            if (!std::holds_alternative<Box>(solid.shape.form)) round += volume_mm3(solid.shape);
        }
        const double lack = exact - enclosed_volume_mm3(tessellate(solids, {0.01}));
        // 0.01 mm below a ball of radius 1.6 mm and more takes 3 * 0.01 / 1.6 of it at most; the
        // rest is rounding of the boxes, 1e-10 of 6e6 mm3
        BOOST_TEST(std::abs(lack) < 0.019 * round + 1e-3);
        BOOST_TEST(round > 100.0);
    }
}

BOOST_AUTO_TEST_CASE(an_stl_file_holds_what_it_was_given) {
    const std::vector<SolidPart> solids = {{"b", {Box{{2.0, 4.0, 6.0}}, {}}, "abs", 1},
                                           {"c", {Box{{1.0, 1.0, 1.0}}, {}}, "abs", -1}};
    const auto mesh = tessellate(solids);
    const std::string bytes = stl_bytes(mesh, std::string(200, 't'));
    BOOST_REQUIRE(bytes.size() == 80U + 4U + 50U * 24U);
    BOOST_TEST(bytes.substr(0, 22) == "binary STL, mm: tttttt");
    std::uint32_t count = 0;
    std::memcpy(&count, bytes.data() + 80, 4);
    BOOST_TEST(count == 24U);
    std::vector<Triangle> back;
    for (std::size_t n = 0; n < count; ++n) {
        std::array<float, 12> values{};
        std::memcpy(values.data(), bytes.data() + 84 + 50 * n, sizeof(values));
        const auto vector = [&](std::size_t at) {
            return Vector3d(values[at], values[at + 1], values[at + 2]);
        };
        back.push_back({vector(3), vector(6), vector(9)});
        // the faces lie across the axes, six units from the origin at most: exact in floats
        const Vector3d normal = vector(0);
        BOOST_TEST(normal.norm() == 1.0);
        const bool outward = normal.dot(back.back()[0]) > 0.0;
        BOOST_TEST(outward == (n < 12));
    }
    BOOST_TEST((back == mesh));
    BOOST_TEST(std::abs(enclosed_volume_mm3(back) - 47.0) < rounding);
    BOOST_CHECK_THROW((void)stl_bytes({}, "none"), Error);
    BOOST_CHECK_THROW((void)tessellate(forms[0], {0.0}), Error);
    BOOST_CHECK_THROW((void)tessellate(Shape{Sphere{-1.0}, {}}), Error);
}

BOOST_AUTO_TEST_SUITE_END()
