#include "test.hpp"
#include "text.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/phantom/build_check.hpp>
#include <drr/phantom/phantom_yaml.hpp>

#include <array>
#include <cmath>

using namespace drr;
using Eigen::Vector3d;

namespace {

// A plate, two Technic bricks on it with a bead each (in a stud, in the hole), a brick across both
// and a tile with a reference.
const char* const tower =
    "schema: stereodrr/phantom/v1\n"
    "name: tower\n"
    "brick_grid: { origin_mm: [-16, -8, 0] }\n"
    "bricks:\n"
    "  - { part: 3020, at: [0, 0, 0], colour: green }\n"
    "  - { part: 3700, at: [0, 0, 1], quarter_turns: 1 }\n"
    "  - { part: 3700, at: [2, 0, 1] }\n"
    "  - { part: 3001, at: [0, 0, 4] }\n"
    "  - { part: 3068, at: [2, 0, 7] }\n"
    "beads:\n"
    "  - { id: 1, seat: { brick: 1, stud: [1, 0], height_mm: 0.4 }, diameter_mm: 3.175, material: "
    "steel }\n"
    "  - { id: 2, seat: { brick: 2, hole_mm: -1 }, diameter_mm: 4.7, material: steel }\n"
    "references:\n"
    "  - { id: 3, center_mm: [8, 1, 26.6], brick: 4, diameter_mm: 2, material: lead }\n";

void check_error(const std::string& text, const std::string& expected) {
    BOOST_CHECK_EXCEPTION((void)parse_phantom(text, "t.yaml"), Error, [&](const Error& error) {
        const bool right = error.code() == ErrorCode::invalid_file &&
                           std::string(error.what()).starts_with(expected);
        BOOST_TEST(right, "found: " << error.what() << ", expected: " << expected);
        return right;
    });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(placed_bricks)

// The four turns of a 2x3 brick: its footprint starts at `at`, and a point of it goes round.
BOOST_AUTO_TEST_CASE(a_turned_brick_stands_on_its_cells) {
    const BrickGrid grid{{10.0, 20.0, 30.0}, {}};
    const Vector3d turned[] = {
        {1.0, 2.0, 3.0}, {-2.0, 1.0, 3.0}, {-1.0, -2.0, 3.0}, {2.0, -1.0, 3.0}};
    for (int turns = 0; turns < 4; ++turns) {
        const PlacedBrick brick{"3002", {1, 2, 3}, turns, {}, {0.25, 0.5, 0.75}};
        const Vector3d foot(turns % 2 == 0 ? 12.0 : 8.0, turns % 2 == 0 ? 8.0 : 12.0, 0.0);
        const Vector3d expected = grid.origin_mm + Vector3d(8.0, 16.0, 9.6) + foot +
                                  Vector3d(0.25, 0.5, 0.75) + turned[turns];
        const Vector3d found = phantom_from_brick(grid, brick) * Vector3d(1.0, 2.0, 3.0);
        BOOST_TEST((found - expected).norm() < 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(a_scaled_grid_moves_and_stretches) {
    const BrickGrid grid{Vector3d::Zero(), {0.5, 2.0}};
    const std::vector<PlacedBrick> bricks = {{"3003", {2, 0, 3}, 0, {}, Vector3d::Zero()}};
    const auto solids = brick_solids(grid, bricks);
    const auto& body = solids.front().shape;
    BOOST_TEST((half_extent_mm(body) - Vector3d(3.95, 3.95, 9.6)).norm() < 1e-12);
    BOOST_TEST((body.parent_from_shape.translation_mm - Vector3d(12.0, 4.0, 28.8)).norm() < 1e-12);
}

BOOST_AUTO_TEST_CASE(joints_count_the_studs_that_enter) {
    const MarkerPhantom phantom = parse_phantom(tower, "tower.yaml");
    const auto joints = brick_joints(phantom.bricks);
    const int expected[][3] = {{0, 1, 2}, {0, 2, 2}, {1, 3, 2}, {2, 3, 2}, {3, 4, 4}};
    BOOST_REQUIRE(joints.size() == std::size(expected));
    for (std::size_t i = 0; i < joints.size(); ++i) {
        BOOST_TEST(joints[i].below == static_cast<std::size_t>(expected[i][0]));
        BOOST_TEST(joints[i].above == static_cast<std::size_t>(expected[i][1]));
        BOOST_TEST(joints[i].studs == expected[i][2]);
    }
}

// Studs enter the bricks above them, where tubes and pins stand: still no plastic twice.
BOOST_AUTO_TEST_CASE(stacked_bricks_share_no_plastic) {
    std::vector<PlacedBrick> bricks = {
        {"3001", {0, 0, 0}, 0, {}, Vector3d::Zero()}, {"3004", {4, 0, 0}, 0, {}, Vector3d::Zero()},
        {"3700", {4, 1, 0}, 0, {}, Vector3d::Zero()}, {"3002", {0, 0, 3}, 1, {}, Vector3d::Zero()},
        {"3010", {2, 0, 3}, 0, {}, Vector3d::Zero()}, {"3700", {2, 1, 3}, 0, {}, Vector3d::Zero()},
        {"3005", {5, 1, 3}, 0, {}, Vector3d::Zero()}, {"3020", {0, 0, 6}, 0, {}, Vector3d::Zero()},
        {"3710", {4, 0, 6}, 1, {}, Vector3d::Zero()}, {"3068", {1, 0, 7}, 0, {}, Vector3d::Zero()}};
    for (const BrickScale& scale : {BrickScale{}, BrickScale{7.986 / 8.0, 9.56 / 9.6}}) {
        const auto solids = brick_solids({Vector3d::Zero(), scale}, bricks);
        Rng rng({.seed = 4});
        int inside = 0;
        int wrong = 0;
        for (int i = 0; i < 60000; ++i) {
            const int sum = density_at(
                solids, {rng.uniform(0.0, 48.0), rng.uniform(0.0, 16.0), rng.uniform(0.0, 28.0)});
            wrong += sum != 0 && sum != 1;
            inside += sum;
        }
        BOOST_TEST(wrong == 0);
        BOOST_TEST(inside > 10000);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(files)

BOOST_AUTO_TEST_CASE(seats_place_beads) {
    const MarkerPhantom phantom = parse_phantom(tower, "tower.yaml");
    // Stud [1, 0] of a 1x2 turned once is the one at high y; the body's top is at 12.8.
    BOOST_TEST((phantom.beads[0].center_mm - Vector3d(-12.0, 4.0, 13.2)).norm() < 1e-12);
    BOOST_TEST((phantom.beads[1].center_mm - Vector3d(8.0, -5.0, 9.0)).norm() < 1e-12);
    BOOST_TEST(phantom.beads[0].brick == 1);
    BOOST_TEST(phantom.beads[1].brick == 2);
    BOOST_TEST(phantom.references[0].brick == 4);
    BOOST_TEST(phantom.bricks[0].colour == "green");
}

BOOST_AUTO_TEST_CASE(bricks_read_back_the_same) {
    MarkerPhantom phantom = parse_phantom(tower, "tower.yaml");
    for (const bool as_built : {false, true}) {
        if (as_built) {
            phantom.as_built = true;
            phantom.grid.scale = {0.998, 0.996};
            phantom.bricks[2].displacement_mm = {0.01, -0.02, 0.03};
            phantom.beads[0].center_mm.x() += 0.3;  // where a design would be refused
        }
        const MarkerPhantom back = parse_phantom(phantom_yaml(phantom), "back.yaml");
        BOOST_TEST(back.as_built == as_built);
        BOOST_TEST((back.grid.origin_mm == phantom.grid.origin_mm));
        BOOST_TEST(back.grid.scale.across == phantom.grid.scale.across);
        BOOST_TEST(back.grid.scale.height == phantom.grid.scale.height);
        BOOST_REQUIRE(back.bricks.size() == phantom.bricks.size());
        for (std::size_t b = 0; b < back.bricks.size(); ++b) {
            BOOST_TEST(back.bricks[b].part == phantom.bricks[b].part);
            BOOST_TEST((back.bricks[b].at == phantom.bricks[b].at));
            BOOST_TEST(back.bricks[b].quarter_turns == phantom.bricks[b].quarter_turns);
            BOOST_TEST(back.bricks[b].colour == phantom.bricks[b].colour);
            BOOST_TEST((back.bricks[b].displacement_mm == phantom.bricks[b].displacement_mm));
        }
        for (std::size_t i = 0; i < back.beads.size(); ++i) {
            BOOST_TEST((back.beads[i].center_mm == phantom.beads[i].center_mm));
            BOOST_TEST(back.beads[i].brick == phantom.beads[i].brick);
        }
        BOOST_TEST(back.references[0].brick == 4);
        BOOST_TEST(phantom_yaml(back) == phantom_yaml(phantom));
    }
}

BOOST_AUTO_TEST_CASE(every_error_names_file_and_line) {
    const struct {
        const char* from;
        const char* to;
        const char* expected;
    } cases[] = {
        {"part: 3020", "part: 3020x", "t.yaml:5: unknown LEGO part '3020x'; known: 3005"},
        {"quarter_turns: 1", "quarter_turns: 4", "t.yaml:6: 'bricks[1].quarter_turns' must be"},
        {"quarter_turns: 1", "quarter_turns: 0.5", "t.yaml:6: 'bricks[1].quarter_turns' must be"},
        {"[0, 0, 4]", "[0, 0.5, 4]", "t.yaml:8: 'bricks[3].at' must be whole numbers, found 0.5"},
        {"[0, 0, 4]", "[0, 0, 3]", "t.yaml:8: brick 3 (3001 at [0, 0, 3]) overlaps brick 1 (3700"},
        {"[0, 0, 4]", "[0, 0, 20]", "t.yaml:8: brick 3 (3001 at [0, 0, 20]) floats: no studs"},
        {"[2, 0, 7]", "[2, 2, 7]", "t.yaml:9: brick 4 (3068 at [2, 2, 7]) floats"},
        {"stud: [1, 0]", "stud: [0, 1]", "t.yaml:11: the Technic brick 1x2 has 2 x 1 studs"},
        {"brick: 1", "brick: 0",
         "t.yaml:11: marker 1 of 3.175 mm is outside of its brick 0 (3020 at [0, 0, 0]): it must"},
        {"brick: 1", "brick: 5", "t.yaml:11: 'beads[0].seat.brick' must be between 0 and 4"},
        {"height_mm: 0.4", "height_mm: -0.5",
         "t.yaml:11: marker 1 of 3.175 mm at [-12.000, 4.000, 12.300] reaches into the plastic"},
        {"height_mm: 0.4", "height_mm: 4", "t.yaml:11: marker 1 of 3.175 mm is outside"},
        {"height_mm: 0.4", "hight_mm: 0.4", "t.yaml:11: key 'beads[0].seat.height_mm' is missing"},
        {"diameter_mm: 3.175", "diameter_mm: 3.3", "t.yaml:11: marker 1 of 3.3 mm is outside"},
        {"hole_mm: -1", "hole_mm: -4", "t.yaml:12: marker 2 of 4.7 mm is outside of its brick 2"},
        {"[8, 1, 26.6], brick: 4", "[8, 1, 26.5]",
         "t.yaml:14: marker 3 of 2 mm at [8.000, 1.000, 26.500] reaches into the plastic of brick "
         "4"},
        {"26.6], brick", "28.2], brick", "t.yaml:14: marker 3 of 2 mm is outside of its brick 4"},
    };
    (void)parse_phantom(tower, "t.yaml");
    for (const auto& c : cases)
        check_error(test::replaced(tower, c.from, c.to), c.expected);
    check_error(
        "schema: stereodrr/phantom/v1\nname: a\nbeads:\n"
        "  - { id: 1, seat: { brick: 0, hole_mm: 0 }, diameter_mm: 3, material: steel }\n",
        "t.yaml:4: 'brick' names a brick, but there are none");
}

// A plate that hangs from a brick above, whose studs hold it, floats no more than one that stands.
BOOST_AUTO_TEST_CASE(a_brick_may_hang_from_above) {
    MarkerPhantom phantom;
    phantom.bricks = {{"3001", {0, 0, 0}, 0, {}, Vector3d::Zero()},
                      {"3001", {2, 0, 3}, 0, {}, Vector3d::Zero()},
                      {"3020", {4, 0, 2}, 0, {}, Vector3d::Zero()}};
    BOOST_TEST(!find_build_fault(phantom).has_value());
    phantom.bricks[2].at = {6, 0, 2};
    const auto fault = find_build_fault(phantom);
    BOOST_REQUIRE(fault.has_value());
    BOOST_TEST(fault->index == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(generated_cubes)

namespace {

const char* const cube =
    "schema: stereodrr/phantom/v1\n"
    "name: cube\n"
    "bricks:\n"
    "  - { part: 3002, at: [2, 0, 0], colour: red }\n"
    "lego_cube:\n"
    "  size: [13, 12, 18]\n"
    "  nodes: [3, 3]\n"
    "  first_node: [0, 0]\n"
    "  pitch_studs: 5\n"
    "  node_plates: [0, 12]\n"
    "  seat_height_mm: [0.4, 2.0]\n"
    "  bead_diameter_mm: 3.175\n"
    "  bead_material: steel\n";

}  // namespace

// 18 beads, x fastest; levels are 12 plates and the difference of the seats apart. Each layer is
// full where a wall stands, and the brick that was there stays.
BOOST_AUTO_TEST_CASE(a_cube_has_walls_and_nodes) {
    const MarkerPhantom phantom = parse_phantom(cube, "c.yaml");
    BOOST_REQUIRE(phantom.beads.size() == 18U);
    for (const Marker& bead : phantom.beads) {
        const int i = bead.id - 1;
        const Vector3d expected(40.0 * (i % 3) + 4.0, 40.0 * (i / 3 % 3) + 4.0,
                                i < 9 ? 9.6 + 0.4 : 48.0 + 2.0);
        BOOST_TEST((bead.center_mm - expected).norm() < 1e-9);
    }
    BOOST_TEST(phantom.bricks[0].colour == "red");
    std::array<int, 18> wall_cells{};
    for (const PlacedBrick& brick : phantom.bricks) {
        const auto size = cells(brick);
        for (int x = brick.at[0]; x < brick.at[0] + size[0]; ++x)
            for (int y = brick.at[1]; y < brick.at[1] + size[1]; ++y)
                for (int z = brick.at[2]; z < brick.at[2] + size[2]; ++z)
                    wall_cells.at(static_cast<std::size_t>(z)) +=
                        x < 2 || x >= 11 || y < 2 || y >= 10;
    }
    for (const int count : wall_cells)
        BOOST_TEST(count == 13 * 12 - 9 * 8);
}

BOOST_AUTO_TEST_CASE(wrong_cubes_are_refused) {
    const struct {
        const char* from;
        const char* to;
        const char* expected;
    } cases[] = {
        {"[0, 12]", "[0, 2]", "t.yaml:6: level 1 of the nodes does not fit"},
        {"[0, 12]", "[0, 16]", "t.yaml:6: level 1 of the nodes does not fit"},
        {"[0.4, 2.0]", "[0.4]", "t.yaml:6: a cube needs one seat height for each level"},
        {"[0.4, 2.0]", "[0.4, 0.2]",
         "t.yaml:6: marker 10 of 3.175 mm at [4.000, 4.000, 48.200] "
         "reaches into the plastic"},
        {"size: [13", "size: [11", "t.yaml:6: the nodes reach out of the cube"},
        {"pitch_studs: 5", "pitch_studs: 1", "t.yaml:6: a cube needs walls, nodes"},
        {"bead_material: steel", "bead_material: steel\n  carrier: 3023",
         "t.yaml:6: the carrier must be a brick high"},
        {"bead_material: steel", "bead_material: steel\n  carrier: 37",
         "t.yaml:6: unknown LEGO part"},
        {"at: [2, 0, 0]", "at: [1, 0, 0]",
         "t.yaml:6: brick 1 (3700 at [0, 0, 0]) overlaps brick 0"},
        {"lego_cube:", "lattice: { counts: [1, 1, 1] }\nlego_cube:",
         "t.yaml:5: give 'lattice' or 'lego_cube', not both"},
    };
    for (const auto& c : cases)
        check_error(test::replaced(cube, c.from, c.to), c.expected);
}

BOOST_AUTO_TEST_SUITE_END()
