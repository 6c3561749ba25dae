#include "brick_yaml.hpp"

#include "yaml_values.hpp"

#include <drr/core/error.hpp>

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
    return phantom_from_brick(phantom.grid, brick) * center;
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
