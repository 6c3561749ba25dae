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

struct VoxelRange {
    int first, last;  ///< last exclusive
};

/// Rows of `columns` contiguous values become columns of `rows`. Line by line through a buffer:
/// rows lie a power of two apart as often as not, so that the lines of a block would displace each
/// other in the cache.
template <class Voxel>
void transpose(const Voxel* from, std::ptrdiff_t row_stride, int columns, int rows, Voxel* to,
               std::ptrdiff_t column_stride) {
    Voxel buffer[block][block];
    for (int row = 0; row < rows; ++row)
        for (int column = 0; column < columns; ++column)
            buffer[column][row] = from[row * row_stride + column];
    for (int column = 0; column < columns; ++column)
        std::copy_n(buffer[column], rows, to + column * column_stride);
}

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
    // The third axis beside that of the lanes and that which was contiguous.
    const int third_axis = lane_axis == 0 ? outer_axis : 3 - lane_axis;
    const std::ptrdiff_t from_third = from[static_cast<std::size_t>(third_axis)];
    const std::ptrdiff_t to_i = stride(0), to_third = stride(third_axis);
    const int blocks = (size(outer_axis) + block - 1) / block;
    parallel_for(static_cast<std::size_t>(blocks), [&](std::size_t index) {
        std::array<VoxelRange, 3> part;
        for (int axis = 0; axis < 3; ++axis)
            part[static_cast<std::size_t>(axis)] = {0, size(axis)};
        const int first = static_cast<int>(index) * block;
        VoxelRange& outer = part[static_cast<std::size_t>(outer_axis)];
        outer = {first, std::min(first + block, size(outer_axis))};
        for (int n = outer.first; n < outer.last; ++n) {
            Voxel* const begin = voxels_ + n * plane;
            for (int inner = 0; inner < size(inner_axis); ++inner)
                std::fill_n(begin + inner * row + size(lane_axis), lane_margin, Voxel{0});
            std::fill_n(begin + size(inner_axis) * row, row_margin * row, Voxel{0});
        }
        const VoxelRange third = part[static_cast<std::size_t>(third_axis)];
        if (lane_axis == 0) {
            for (int k = third.first; k < third.last; ++k)
                for (int j = 0; j < sizes[1]; ++j)
                    std::copy_n(array.voxels + array.grid->offset(0, j, k), sizes[0],
                                voxels_ + j * row + k * plane);
            return;
        }
        for (int t = third.first; t < third.last; ++t)
            for (int i = part[0].first; i < part[0].last; i += block)
                for (int lane = 0; lane < size(lane_axis); lane += block)
                    transpose(array.voxels + i + lane * from_lane + t * from_third, from_lane,
                              std::min(block, part[0].last - i),
                              std::min(block, size(lane_axis) - lane),
                              voxels_ + i * to_i + lane + t * to_third, to_i);
    });
}

template class LaneVolume<float>;
template class LaneVolume<std::int16_t>;

}  // namespace drr
