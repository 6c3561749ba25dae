#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/phantom/phantom_yaml.hpp>

#include <array>
#include <functional>
#include <numbers>
#include <set>
#include <utility>

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
            if (length < 0.05) continue;  // the direction itself would be rounding
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

BOOST_AUTO_TEST_SUITE(files)

namespace {

void check_equal(const std::vector<Marker>& a, const std::vector<Marker>& b) {
    BOOST_REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        BOOST_TEST(a[i].id == b[i].id);
        BOOST_TEST(a[i].name == b[i].name);
        BOOST_TEST((a[i].center_mm == b[i].center_mm));
        BOOST_TEST(a[i].diameter_mm == b[i].diameter_mm);
        BOOST_TEST(a[i].material == b[i].material);
    }
}

const char* const valid =
    "schema: stereodrr/phantom/v1\n"
    "name: two beads\n"
    "description: \"quote \\\" and\\nline\"\n"
    "beads:\n"
    "  - { id: 1, center_mm: [0, 0, 0], diameter_mm: 3, material: steel }\n"
    "  - { id: 7, name: top, center_mm: [0.1, 0, 10], diameter_mm: 3, material: tantalum }\n"
    "bodies:\n"
    "  - { name: rod, material: lead, shape: cylinder, diameter_mm: 2, length_mm: 9,\n"
    "      center_mm: [1, 2, 3], rotation_vector_deg: [10, 20, 30] }\n"
    "  - { name: ball, material: abs, sign: -1, shape: sphere, diameter_mm: 4 }\n"
    "  - { name: slab, material: abs, shape: box, size_mm: [1, 2, 3] }\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, from);
    return text.replace(at, from.size(), to);
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_the_same) {
    std::vector<MarkerPhantom> phantoms = {parse_phantom(valid, "valid.yaml")};
    for (const char* file : {"small_lego_cube.yaml", "large_lego_cube.yaml", "beginner_block.yaml"})
        phantoms.push_back(read_phantom(test::phantoms() / file));
    for (const MarkerPhantom& phantom : phantoms) {
        const MarkerPhantom back = parse_phantom(phantom_yaml(phantom), "back.yaml");
        BOOST_TEST(back.name == phantom.name);
        BOOST_TEST(back.description == phantom.description);
        BOOST_TEST(back.frame == phantom.frame);
        check_equal(back.beads, phantom.beads);
        check_equal(back.references, phantom.references);
        BOOST_REQUIRE(back.bodies.size() == phantom.bodies.size());
        for (std::size_t i = 0; i < back.bodies.size(); ++i) {
            const SolidPart& a = back.bodies[i];
            const SolidPart& b = phantom.bodies[i];
            BOOST_TEST(a.name == b.name);
            BOOST_TEST(a.material == b.material);
            BOOST_TEST(a.sign == b.sign);
            BOOST_TEST(a.shape.form.index() == b.shape.form.index());
            BOOST_TEST((half_extent_mm(a.shape) == half_extent_mm(b.shape)));
            const Rigid3& pose_a = a.shape.parent_from_shape;
            const Rigid3& pose_b = b.shape.parent_from_shape;
            BOOST_TEST((pose_a.translation_mm == pose_b.translation_mm));
            BOOST_TEST(angle_between_rad(pose_a.rotation, pose_b.rotation) < 1e-12);
        }
    }
}

BOOST_AUTO_TEST_CASE(reads_lists_names_and_poses) {
    const MarkerPhantom phantom = parse_phantom(valid, "valid.yaml");
    BOOST_TEST(phantom.frame == "phantom");
    BOOST_TEST(phantom.description == "quote \" and\nline");
    BOOST_TEST(phantom.beads[0].name == "b01");
    BOOST_TEST(phantom.beads[1].name == "top");
    const Rigid3& pose = phantom.bodies[0].shape.parent_from_shape;
    const double angle = std::sqrt(1400.0) * std::numbers::pi / 180.0;
    BOOST_TEST(std::abs(angle_between_rad(pose.rotation, Eigen::Quaterniond::Identity()) - angle) <
               1e-12);
    BOOST_TEST(phantom.bodies[1].sign == -1);
}

BOOST_AUTO_TEST_CASE(every_error_names_file_and_line) {
    const struct {
        const char* from;
        const char* to;
        const char* expected;
    } cases[] = {
        {"id: 7", "id: 1", "p.yaml:6: the id 1 is given twice"},
        {"id: 7", "id: 0", "p.yaml:6: 'beads[1].id' must be between 1"},
        {"[0.1, 0, 10]", "[0.1, 0, 2]", "p.yaml:6: marker 7 overlaps marker 1"},
        {"[0.1, 0, 10]", "[0.1, .nan, 2]", "p.yaml:6: 'beads[1].center_mm' must be finite"},
        {"diameter_mm: 3,", "diameter_mm: 0,", "p.yaml:5: 'beads[0].diameter_mm' must be positive"},
        {"diameter_mm: 3,", "diameter_cm: 3,", "p.yaml:5: key 'beads[0].diameter_mm' is missing"},
        {"name: top", "nome: top", "p.yaml:6: unknown key 'beads[1].nome'"},
        {"sign: -1", "sign: 0", "p.yaml:10: 'sign' must be 1"},
        {"shape: sphere", "shape: cone", "p.yaml:10: 'bodies[1].shape' must be one of box"},
        {"[1, 2, 3] }\n", "[1, 0, 3] }\n", "p.yaml:11: 'bodies[2].size_mm' must be positive"},
        {"beads:\n", "references:\n", "p.yaml:1: the phantom has no beads"},
        {"beads:\n", "lattice: { counts: [2, 2, 1.5] }\nbeads:\n",
         "p.yaml:4: 'lattice.counts' must be whole numbers"},
        {"beads:\n", "lattice: { counts: [2, 2, 999] }\nbeads:\n",
         "p.yaml:4: 'lattice.counts' must be between 1 and 32"},
        {"beads:\n",
         "lattice: { counts: [2, 2, 2], pitch_mm: [4, 4, 1], diameter_mm: 2, material: steel }\n"
         "beads:\n",
         "p.yaml:4: the beads of the lattice overlap"},
        {"beads:\n",
         "lattice: { counts: [1, 1, 1], pitch_mm: [4, 4, 4], diameter_mm: 2, material: steel }\n"
         "beads:\n",
         "p.yaml:6: the id 1 is given twice"},
        {"phantom/v1", "rig/v1", "p.yaml:1: schema must be"},
    };
    for (const auto& c : cases) {
        const std::string text = replaced(valid, c.from, c.to);
        BOOST_CHECK_EXCEPTION((void)parse_phantom(text, "p.yaml"), Error, [&](const Error& error) {
            BOOST_TEST_MESSAGE(error.what());
            const bool right = error.code() == ErrorCode::invalid_file &&
                               std::string(error.what()).starts_with(c.expected);
            BOOST_TEST(right, "found: " << error.what() << ", expected: " << c.expected);
            return right;
        });
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(lego_cubes)

namespace {

struct Cube {
    const char* file;
    double pitch_mm;
    double bead_mm;
};
const Cube cubes[] = {{"small_lego_cube.yaml", 40.0, 3.175}, {"large_lego_cube.yaml", 64.0, 5.0}};

// The 24 rotations of a cube.
std::vector<Eigen::Matrix3d> cube_rotations() {
    std::vector<Eigen::Matrix3d> result;
    for (int x = 0; x < 3; ++x)
        for (int y = 0; y < 3; ++y)
            for (int signs = 0; signs < 4; ++signs) {
                if (x == y) continue;
                Eigen::Matrix3d r;
                r.col(0) = ((signs & 1) != 0 ? -1.0 : 1.0) * Vector3d::Unit(x);
                r.col(1) = ((signs & 2) != 0 ? -1.0 : 1.0) * Vector3d::Unit(y);
                r.col(2) = r.col(0).cross(r.col(1));
                result.push_back(r);
            }
    return result;
}

// The plastic of a phantom's bricks, looked up brick by brick.
class Plastic {
  public:
    explicit Plastic(const MarkerPhantom& phantom) {
        for (const PlacedBrick& brick : phantom.bricks) {
            solids_.push_back(brick_solids(phantom.grid, {brick}));
            centers_mm_.push_back(phantom_from_brick(phantom.grid, brick).translation_mm);
        }
    }
    [[nodiscard]] int density(const Vector3d& point) const {
        constexpr double reach_mm = 35.0;  // of a 2x8 from the middle of its underside
        int sum = 0;
        for (std::size_t b = 0; b < solids_.size(); ++b)
            if ((point - centers_mm_[b]).squaredNorm() < reach_mm * reach_mm)
                sum += density_at(solids_[b], point);
        return sum;
    }

  private:
    std::vector<std::vector<SolidPart>> solids_;
    std::vector<Vector3d> centers_mm_;
};

double plastic_g(const MarkerPhantom& phantom) {
    return 1.04e-3 * volume_by_material_mm3(brick_solids(phantom.grid, phantom.bricks)).at("abs");
}

}  // namespace

BOOST_AUTO_TEST_CASE(beads_are_a_lattice_about_the_origin) {
    for (const Cube& cube : cubes) {
        const MarkerPhantom phantom = read_phantom(test::phantoms() / cube.file);
        BOOST_REQUIRE(phantom.beads.size() == 64U);
        for (const Marker& bead : phantom.beads) {
            const int index = bead.id - 1;  // x fastest
            const Vector3d step(index % 4 - 1.5, index / 4 % 4 - 1.5, index / 16 - 1.5);
            BOOST_TEST((bead.center_mm == cube.pitch_mm * step));
            BOOST_TEST(bead.diameter_mm == cube.bead_mm);
        }
    }
}

// Identification relies on it: turned by any of the 23 rotations that map the lattice onto itself,
// at least one reference lands a pitch or more from all references.
BOOST_AUTO_TEST_CASE(references_break_every_symmetry) {
    for (const Cube& cube : cubes) {
        const MarkerPhantom phantom = read_phantom(test::phantoms() / cube.file);
        BOOST_REQUIRE(phantom.references.size() == 4U);
        for (const Marker& reference : phantom.references)
            for (const Marker& bead : phantom.beads)
                BOOST_TEST((reference.center_mm - bead.center_mm).norm() > 6.0);
        for (const Eigen::Matrix3d& rotation : cube_rotations()) {
            if (rotation.isIdentity()) continue;
            double farthest = 0.0;
            for (const Marker& moved : phantom.references) {
                double nearest = INFINITY;
                for (const Marker& other : phantom.references)
                    nearest =
                        std::min(nearest, (rotation * moved.center_mm - other.center_mm).norm());
                farthest = std::max(farthest, nearest);
            }
            BOOST_TEST(farthest > cube.pitch_mm);
        }
    }
}

BOOST_AUTO_TEST_CASE(markers_sit_in_air_and_plastic_is_nowhere_negative_or_double) {
    Rng rng({.seed = 5});
    for (const Cube& cube : cubes) {
        const MarkerPhantom phantom = read_phantom(test::phantoms() / cube.file);
        const Plastic plastic(phantom);
        for (const auto* markers : {&phantom.beads, &phantom.references})
            for (const Marker& marker : *markers)
                for (int i = 0; i < 50; ++i)
                    BOOST_TEST(plastic.density(marker.center_mm + 0.4999 * marker.diameter_mm *
                                                                      random_direction(rng)) == 0);
        const double extent = 2.0 * cube.pitch_mm;
        for (int i = 0; i < 10000; ++i) {
            const int sum =
                plastic.density({rng.uniform(-extent, extent), rng.uniform(-extent, extent),
                                 rng.uniform(-extent, extent)});
            BOOST_TEST((sum == 0 || sum == 1));
        }
    }
}

// The published parts of the small cube: 208 of 3001, 24 of 3002, 5 of 2456, 64 of 3700, 4 of 3068.
BOOST_AUTO_TEST_CASE(the_small_cube_weighs_about_what_its_published_parts_weigh) {
    const std::pair<const char*, int> published[] = {
        {"3001", 208}, {"3002", 24}, {"2456", 5}, {"3700", 64}, {"3068", 4}};
    double published_g = 0.0;
    for (const auto& [id, count] : published)
        published_g +=
            1.04e-3 * count * volume_by_material_mm3(brick_solids(brick_part(id))).at("abs");
    const double built_g = plastic_g(read_phantom(test::phantoms() / "small_lego_cube.yaml"));
    BOOST_TEST(std::abs(published_g - 609.0) < 1.0);  // the figures in phantoms/README.md
    BOOST_TEST(std::abs(built_g - 642.0) < 1.0);
    BOOST_TEST(std::abs(built_g / published_g - 1.0) < 0.10);
}

BOOST_AUTO_TEST_CASE(cubes_have_the_published_sizes) {
    const Vector3d published_mm[] = {{136.0, 128.0, 134.0}, {224.0, 224.0, 211.2}};
    for (std::size_t i = 0; i < std::size(cubes); ++i) {
        const MarkerPhantom phantom = read_phantom(test::phantoms() / cubes[i].file);
        Vector3d low = Vector3d::Constant(INFINITY);
        Vector3d high = -low;
        for (const PlacedBrick& brick : phantom.bricks) {
            if (brick.part == "3068") continue;  // tiles lie on top
            const auto size = cells(brick);
            for (int axis = 0; axis < 3; ++axis) {
                const double cell = axis < 2 ? 8.0 : 3.2;
                const auto a = static_cast<std::size_t>(axis);
                low[axis] = std::min(low[axis], cell * brick.at[a]);
                high[axis] = std::max(high[axis], cell * (brick.at[a] + size[a]));
            }
        }
        // 134 is 42 plates, 134.4, to the millimetre
        BOOST_TEST((high - low - published_mm[i]).cwiseAbs().maxCoeff() < 0.5);
    }
}

BOOST_AUTO_TEST_CASE(every_bead_is_in_a_technic_brick) {
    for (const Cube& cube : cubes) {
        const MarkerPhantom phantom = read_phantom(test::phantoms() / cube.file);
        std::set<int> carriers;
        for (const Marker& bead : phantom.beads) {
            BOOST_REQUIRE(bead.brick >= 0);
            carriers.insert(bead.brick);
            const auto& carrier = phantom.bricks[static_cast<std::size_t>(bead.brick)];
            BOOST_TEST(carrier.part.starts_with("3700"));
        }
        BOOST_TEST(carriers.size() == 64U);
    }
}

BOOST_AUTO_TEST_CASE(the_beginners_block_has_nine_bricks) {
    const MarkerPhantom block = read_phantom(test::phantoms() / "beginner_block.yaml");
    BOOST_TEST(block.bricks.size() == 9U);
    BOOST_TEST(block.beads.size() == 11U);
    BOOST_TEST(std::abs(plastic_g(block) - 13.2) < 0.1);  // the figure in phantoms/README.md
}

BOOST_AUTO_TEST_SUITE_END()
