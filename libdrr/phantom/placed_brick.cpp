#include <drr/core/error.hpp>
#include <drr/phantom/placed_brick.hpp>

#include <map>
#include <numbers>
#include <string_view>
#include <utility>

namespace drr {

std::array<int, 3> cells(const PlacedBrick& brick) {
    const BrickPart& part = brick_part(brick.part);
    if (brick.quarter_turns % 2 == 0) return {part.studs_x, part.studs_y, part.plates};
    return {part.studs_y, part.studs_x, part.plates};
}

Rigid3 phantom_from_brick(const BrickGrid& grid, const PlacedBrick& brick) {
    require(brick.quarter_turns >= 0 && brick.quarter_turns <= 3,
            "the quarter turns of a brick must be 0 to 3");
    const BrickDimensions d;
    const auto size = cells(brick);
    const Eigen::Vector3d foot(grid.scale.across * d.pitch_mm * (brick.at[0] + 0.5 * size[0]),
                               grid.scale.across * d.pitch_mm * (brick.at[1] + 0.5 * size[1]),
                               grid.scale.height * d.plate_height_mm * brick.at[2]);
    const Eigen::AngleAxisd turn(0.5 * std::numbers::pi * brick.quarter_turns,
                                 Eigen::Vector3d::UnitZ());
    return {Eigen::Quaterniond(turn), grid.origin_mm + foot + brick.displacement_mm};
}

Eigen::Vector3d seated_mm(const BrickGrid& grid, const PlacedBrick& brick,
                          const Eigen::Vector3d& point_in_brick_mm) {
    constexpr double per_mm = 1e9;
    const Eigen::Vector3d point = phantom_from_brick(grid, brick) * point_in_brick_mm;
    return (point.array() * per_mm).round().matrix() / per_mm;
}

std::vector<SolidPart> brick_solids(const BrickGrid& grid, const std::vector<PlacedBrick>& bricks) {
    std::map<std::string_view, std::vector<SolidPart>> of_part;
    std::vector<SolidPart> solids;
    for (const PlacedBrick& brick : bricks) {
        auto [entry, is_new] = of_part.try_emplace(brick.part);
        if (is_new) entry->second = brick_solids(brick_part(brick.part), grid.scale);
        const Rigid3 pose = phantom_from_brick(grid, brick);
        for (const SolidPart& solid : entry->second) {
            solids.push_back(solid);
            Rigid3& place = solids.back().shape.parent_from_shape;
            place = pose * place;
        }
    }
    return solids;
}

std::vector<BrickJoint> brick_joints(const std::vector<PlacedBrick>& bricks) {
    std::map<std::array<int, 3>, std::size_t> above_cell;  // of the lowest cells of each brick
    for (std::size_t b = 0; b < bricks.size(); ++b) {
        const auto size = cells(bricks[b]);
        const auto& at = bricks[b].at;
        for (int y = 0; y < size[1]; ++y)
            for (int x = 0; x < size[0]; ++x)
                above_cell[{at[0] + x, at[1] + y, at[2]}] = b;
    }
    std::map<std::pair<std::size_t, std::size_t>, int> studs;
    for (std::size_t b = 0; b < bricks.size(); ++b) {
        if (!brick_part(bricks[b].part).has_studs) continue;
        const auto size = cells(bricks[b]);
        const auto& at = bricks[b].at;
        for (int y = 0; y < size[1]; ++y)
            for (int x = 0; x < size[0]; ++x) {
                const auto found = above_cell.find({at[0] + x, at[1] + y, at[2] + size[2]});
                if (found != above_cell.end()) ++studs[{b, found->second}];
            }
    }
    std::vector<BrickJoint> joints;
    for (const auto& [pair, count] : studs)
        joints.push_back({pair.first, pair.second, count});
    return joints;
}

}  // namespace drr
