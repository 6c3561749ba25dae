#pragma once

#include "voxel_array.hpp"

#include <array>
#include <vector>

namespace drr {

/// Which cubes of 16 voxels hold any attenuation, so that vacuum can be left out exactly.
class BrickMap {
  public:
    static constexpr int side = 16;

    template <class Voxel>
    explicit BrickMap(const VoxelArray<Voxel>& array);

    /// Whether a voxel of this range (last exclusive; may reach out of the volume) may be occupied.
    [[nodiscard]] bool any(const std::array<int, 3>& first, const std::array<int, 3>& last) const;

  private:
    std::array<int, 3> sizes_;   ///< in voxels
    std::array<int, 3> bricks_;  ///< along each axis
    std::vector<unsigned char> occupied_;
};

}  // namespace drr
