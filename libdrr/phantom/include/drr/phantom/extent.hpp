#pragma once

#include <drr/phantom/solid.hpp>

#include <Eigen/Core>

#include <vector>

namespace drr {

/// The smallest cuboid with edges along the axes of a frame that holds something.
struct Extent {
    Eigen::Vector3d low_mm = Eigen::Vector3d::Zero();
    Eigen::Vector3d high_mm = Eigen::Vector3d::Zero();

    [[nodiscard]] Eigen::Vector3d size_mm() const { return high_mm - low_mm; }
    [[nodiscard]] Eigen::Vector3d centre_mm() const { return 0.5 * (low_mm + high_mm); }
    [[nodiscard]] Extent joined(const Extent& other) const {
        return {low_mm.cwiseMin(other.low_mm), high_mm.cwiseMax(other.high_mm)};
    }
};

/// The extent of a posed shape in its parent frame, exact for all forms.
[[nodiscard]] Extent extent(const Shape& shape);

/// The extent of what is made of solids; cavities take nothing from it. Throws Error(usage) where
/// there is no material.
[[nodiscard]] Extent extent(const std::vector<SolidPart>& solids);

}  // namespace drr
