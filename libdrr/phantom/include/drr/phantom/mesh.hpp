#pragma once

#include <drr/phantom/solid.hpp>

#include <Eigen/Core>

#include <array>
#include <string>
#include <vector>

namespace drr {

/// Three corners, counter-clockwise as seen from outside the material.
using Triangle = std::array<Eigen::Vector3d, 3>;

struct TessellationOptions {
    /// How far a facet may lie below the round surface that it stands for.
    double max_deviation_mm = 0.05;

    /// Throws Error(usage) unless the deviation is positive and finite.
    void validate() const;
};

/// The closed surface of a shape in its parent frame, outward normals. Corners lie on the surface,
/// so round forms come out smaller than they are, by an amount that falls with the square of the
/// number of facets round.
[[nodiscard]] std::vector<Triangle> tessellate(const Shape& shape,
                                               const TessellationOptions& options = {});

/// The surfaces of solids one after the other, each closed by itself: material with outward,
/// cavities with inward normals. So the mesh encloses the signed sum of the solids (the winding
/// number of a point is their density there), which is what slicers print by the non-zero rule.
/// It is not the surface of the union: where bodies touch, their faces lie upon each other, and the
/// mouth of an open cavity has a face in the air.
[[nodiscard]] std::vector<Triangle> tessellate(const std::vector<SolidPart>& solids,
                                               const TessellationOptions& options = {});

/// The volume that closed surfaces enclose, inward ones negative, by the divergence theorem.
[[nodiscard]] double enclosed_volume_mm3(const std::vector<Triangle>& triangles);

/// The bytes of a binary STL file, lengths in mm as floats; the title goes into its header. Throws
/// Error(usage) for no or more than 2^32 - 1 triangles.
[[nodiscard]] std::string stl_bytes(const std::vector<Triangle>& triangles,
                                    const std::string& title);

}  // namespace drr
