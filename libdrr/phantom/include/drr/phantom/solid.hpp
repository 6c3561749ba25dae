#pragma once

#include <drr/phantom/shape.hpp>

#include <string>

namespace drr {

/// One part of a body that is a signed sum of convex primitives: a hollow brick is its outer box
/// (sign +1) and its cavity (sign -1) of the same material. Positive parts must not overlap each
/// other: the sum would count their material twice.
struct SolidPart {
    std::string name;
    Shape shape;           ///< parent frame: the phantom
    std::string material;  ///< name in drr/physics/materials.hpp
    int sign = 1;          ///< +1 or -1
};

}  // namespace drr
