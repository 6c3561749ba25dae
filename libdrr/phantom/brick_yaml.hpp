#pragma once

#include <drr/core/yaml_reader.hpp>
#include <drr/phantom/marker_phantom.hpp>

#include <string>
#include <vector>

namespace drr {

// The keys of phantom files that are about bricks.

[[nodiscard]] BrickGrid read_brick_grid(const YamlMap& map);
[[nodiscard]] PlacedBrick read_brick(const YamlMap& map);

// Adds the bricks and beads of the key lego_cube.
void read_lego_cube(const YamlMap& map, MarkerPhantom& phantom);

// The index of one of the phantom's bricks.
[[nodiscard]] int read_brick_index(const YamlMap& map, const MarkerPhantom& phantom);
// Where a ball's centre comes to lie in the seat that a map {brick, stud, height_mm} or
// {brick, hole_mm} names.
[[nodiscard]] Eigen::Vector3d read_seat(const YamlMap& map, const MarkerPhantom& phantom);

// The keys brick_grid and bricks as text; empty without bricks.
[[nodiscard]] std::string bricks_text(const MarkerPhantom& phantom);

}  // namespace drr
