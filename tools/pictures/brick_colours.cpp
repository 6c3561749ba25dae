#include "pictures/brick_colours.hpp"

#include <map>

namespace tools {

Colour brick_colour(const std::string& name) {
    // Near enough to the plastic to pick the right brick from a box.
    static const std::map<std::string, Colour> known = {
        {"red", {200, 30, 30}},          {"blue", {20, 90, 175}},       {"yellow", {242, 200, 30}},
        {"white", {244, 244, 244}},      {"black", {40, 40, 44}},       {"green", {30, 130, 60}},
        {"orange", {235, 125, 30}},      {"brown", {100, 60, 40}},      {"tan", {220, 200, 155}},
        {"light grey", {165, 170, 175}}, {"dark grey", {95, 100, 105}}, {"grey", {140, 145, 150}},
        {"light blue", {110, 165, 215}}, {"lime", {165, 200, 40}},
    };
    const auto found = known.find(name);
    return found != known.end() ? found->second : Colour{190, 194, 200};
}

drr::Extent brick_extent(const drr::BrickGrid& grid, const drr::PlacedBrick& brick) {
    const drr::BrickDimensions dimensions;
    const Eigen::Vector3d cell_mm(grid.scale.across * dimensions.pitch_mm,
                                  grid.scale.across * dimensions.pitch_mm,
                                  grid.scale.height * dimensions.plate_height_mm);
    const auto size = cells(brick);
    const Eigen::Vector3d low(brick.at[0], brick.at[1], brick.at[2]);
    const Eigen::Vector3d high = low + Eigen::Vector3d(size[0], size[1], size[2]);
    return {grid.origin_mm + low.cwiseProduct(cell_mm),
            grid.origin_mm + high.cwiseProduct(cell_mm)};
}

}  // namespace tools
