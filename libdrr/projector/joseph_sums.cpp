#include "direct_sums.hpp"
#include "index_rays.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace drr {
namespace {

template <class Voxel>
double joseph_sum(const VoxelArray<Voxel>& array, const VoxelBox& box,
                  const Eigen::Vector3d& source, const Eigen::Vector3d& ray, RayPart part) {
    const int axis = dominant_axis(ray);
    const int b = (axis + 1) % 3, c = (axis + 2) % 3;
    // Samples are taken less than a voxel from the box across the slabs. A sample at the border
    // stands for half a slab more on either side.
    const RayPart near =
        part_within(box.first.cast<double>() - 1.0, box.last.cast<double>(), source, ray);
    const double half_slab = 0.5 / std::abs(ray[axis]);
    part.from = std::max(part.from, near.from - half_slab);
    part.to = std::min(part.to, near.to + half_slab);
    if (near.empty() || part.empty()) return 0.0;

    const auto [begin, end] =
        std::minmax({source[axis] + part.from * ray[axis], source[axis] + part.to * ray[axis]});
    const int first = std::max(static_cast<int>(std::floor(begin + 0.5)), box.first[axis]);
    const int last = std::min(static_cast<int>(std::floor(end + 0.5)), box.last[axis] - 1);
    const std::array<std::ptrdiff_t, 3> strides{
        1, array.grid->sizes[0], std::ptrdiff_t{array.grid->sizes[0]} * array.grid->sizes[1]};
    const std::ptrdiff_t stride_b = strides[static_cast<std::size_t>(b)];
    const std::ptrdiff_t stride_c = strides[static_cast<std::size_t>(c)];
    const std::ptrdiff_t stride = strides[static_cast<std::size_t>(axis)];
    const double slope_b = ray[b] / ray[axis], slope_c = ray[c] / ray[axis];
    const auto value = [&](std::ptrdiff_t offset) {
        return static_cast<double>(array.voxels[offset]);
    };
    double sum = 0.0;
    for (int slice = first; slice <= last; ++slice) {
        const double at_b = source[b] + (slice - source[axis]) * slope_b;
        const double at_c = source[c] + (slice - source[axis]) * slope_c;
        const int i = static_cast<int>(std::floor(at_b)), j = static_cast<int>(std::floor(at_c));
        const double share_b = at_b - i, share_c = at_c - j;
        const std::ptrdiff_t p = slice * stride + i * stride_b + j * stride_c;
        double sample = 0.0;
        if (i >= box.first[b] && i + 1 < box.last[b] && j >= box.first[c] && j + 1 < box.last[c]) {
            const auto in_b = [&](std::ptrdiff_t q) {
                return value(q) + share_b * (value(q + stride_b) - value(q));
            };
            sample = (1.0 - share_c) * in_b(p) + share_c * in_b(p + stride_c);
        } else {
            for (int n = 0; n < 4; ++n) {
                const int to_b = n & 1, to_c = n >> 1;
                if (i + to_b < box.first[b] || i + to_b >= box.last[b] || j + to_c < box.first[c] ||
                    j + to_c >= box.last[c])
                    continue;
                sample += (to_b ? share_b : 1.0 - share_b) * (to_c ? share_c : 1.0 - share_c) *
                          value(p + to_b * stride_b + to_c * stride_c);
            }
        }
        sum += (std::min(end, slice + 0.5) - std::max(begin, slice - 0.5)) * sample;
    }
    return sum / std::abs(ray[axis]);
}

template <class Voxel>
void sum_bundle(const VoxelArray<Voxel>& array, const VoxelBox& box, const Eigen::Vector3d& source,
                const RayBundle& rays, PerBundle<double>& sums) {
    for (std::size_t n = 0; n < bundle_rays; ++n)
        sums[n] = joseph_sum(
            array, box, source,
            Eigen::Vector3d(rays.to_pixel[0][n], rays.to_pixel[1][n], rays.to_pixel[2][n]),
            {rays.from[n], rays.to[n]});
}

}  // namespace

template <>
void direct_sums<Method::joseph>(const VoxelArray<float>& array, const VoxelBox& box,
                                 const Eigen::Vector3d& source, const RayBundle& rays,
                                 PerBundle<double>& sums) {
    sum_bundle(array, box, source, rays, sums);
}
template <>
void direct_sums<Method::joseph>(const VoxelArray<std::int16_t>& array, const VoxelBox& box,
                                 const Eigen::Vector3d& source, const RayBundle& rays,
                                 PerBundle<double>& sums) {
    sum_bundle(array, box, source, rays, sums);
}

}  // namespace drr
