#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/phantom/phantom_yaml.hpp>

#include <array>
#include <numbers>

using namespace drr;
using Eigen::Vector3d;

namespace {

Vector3d random_direction(Rng& rng) {
    return Vector3d(rng.normal(), rng.normal(), rng.normal()).normalized();
}

Rigid3 random_pose(Rng& rng) {
    return {rotation_from_vector(3.0 * rng.uniform() * random_direction(rng)),
            100.0 * random_direction(rng)};
}

// A random point on the surface of a form, in its frame.
Vector3d surface_point(const Sphere& s, Rng& rng) {
    return s.radius_mm * random_direction(rng);
}

Vector3d surface_point(const Box& b, Rng& rng) {
    Vector3d p(rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5));
    p[static_cast<int>(3.0 * rng.uniform())] = rng.uniform() < 0.5 ? -0.5 : 0.5;
    return p.cwiseProduct(b.size_mm);
}

Vector3d surface_point(const Cylinder& c, Rng& rng) {
    const double angle = rng.uniform(0.0, 2.0 * std::numbers::pi);
    const bool on_an_end = rng.uniform() < 0.5;
    const double r = on_an_end ? c.radius_mm * rng.uniform() : c.radius_mm;
    const double z = on_an_end ? (rng.uniform() < 0.5 ? -0.5 : 0.5) : rng.uniform(-0.5, 0.5);
    return {r * std::cos(angle), r * std::sin(angle), z * c.length_mm};
}

const std::array<Shape, 3> forms = {Shape{Sphere{1.5875}, {}}, Shape{Box{{136.0, 2.0, 30.0}}, {}},
                                    Shape{Cylinder{2.4, 9.6}, {}}};

// Chords through bodies of up to 140 mm seen from up to 1000 mm: 1e-12 of that, with margin for the
// square root at grazing incidence, which halves the digits only where the chord itself vanishes.
constexpr double rounding_mm = 1e-9;

}  // namespace

BOOST_AUTO_TEST_SUITE(shapes)

// Closed form for any convex body: the line through two points of its surface is inside between
// them and nowhere else.
BOOST_AUTO_TEST_CASE(a_chord_ends_at_the_two_surface_points_it_joins) {
    Rng rng({.seed = 1});
    for (Shape shape : forms) {
        for (int i = 0; i < 2000; ++i) {
            shape.parent_from_shape = random_pose(rng);
            const auto point = [&]() -> Vector3d {
                return std::visit([&](const auto& f) { return surface_point(f, rng); }, shape.form);
            };
            const Vector3d in_shape_a = point();
            const Vector3d in_shape_b = point();
            // in one flat face, where inside is undefined; all flat faces lie across an axis
            if ((in_shape_a.array() == in_shape_b.array()).any()) continue;
            const Vector3d a = shape.parent_from_shape * in_shape_a;
            const Vector3d b = shape.parent_from_shape * in_shape_b;
            const double length = (b - a).norm();
            // The direction itself would be rounding: in space, and across a cylinder's axis, where
            // one along the axis grazes its side.
            if ((in_shape_b - in_shape_a).head<2>().norm() < 0.05) continue;
            const Vector3d direction = (b - a) / length;
            const double back = rng.uniform(-0.5 * length, 1000.0);  // origin outside or inside
            const Chord c = chord(shape, a - back * direction, direction);
            BOOST_TEST(std::abs(c.enter - back) < 1e3 * rounding_mm);
            BOOST_TEST(std::abs(c.length() - length) < 1e3 * rounding_mm);
        }
    }
}

BOOST_AUTO_TEST_CASE(sphere_chord_is_that_of_its_distance_to_the_ray) {
    Rng rng({.seed = 2});
    for (int i = 0; i < 1000; ++i) {
        const double radius = rng.uniform(0.5, 5.0);
        const Shape sphere{Sphere{radius}, random_pose(rng)};
        const Vector3d direction = random_direction(rng);
        const Vector3d across = direction.cross(random_direction(rng)).normalized();
        const double distance = rng.uniform(0.0, 1.2 * radius);
        const Vector3d origin =
            sphere.parent_from_shape.translation_mm + distance * across - 900.0 * direction;
        const double expected =
            distance < radius ? 2.0 * std::sqrt(radius * radius - distance * distance) : 0.0;
        const double length = chord(sphere, origin, direction).length();
        // sqrt near the tangent turns the rounding of the distance, 1e-13 of 900 mm, into 1e-5
        BOOST_TEST(std::abs(length - expected) < (expected > 0.1 ? rounding_mm : 1e-5));
    }
}

BOOST_AUTO_TEST_CASE(tangent_rays_have_no_length) {
    const Vector3d x = Vector3d::UnitX();
    BOOST_TEST(chord(Shape{Sphere{2.0}, {}}, {-10.0, 2.0, 0.0}, x).length() == 0.0);
    BOOST_TEST(chord(Shape{Sphere{2.0}, {}}, {-10.0, 2.0 + 1e-9, 0.0}, x).length() == 0.0);
    BOOST_TEST(chord(Shape{Cylinder{2.0, 5.0}, {}}, {-10.0, 2.0, 0.0}, x).length() == 0.0);
    // across an edge of a box
    const Vector3d diagonal = Vector3d(1.0, -1.0, 0.0).normalized();
    BOOST_TEST(
        chord(Shape{Box{{2.0, 2.0, 2.0}}, {}}, Vector3d(1.0, 1.0, 0.0) - 5.0 * diagonal, diagonal)
            .length() < rounding_mm);
}

BOOST_AUTO_TEST_CASE(rays_parallel_to_faces_and_axes) {
    const Shape box{Box{{4.0, 6.0, 8.0}}, {}};
    const Shape cylinder{Cylinder{2.0, 5.0}, {}};
    for (int axis = 0; axis < 3; ++axis) {
        const Vector3d direction = Vector3d::Unit(axis);
        const int other = (axis + 1) % 3;
        const double size = 4.0 + 2.0 * axis;
        const double half_other = 2.0 + other;
        const Vector3d inside = 0.9 * half_other * Vector3d::Unit(other) - 50.0 * direction;
        const Vector3d outside = 1.1 * half_other * Vector3d::Unit(other) - 50.0 * direction;
        BOOST_TEST(std::abs(chord(box, inside, direction).length() - size) < rounding_mm);
        BOOST_TEST(std::abs(chord(box, inside, -direction).length() - size) < rounding_mm);
        BOOST_TEST(chord(box, outside, direction).length() == 0.0);
    }
    const Vector3d z = Vector3d::UnitZ();
    BOOST_TEST(std::abs(chord(cylinder, {1.0, 1.0, -9.0}, z).length() - 5.0) < rounding_mm);
    BOOST_TEST(chord(cylinder, {1.9, 1.9, -9.0}, z).length() == 0.0);
    BOOST_TEST(std::abs(chord(cylinder, {-9.0, 0.0, 2.4}, Vector3d::UnitX()).length() - 4.0) <
               rounding_mm);
    BOOST_TEST(chord(cylinder, {-9.0, 0.0, 2.6}, Vector3d::UnitX()).length() == 0.0);
}

BOOST_AUTO_TEST_CASE(an_origin_inside_sees_the_rest_of_the_body) {
    for (const Shape& shape : forms) {
        const Chord c = chord(shape, Vector3d::Zero(), Vector3d(1.0, 2.0, 3.0).normalized());
        BOOST_TEST(std::abs(c.enter + c.exit) < rounding_mm);  // the forms are symmetric
        BOOST_TEST(std::abs(c.within(0.0, 1e6).length() - 0.5 * c.length()) < rounding_mm);
    }
}

BOOST_AUTO_TEST_CASE(the_parameter_scales_with_the_direction) {
    Rng rng({.seed = 3});
    for (Shape shape : forms) {
        shape.parent_from_shape = random_pose(rng);
        const Vector3d origin = 900.0 * random_direction(rng);
        const Vector3d direction = shape.parent_from_shape.translation_mm - origin;
        const double unit = chord(shape, origin, direction.normalized()).length();
        const double scaled = chord(shape, origin, direction).length() * direction.norm();
        BOOST_TEST(unit > 0.1);
        BOOST_TEST(std::abs(unit - scaled) < rounding_mm);
    }
}

// Lines of one direction, uniform over a disc that covers the body's shadow: mean chord times area
// of the disc is the volume, whatever the direction.
BOOST_AUTO_TEST_CASE(chords_integrate_to_the_volume) {
    constexpr int n = 200000;
    Rng rng({.seed = 4});
    for (Shape shape : forms) {
        shape.parent_from_shape = random_pose(rng);
        const double radius = half_extent_mm(shape).norm();
        const Vector3d direction = random_direction(rng);
        const Vector3d e1 = direction.unitOrthogonal();
        const Vector3d e2 = direction.cross(e1);
        double sum = 0.0;
        double squares = 0.0;
        for (int i = 0; i < n; ++i) {
            const double r = radius * std::sqrt(rng.uniform());
            const double angle = rng.uniform(0.0, 2.0 * std::numbers::pi);
            const Vector3d origin = shape.parent_from_shape.translation_mm +
                                    r * (std::cos(angle) * e1 + std::sin(angle) * e2);
            const double length = chord(shape, origin, direction).length();
            sum += length;
            squares += length * length;
        }
        const double area = std::numbers::pi * radius * radius;
        const double mean = sum / n;
        const double standard_error = std::sqrt((squares / n - mean * mean) / n);
        BOOST_TEST(std::abs(area * mean - volume_mm3(shape)) < 4.0 * area * standard_error);
        BOOST_TEST(standard_error < 0.02 * mean);  // else the line above would say nothing
    }
}

BOOST_AUTO_TEST_CASE(shapes_without_size_are_refused) {
    BOOST_CHECK_THROW(validate(Shape{Sphere{0.0}, {}}), Error);
    BOOST_CHECK_THROW(validate(Shape{Box{{1.0, -1.0, 1.0}}, {}}), Error);
    BOOST_CHECK_THROW(validate(Shape{Cylinder{1.0, std::nan("")}, {}}), Error);
    validate(Shape{Sphere{1.0}, {}});
}

BOOST_AUTO_TEST_SUITE_END()
