#pragma once

#include <drr/phantom/placed_brick.hpp>
#include <drr/phantom/solid.hpp>

#include <Eigen/Core>

#include <string>
#include <vector>

namespace drr {

/// A ball whose centre is known in the phantom frame.
struct Marker {
    int id = 0;  ///< from 1, unique among a phantom's beads and references
    std::string name;
    Eigen::Vector3d center_mm = Eigen::Vector3d::Zero();  ///< in the phantom frame
    double diameter_mm = 0.0;
    std::string material;
    int brick = -1;  ///< index of the brick that holds it, or -1
};

/// A calibration object: beads whose positions are the calibration's input, a few references that
/// tell which bead is which, and the bricks and bodies that carry them.
struct MarkerPhantom {
    std::string name;
    std::string description;
    std::string frame = "phantom";  ///< name of the frame that all positions are in
    std::vector<Marker> beads;
    std::vector<Marker> references;
    std::vector<SolidPart> bodies;
    BrickGrid grid;
    std::vector<PlacedBrick> bricks;
    bool as_built = false;  ///< positions carry errors of building (drr/phantom/as_built.hpp)
};

/// All that a phantom is made of, in the phantom frame: its bodies, bricks, beads and references,
/// in this order. Throws Error(usage) for an unknown part of a brick.
[[nodiscard]] std::vector<SolidPart> solid_parts(const MarkerPhantom& phantom);

}  // namespace drr
