#include "test.hpp"
#include "text.hpp"

#include <drr/core/error.hpp>
#include <drr/phantom/phantom_yaml.hpp>

#include <numbers>

using namespace drr;
using Eigen::Vector3d;

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

}  // namespace

BOOST_AUTO_TEST_SUITE(files)

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
        const std::string text = test::replaced(valid, c.from, c.to);
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
