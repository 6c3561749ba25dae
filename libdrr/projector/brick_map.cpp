#include "brick_map.hpp"

#include <drr/core/parallel.hpp>

#include <algorithm>

namespace drr {

template <class Voxel>
BrickMap::BrickMap(const VoxelArray<Voxel>& array) : sizes_(array.grid->sizes) {
    for (std::size_t d = 0; d < 3; ++d)
        bricks_[d] = (sizes_[d] + side - 1) / side;
    const std::size_t layer =
        static_cast<std::size_t>(bricks_[0]) * static_cast<std::size_t>(bricks_[1]);
    occupied_.assign(layer * static_cast<std::size_t>(bricks_[2]), 0);
    parallel_for(static_cast<std::size_t>(bricks_[2]), [&](std::size_t b) {
        const int k_first = static_cast<int>(b) * side;
        for (int k = k_first; k < std::min(k_first + side, sizes_[2]); ++k)
            for (int j = 0; j < sizes_[1]; ++j) {
                unsigned char* const flags =
                    occupied_.data() + b * layer +
                    static_cast<std::size_t>(j / side) * static_cast<std::size_t>(bricks_[0]);
                const Voxel* const row = array.voxels + array.grid->offset(0, j, k);
                for (int i = 0; i < sizes_[0]; i += side)
                    if (!flags[i / side] &&
                        std::any_of(row + i, row + std::min(i + side, sizes_[0]),
                                    [](Voxel mu) { return mu > 0; }))
                        flags[i / side] = 1;
            }
    });
}

template BrickMap::BrickMap(const VoxelArray<float>&);
template BrickMap::BrickMap(const VoxelArray<std::int16_t>&);

bool BrickMap::any(const std::array<int, 3>& first, const std::array<int, 3>& last) const {
    std::array<int, 3> from, to;
    for (std::size_t d = 0; d < 3; ++d) {
        if (last[d] <= 0 || first[d] >= sizes_[d]) return false;
        from[d] = std::max(first[d], 0) / side;
        to[d] = (std::min(last[d], sizes_[d]) - 1) / side;
    }
    for (int k = from[2]; k <= to[2]; ++k)
        for (int j = from[1]; j <= to[1]; ++j)
            for (int i = from[0]; i <= to[0]; ++i)
                if (occupied_[static_cast<std::size_t>((k * bricks_[1] + j) * bricks_[0] + i)])
                    return true;
    return false;
}

}  // namespace drr
