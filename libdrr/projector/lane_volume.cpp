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

void LaneVolume::Free::operator()(float* memory) const {
    std::free(memory);
}

LaneVolume::LaneVolume(const MuVolume& volume, int lane_axis) {
    const int inner_axis = lane_axis == 0 ? 1 : lane_axis == 1 ? 0 : 1;
    const int outer_axis = 3 - lane_axis - inner_axis;
    const auto size = [&](int axis) { return volume.sizes[static_cast<std::size_t>(axis)]; };
    const std::ptrdiff_t row = size(lane_axis) + lane_margin;
    const std::ptrdiff_t plane = (size(inner_axis) + row_margin) * row;
    strides_[static_cast<std::size_t>(lane_axis)] = 1;
    strides_[static_cast<std::size_t>(inner_axis)] = row;
    strides_[static_cast<std::size_t>(outer_axis)] = plane;

    // The zeros behind a row are those before the next, and so for planes.
    const std::ptrdiff_t before = row_margin * (plane + row) + lane_margin;
    const std::ptrdiff_t count = before + size(outer_axis) * plane + before;
    bytes_ = (static_cast<std::size_t>(count) * sizeof(float) + page_bytes - 1) / page_bytes *
             page_bytes;
    memory_.reset(static_cast<float*>(std::aligned_alloc(page_bytes, bytes_)));
    if (!memory_) throw std::bad_alloc();
#ifdef __linux__
    madvise(memory_.get(), bytes_, MADV_HUGEPAGE);
#endif
    voxels_ = memory_.get() + before;
    std::fill(memory_.get(), voxels_, 0.0F);
    std::fill(voxels_ + size(outer_axis) * plane, memory_.get() + count, 0.0F);

    const std::array<std::ptrdiff_t, 3> from{1, volume.sizes[0],
                                             std::ptrdiff_t{volume.sizes[0]} * volume.sizes[1]};
    const std::ptrdiff_t from_lane = from[static_cast<std::size_t>(lane_axis)];
    const std::ptrdiff_t from_inner = from[static_cast<std::size_t>(inner_axis)];
    const std::ptrdiff_t from_outer = from[static_cast<std::size_t>(outer_axis)];
    // Blocks of the outer axis too, since for two of the lane axes it is the contiguous one there.
    const int blocks = (size(outer_axis) + block - 1) / block;
    parallel_for(static_cast<std::size_t>(blocks), [&](std::size_t index) {
        const int outer_first = static_cast<int>(index) * block;
        const int outer_last = std::min(outer_first + block, size(outer_axis));
        std::fill(voxels_ + outer_first * plane, voxels_ + outer_last * plane, 0.0F);
        for (int inner_first = 0; inner_first < size(inner_axis); inner_first += block)
            for (int lane_first = 0; lane_first < size(lane_axis); lane_first += block)
                for (int inner = inner_first;
                     inner < std::min(inner_first + block, size(inner_axis)); ++inner)
                    for (int outer = outer_first; outer < outer_last; ++outer) {
                        const float* source = volume.mu_per_mm.data() + outer * from_outer +
                                              inner * from_inner + lane_first * from_lane;
                        float* target = voxels_ + outer * plane + inner * row + lane_first;
                        for (int n = 0; n < std::min(block, size(lane_axis) - lane_first); ++n)
                            target[n] = source[n * from_lane];
                    }
    });
}

}  // namespace drr
