#pragma once

#include <drr/phantom/marker_phantom.hpp>

#include <array>
#include <string>
#include <vector>

namespace drr {

/// A cube of bricks that carries a lattice of beads, as laboratories build them: four walls, and at
/// each level of the lattice a course with a Technic brick (the carrier) at every node. Nodes that
/// do not stand in a wall stand in beams along x, two studs wide, which go through that course and
/// through the layer under it (over it for the lowest level).
struct LegoCube {
    std::array<int, 3> size{};  ///< overall: studs, studs, plates
    int wall_studs = 2;
    std::array<int, 2> nodes{};       ///< carriers along x and y
    std::array<int, 2> first_node{};  ///< low cell of the first carrier, which lies along x
    int pitch_studs = 0;              ///< from node to node
    std::vector<int> node_plates;     ///< height of each level's carriers: plates under them
    std::string carrier = "3700";
    /// Of each level: the beads' centres over the top of the carrier's body, in its stud [0, 0].
    /// Empty: the beads are in the middle of the carrier's hole.
    std::vector<double> seat_height_mm;
    double bead_diameter_mm = 0.0;
    std::string bead_material;
    std::string colour;

    /// Throws Error(usage).
    void validate() const;
};

/// Adds the cube's bricks around those that the phantom has (they are kept, and left out of the
/// filling) and its beads, ids from 1, x fastest, then y, then z. Layers are of bricks where their
/// height allows and of plates below the carriers, laid in alternating directions so that joints
/// are covered. Throws Error(usage) for a cube that is not valid.
void add_lego_cube(MarkerPhantom& phantom, const LegoCube& cube);

}  // namespace drr
