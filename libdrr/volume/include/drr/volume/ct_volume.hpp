#pragma once

#include <drr/volume/volume_grid.hpp>

#include <vector>

namespace drr {

/// A CT volume in Hounsfield units.
struct CtVolume : VolumeGrid {
    std::vector<float> hu;

    /// Throws Error(usage) for a bad grid (validate_grid) or as many values as it does not have.
    void validate() const;

    [[nodiscard]] float& at(int i, int j, int k) { return hu[offset(i, j, k)]; }
    [[nodiscard]] float at(int i, int j, int k) const { return hu[offset(i, j, k)]; }
};

}  // namespace drr
