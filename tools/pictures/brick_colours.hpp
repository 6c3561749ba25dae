#pragma once

#include "pictures/canvas.hpp"

#include <drr/phantom/extent.hpp>
#include <drr/phantom/placed_brick.hpp>

#include <string>

namespace tools {

/// How a brick of that colour's name is drawn; grey for a name that is not known or empty.
[[nodiscard]] Colour brick_colour(const std::string& name);

/// The cells that a brick fills, in the phantom's frame; without its studs and errors of building.
[[nodiscard]] drr::Extent brick_extent(const drr::BrickGrid& grid, const drr::PlacedBrick& brick);

}  // namespace tools
