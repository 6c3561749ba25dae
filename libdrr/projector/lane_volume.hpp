#pragma once

#include "voxel_array.hpp"

#include <array>
#include <cstddef>
#include <memory>

namespace drr {

/// A copy of a volume in which one axis, that of the SIMD lanes, is contiguous, with zeros around
/// it so that windows of voxels which overlap the volume need no bounds checks.
template <class Voxel>
class LaneVolume {
  public:
    /// Zeros before and behind the volume, along the lanes and along the other two axes. Two of the
    /// widest vectors, and what rays that share rows may be apart.
    static constexpr int lane_margin = 32;
    static constexpr int row_margin = 8;

    LaneVolume(const VoxelArray<Voxel>& array, int lane_axis);

    /// Where voxel (0, 0, 0) lies.
    [[nodiscard]] const Voxel* voxels() const { return voxels_; }
    /// From a voxel to the next along a volume axis.
    [[nodiscard]] std::ptrdiff_t stride(int axis) const {
        return strides_[static_cast<std::size_t>(axis)];
    }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

  private:
    struct Free {
        void operator()(Voxel* memory) const;
    };
    std::unique_ptr<Voxel[], Free> memory_;
    Voxel* voxels_ = nullptr;
    std::array<std::ptrdiff_t, 3> strides_{};
    std::size_t bytes_ = 0;
};

}  // namespace drr
