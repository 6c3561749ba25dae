#pragma once

#include <drr/geometry/rigid3.hpp>
#include <drr/phantom/brick.hpp>

#include <Eigen/Core>

#include <array>
#include <string>
#include <vector>

namespace drr {

/// Where the grid of studs and plates lies in a phantom's frame, its axes along the frame's.
struct BrickGrid {
    /// The low corner of cell (0, 0, 0).
    Eigen::Vector3d origin_mm = Eigen::Vector3d::Zero();
    BrickScale scale;  ///< of the bricks and of their distances from the origin
};

/// A part in its place on the grid.
struct PlacedBrick {
    std::string part;         ///< design number
    std::array<int, 3> at{};  ///< low corner of its cells as it lies: studs, studs, plates
    int quarter_turns = 0;    ///< about z, from x to y: 0 to 3
    std::string colour;
    Eigen::Vector3d displacement_mm = Eigen::Vector3d::Zero();  ///< as built; zero as designed
};

/// Cells that a brick covers along x, y (studs) and z (plates) as it lies. Throws Error(usage) for
/// an unknown part.
[[nodiscard]] std::array<int, 3> cells(const PlacedBrick& brick);

/// The pose of a brick's own frame in the phantom.
[[nodiscard]] Rigid3 phantom_from_brick(const BrickGrid& grid, const PlacedBrick& brick);

/// A point of a brick's frame, such as a seat's centre, in the phantom. Rounded to 1e-9 mm, so that
/// a place such as 60 is that number and not one beside it.
[[nodiscard]] Eigen::Vector3d seated_mm(const BrickGrid& grid, const PlacedBrick& brick,
                                        const Eigen::Vector3d& point_in_brick_mm);

/// The solids of all bricks in the phantom frame.
[[nodiscard]] std::vector<SolidPart> brick_solids(const BrickGrid& grid,
                                                  const std::vector<PlacedBrick>& bricks);

/// Two bricks that are stuck together, by index.
struct BrickJoint {
    std::size_t below = 0;
    std::size_t above = 0;
    int studs = 0;  ///< studs of the lower one in the upper one
};

/// All joints of bricks that do not overlap, in order of `below`, then `above`.
[[nodiscard]] std::vector<BrickJoint> brick_joints(const std::vector<PlacedBrick>& bricks);

}  // namespace drr
