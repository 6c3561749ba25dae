#include "lane_volume.hpp"

#include <drr/core/parallel.hpp>

#include <algorithm>
#include <cstdlib>
#include <new>
#ifdef __linux__
#include <sys/mman.h>
#endif

namespace drr {
namespace {

/// A march touches a page or more in each plane, so pages are huge where the system has them.
constexpr std::size_t page_bytes = std::size_t{2} << 20;

/// Voxels along each side of the square that is transposed at once: a cache line.
constexpr int block = 16;

}  // namespace

template <class Voxel>
void LaneVolume<Voxel>::Free::operator()(Voxel* memory) const {
    std::free(memory);
}

template <class Voxel>
LaneVolume<Voxel>::LaneVolume(const VoxelArray<Voxel>& array, int lane_axis) {
    const std::array<int, 3>& sizes = array.grid->sizes;
    const int inner_axis = lane_axis == 0 ? 1 : lane_axis == 1 ? 0 : 1;
    const int outer_axis = 3 - lane_axis - inner_axis;
    const auto size = [&](int axis) { return sizes[static_cast<std::size_t>(axis)]; };
    const std::ptrdiff_t row = size(lane_axis) + lane_margin;
    const std::ptrdiff_t plane = (size(inner_axis) + row_margin) * row;
    strides_[static_cast<std::size_t>(lane_axis)] = 1;
    strides_[static_cast<std::size_t>(inner_axis)] = row;
    strides_[static_cast<std::size_t>(outer_axis)] = plane;

    // The zeros behind a row are those before the next, and so for planes.
    const std::ptrdiff_t before = row_margin * (plane + row) + lane_margin;
    const std::ptrdiff_t count = before + size(outer_axis) * plane + before;
    bytes_ = (static_cast<std::size_t>(count) * sizeof(Voxel) + page_bytes - 1) / page_bytes *
             page_bytes;
    memory_.reset(static_cast<Voxel*>(std::aligned_alloc(page_bytes, bytes_)));
    if (!memory_) throw std::bad_alloc();
#ifdef __linux__
    madvise(memory_.get(), bytes_, MADV_HUGEPAGE);
#endif
    voxels_ = memory_.get() + before;
    std::fill(memory_.get(), voxels_, Voxel{0});
    std::fill(voxels_ + size(outer_axis) * plane, memory_.get() + count, Voxel{0});

    const std::array<std::ptrdiff_t, 3> from{1, sizes[0], std::ptrdiff_t{sizes[0]} * sizes[1]};
    const std::ptrdiff_t from_lane = from[static_cast<std::size_t>(lane_axis)];
    const std::ptrdiff_t from_inner = from[static_cast<std::size_t>(inner_axis)];
    const std::ptrdiff_t from_outer = from[static_cast<std::size_t>(outer_axis)];
    // Blocks of the outer axis too, since for two of the lane axes it is the contiguous one there.
    const int blocks = (size(outer_axis) + block - 1) / block;
    parallel_for(static_cast<std::size_t>(blocks), [&](std::size_t index) {
        const int outer_first = static_cast<int>(index) * block;
        const int outer_last = std::min(outer_first + block, size(outer_axis));
        std::fill(voxels_ + outer_first * plane, voxels_ + outer_last * plane, Voxel{0});
        for (int inner_first = 0; inner_first < size(inner_axis); inner_first += block)
            for (int lane_first = 0; lane_first < size(lane_axis); lane_first += block)
                for (int inner = inner_first;
                     inner < std::min(inner_first + block, size(inner_axis)); ++inner)
                    for (int outer = outer_first; outer < outer_last; ++outer) {
                        const Voxel* source = array.voxels + outer * from_outer +
                                              inner * from_inner + lane_first * from_lane;
                        Voxel* target = voxels_ + outer * plane + inner * row + lane_first;
                        for (int n = 0; n < std::min(block, size(lane_axis) - lane_first); ++n)
                            target[n] = source[n * from_lane];
                    }
    });
}

template class LaneVolume<float>;
template class LaneVolume<std::int16_t>;

}  // namespace drr
