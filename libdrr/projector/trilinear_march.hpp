#pragma once

#include "brick_map.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace drr {

/// A volume with one voxel of air around it. Coordinates are those of the volume.
struct PaddedVolume {
    std::vector<float> values;
    std::array<std::ptrdiff_t, 3> strides{};
    std::ptrdiff_t first = 0;  ///< offset of voxel (0, 0, 0)
};

/// Rays that march side by side.
constexpr int trilinear_rays = 16;

/// Samples along each of these rays, at start + n * step for 0 <= n < count, in voxels. All of them
/// must lie within the padded volume.
struct TrilinearRays {
    template <class T>
    using PerRay = std::array<T, trilinear_rays>;

    std::array<PerRay<double>, 3> start;  ///< by axis
    std::array<PerRay<double>, 3> step;
    PerRay<int> count;  ///< 0 for a ray that takes no part
};

/// The sum of each ray's samples by trilinear interpolation.
void sum_samples(const PaddedVolume& volume, const BrickMap& bricks, const TrilinearRays& rays,
                 std::array<double, trilinear_rays>& sums);

}  // namespace drr
