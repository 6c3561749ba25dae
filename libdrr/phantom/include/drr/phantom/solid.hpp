#pragma once

#include <drr/phantom/shape.hpp>

#include <map>
#include <string>
#include <vector>

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

/// How many positive parts hold a point less how many negative ones do: 0 in air, 1 in material
/// where the sum is sound.
[[nodiscard]] int density_at(const std::vector<SolidPart>& parts, const Eigen::Vector3d& point_mm);

/// The volume of each material, the signed sum over the parts. Times density it is the mass.
[[nodiscard]] std::map<std::string, double> volume_by_material_mm3(
    const std::vector<SolidPart>& parts);

/// Solids that stand in frame b, in frame a.
[[nodiscard]] std::vector<SolidPart> moved(std::vector<SolidPart> solids, const Rigid3& a_from_b);

}  // namespace drr
