#include "brick_yaml.hpp"

#include "yaml_values.hpp"

#include <drr/core/error.hpp>
#include <drr/phantom/lego_cube.hpp>

#include <fmt/format.h>

namespace drr {
namespace {

constexpr double max_cell = 500.0;  // 4 m of studs; keeps a typing error from filling memory

using Eigen::Vector3d;

}  // namespace

BrickGrid read_brick_grid(const YamlMap& map) {
    BrickGrid grid;
    grid.origin_mm = vector3(map, "origin_mm");
    grid.scale.across = map.number_or("scale_across", 1.0, {0.9, 1.1});
    grid.scale.height = map.number_or("scale_height", 1.0, {0.9, 1.1});
    map.finish();
    return grid;
}

PlacedBrick read_brick(const YamlMap& map) {
    PlacedBrick brick;
    brick.part = map.text("part");
    try {
        (void)brick_part(brick.part);
    } catch (const Error& error) {
        map.fail("part", error.message());
    }
    const auto at = map.integers("at", 3, {-max_cell, max_cell});
    brick.at = {at[0], at[1], at[2]};
    brick.quarter_turns = map.integer_or("quarter_turns", 0, {0.0, 3.0});
    brick.colour = map.text_or("colour", "");
    brick.displacement_mm = vector3_or_zero(map, "displacement_mm");
    map.finish();
    return brick;
}

int read_brick_index(const YamlMap& map, const MarkerPhantom& phantom) {
    if (phantom.bricks.empty()) map.fail("brick", "'brick' names a brick, but there are none");
    return map.integer("brick", {0.0, static_cast<double>(phantom.bricks.size() - 1)});
}

Vector3d read_seat(const YamlMap& map, const MarkerPhantom& phantom) {
    const PlacedBrick& brick =
        phantom.bricks[static_cast<std::size_t>(read_brick_index(map, phantom))];
    const BrickPart& part = brick_part(brick.part);
    Vector3d center;
    if (map.has("stud")) {
        const auto stud = map.integers("stud", 2, {0.0, max_cell});
        if (stud[0] >= part.studs_x || stud[1] >= part.studs_y)
            map.fail("stud", fmt::format("the {} has {} x {} studs, numbered from 0: there is no "
                                         "[{}, {}]",
                                         part.name, part.studs_x, part.studs_y, stud[0], stud[1]));
        center = stud_foot_mm(part, stud[0], stud[1]) + map.number("height_mm") * Vector3d::UnitZ();
    } else {
        center = {0.0, map.number("hole_mm"), BrickDimensions{}.hole_height_mm};
    }
    map.finish();
    return seated_mm(phantom.grid, brick, center);
}

void read_lego_cube(const YamlMap& map, MarkerPhantom& phantom) {
    constexpr Range count{1.0, max_cell};
    LegoCube cube;
    const auto size = map.integers("size", 3, count);
    cube.size = {size[0], size[1], size[2]};
    cube.wall_studs = map.integer_or("wall_studs", cube.wall_studs, count);
    const auto nodes = map.integers("nodes", 2, {1.0, 32.0});
    cube.nodes = {nodes[0], nodes[1]};
    const auto first = map.integers("first_node", 2, {0.0, max_cell});
    cube.first_node = {first[0], first[1]};
    cube.pitch_studs = map.integer("pitch_studs", count);
    cube.node_plates = map.integers("node_plates", 0, {0.0, max_cell});
    cube.carrier = map.text_or("carrier", cube.carrier);
    if (map.has("seat_height_mm")) cube.seat_height_mm = map.numbers("seat_height_mm", 0);
    cube.bead_diameter_mm = map.number("bead_diameter_mm", positive);
    cube.bead_material = map.text("bead_material");
    cube.colour = map.text_or("colour", "");
    map.finish();
    try {
        add_lego_cube(phantom, cube);
    } catch (const Error& error) {
        throw Error(ErrorCode::invalid_file, error.message(), map.where());
    }
}

std::string bricks_text(const MarkerPhantom& phantom) {
    if (phantom.bricks.empty()) return {};
    const BrickScale& scale = phantom.grid.scale;
    std::string text = fmt::format("brick_grid: {{ origin_mm: {}", list(phantom.grid.origin_mm));
    if (scale.across != 1.0 || scale.height != 1.0)
        text += fmt::format(", scale_across: {}, scale_height: {}", scale.across, scale.height);
    text += " }\nbricks:\n";
    for (const PlacedBrick& brick : phantom.bricks) {
        text += fmt::format("  - {{ part: {}, at: [{}, {}, {}]", quoted(brick.part), brick.at[0],
                            brick.at[1], brick.at[2]);
        if (brick.quarter_turns != 0)
            text += fmt::format(", quarter_turns: {}", brick.quarter_turns);
        if (!brick.colour.empty()) text += fmt::format(", colour: {}", quoted(brick.colour));
        if (!brick.displacement_mm.isZero(0.0))
            text += fmt::format(", displacement_mm: {}", list(brick.displacement_mm));
        text += " }\n";
    }
    return text;
}

}  // namespace drr
