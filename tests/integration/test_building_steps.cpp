// In what order a phantom of bricks is built, and the plans of beads.
#include "pictures/bead_plans.hpp"
#include "pictures/building_steps.hpp"
#include "test.hpp"

#include <drr/phantom/phantom_yaml.hpp>

#include <string>
#include <utility>
#include <vector>

namespace {

drr::MarkerPhantom wall() {
    return drr::parse_phantom(
        "schema: stereodrr/phantom/v1\n"
        "name: wall\n"
        "brick_grid: { origin_mm: [0, 0, -20] }\n"
        "bricks:\n"
        "  - { part: 3700, at: [0, 0, 4] }\n"
        "  - { part: 3710, at: [0, 0, 0] }\n"
        "  - { part: 3004, at: [0, 0, 1] }\n"
        "  - { part: 3700, at: [2, 0, 1] }\n"
        "beads:\n"
        "  - { id: 5, seat: { brick: 3, hole_mm: 0 }, diameter_mm: 3, material: steel }\n"
        "  - { id: 2, seat: { brick: 0, stud: [1, 0], height_mm: 0.4 }, diameter_mm: 3,\n"
        "      material: steel }\n"
        "references:\n"
        "  - { id: 9, center_mm: [28, 4, -5], diameter_mm: 2, material: lead }\n",
        "wall.yaml");
}

}  // namespace

BOOST_AUTO_TEST_CASE(steps_go_up_and_bring_each_part_once) {
    const auto phantom = wall();
    const auto steps = tools::building_steps(phantom);
    BOOST_REQUIRE(steps.size() == 3U);
    using Indices = std::vector<std::size_t>;
    BOOST_TEST((steps[0].bricks == Indices{1}));
    BOOST_TEST((steps[1].bricks == Indices{2, 3}));
    BOOST_TEST((steps[2].bricks == Indices{0}));
    BOOST_TEST(steps[0].level_plates == 0);
    BOOST_TEST(steps[1].level_plates == 1);
    BOOST_TEST(steps[2].level_plates == 4);
    BOOST_TEST((steps[1].beads == Indices{0}));
    BOOST_TEST((steps[2].beads == Indices{1}));
    // in no brick, 15 mm above the ground: 4.7 plates
    BOOST_TEST((steps[2].references == Indices{0}));
    for (std::size_t n = 0; n < steps.size(); ++n)
        BOOST_TEST(tools::building_step_picture(phantom, steps, n).substr(1, 3) == "PNG");
}

// Two planes for the cage; the helix of the cylinder has a level for each bead.
BOOST_AUTO_TEST_CASE(beads_have_a_plan_for_each_plane) {
    for (const auto& [name, plans] : {std::pair{"rsa_cage", 2U}, {"ring_helix_cylinder", 1U}}) {
        const auto phantom = drr::read_phantom(test::phantoms() / (std::string(name) + ".yaml"));
        BOOST_TEST(tools::building_steps(phantom).empty());
        BOOST_TEST(tools::bead_plans(phantom).size() == plans);
    }
}
