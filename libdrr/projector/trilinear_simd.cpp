#include "trilinear_march.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trilinear_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace drr {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

const hn::CappedTag<float, trilinear_rays> trilinear_f;
const hn::RebindToSigned<decltype(trilinear_f)> trilinear_i;
using TF = hn::Vec<decltype(trilinear_f)>;
using TI = hn::Vec<decltype(trilinear_i)>;
#if HWY_TARGET != HWY_SCALAR
/// Two voxels next to each other along the first axis are loaded at once.
const hn::Repartition<std::int64_t, decltype(trilinear_f)> voxel_pairs;
using Pairs = hn::Vec<decltype(voxel_pairs)>;
#endif

/// Samples between two looks at the map of bricks. Positions are exact at the start of each, and
/// followed in float within.
constexpr int samples_per_chunk = 16;

/// Where the rays of a vector are at the start of a chunk.
struct ChunkStart {
    alignas(64) std::array<float, trilinear_rays> share[3];  ///< beyond the voxel below
    alignas(64) std::array<float, trilinear_rays> step[3];
    alignas(64) std::array<float, trilinear_rays> last;  ///< sample; below 0 when there is none
    alignas(64) std::array<std::int64_t, trilinear_rays> offset;  ///< of the voxel below, in bytes
};

/// The voxels that the samples of a vector lie between.
struct Cells {
#if HWY_TARGET == HWY_SCALAR
    std::ptrdiff_t bytes;

    HWY_INLINE Cells(const std::int64_t* base, TI offset)
        : bytes(*base + 4 * std::ptrdiff_t{hn::GetLane(offset)}) {}

    HWY_INLINE void load(const float* base, TF& here, TF& next) const {
        here = hn::Set(trilinear_f, base[bytes / 4]);
        next = hn::Set(trilinear_f, base[bytes / 4 + 1]);
    }
#else
    Pairs low, high;

    /// `base`: for each lane, in bytes; `offset`: from there, in voxels.
    HWY_INLINE Cells(const std::int64_t* base, TI offset) {
        const hn::Half<decltype(trilinear_i)> half;
        const Pairs low_offset = hn::PromoteTo(voxel_pairs, hn::LowerHalf(half, offset));
        const Pairs high_offset = hn::PromoteTo(voxel_pairs, hn::UpperHalf(half, offset));
        low = hn::Add(hn::LoadU(voxel_pairs, base), hn::ShiftLeft<2>(low_offset));
        high = hn::Add(hn::LoadU(voxel_pairs, base + hn::Lanes(voxel_pairs)),
                       hn::ShiftLeft<2>(high_offset));
    }

    /// The first voxel of each cell, moved by `base`, and its neighbour along the first axis.
    HWY_INLINE void load(const float* base, TF& here, TF& next) const {
        const auto* const from = reinterpret_cast<const std::int64_t*>(base);
        const TF a = hn::BitCast(trilinear_f, hn::GatherOffset(voxel_pairs, from, low));
        const TF b = hn::BitCast(trilinear_f, hn::GatherOffset(voxel_pairs, from, high));
        here = hn::ConcatEven(trilinear_f, b, a);
        next = hn::ConcatOdd(trilinear_f, b, a);
    }
#endif
};

HWY_INLINE TF between(TF a, TF b, TF share) {
    return hn::MulAdd(share, hn::Sub(b, a), a);
}

/// The sum of up to samples_per_chunk samples of the rays from `first_ray` on.
HWY_INLINE TF sum_chunk(const PaddedVolume& volume, const ChunkStart& chunk, int count,
                        std::size_t first_ray) {
    const auto f = trilinear_f;
    const auto i = trilinear_i;
    TF share[3], step[3];
    for (int d = 0; d < 3; ++d) {
        share[d] = hn::LoadU(f, chunk.share[d].data() + first_ray);
        step[d] = hn::LoadU(f, chunk.step[d].data() + first_ray);
    }
    const TF last = hn::LoadU(f, chunk.last.data() + first_ray);
    const std::int64_t* const base = chunk.offset.data() + first_ray;
    const auto row = static_cast<std::int32_t>(volume.strides[1]);
    const auto plane = static_cast<std::int32_t>(volume.strides[2]);
    const float* const voxels = volume.values.data();

    TF sum = hn::Zero(f);
    for (int n = 0; n < count; ++n) {
        // Rays that have ended stay at their last sample, which no longer counts.
        const TF sample = hn::Set(f, static_cast<float>(n));
        const TF at = hn::Max(hn::Min(sample, last), hn::Zero(f));
        TF rest[3];
        TI voxel[3];
        for (int d = 0; d < 3; ++d) {
            const TF position = hn::MulAdd(at, step[d], share[d]);
            const TF below = hn::Floor(position);
            rest[d] = hn::Sub(position, below);
            voxel[d] = hn::ConvertTo(i, below);
        }
        const TI offset = hn::Add(voxel[0], hn::Add(hn::Mul(voxel[1], hn::Set(i, row)),
                                                    hn::Mul(voxel[2], hn::Set(i, plane))));
        const Cells cells(base, offset);
        TF here, next;
        cells.load(voxels, here, next);
        const TF a = between(here, next, rest[0]);
        cells.load(voxels + row, here, next);
        const TF b = between(here, next, rest[0]);
        cells.load(voxels + plane, here, next);
        const TF c = between(here, next, rest[0]);
        cells.load(voxels + row + plane, here, next);
        const TF d = between(here, next, rest[0]);
        const TF value = between(between(a, b, rest[1]), between(c, d, rest[1]), rest[2]);
        sum = hn::Add(sum, hn::IfThenElseZero(hn::Le(sample, last), value));
    }
    return sum;
}

void march_rays(const PaddedVolume& volume, const BrickMap& bricks, const TrilinearRays& rays,
                std::array<double, trilinear_rays>& sums) {
    sums.fill(0.0);
    const int longest = *std::max_element(rays.count.begin(), rays.count.end());
    ChunkStart chunk;
    for (int d = 0; d < 3; ++d)
        for (std::size_t n = 0; n < trilinear_rays; ++n)
            chunk.step[d][n] = static_cast<float>(rays.step[static_cast<std::size_t>(d)][n]);
    for (int first = 0; first < longest; first += samples_per_chunk) {
        const int count = std::min(samples_per_chunk, longest - first);
        std::array<int, 3> low{}, high{};  // voxels that the samples touch, high exclusive
        std::array<std::ptrdiff_t, trilinear_rays> offset;
        offset.fill(volume.first);
        for (std::size_t d = 0; d < 3; ++d) {
            double least = 1e9, most = -1e9;
            for (std::size_t n = 0; n < trilinear_rays; ++n) {
                const int left = rays.count[n] - 1 - first;
                const double start =
                    rays.start[d][n] +
                    std::min(first, std::max(rays.count[n] - 1, 0)) * rays.step[d][n];
                const double below = std::floor(start);
                chunk.share[d][n] = static_cast<float>(start - below);
                offset[n] += static_cast<std::ptrdiff_t>(below) * volume.strides[d];
                if (left < 0) continue;
                const double end = start + std::min(left, count - 1) * rays.step[d][n];
                least = std::min(least, std::min(start, end));
                most = std::max(most, std::max(start, end));
            }
            low[d] = static_cast<int>(std::floor(least));
            high[d] = static_cast<int>(std::floor(most)) + 2;
        }
        if (!bricks.any(low, high)) continue;
        for (std::size_t n = 0; n < trilinear_rays; ++n) {
            chunk.last[n] = static_cast<float>(std::min(rays.count[n] - 1 - first, count - 1));
            chunk.offset[n] = static_cast<std::int64_t>(offset[n]) * 4;
        }
        alignas(64) std::array<float, trilinear_rays> chunk_sums;
        for (std::size_t n = 0; n < trilinear_rays; n += hn::Lanes(trilinear_f))
            hn::StoreU(sum_chunk(volume, chunk, count, n), trilinear_f, chunk_sums.data() + n);
        for (std::size_t n = 0; n < trilinear_rays; ++n)
            sums[n] += static_cast<double>(chunk_sums[n]);
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace drr {

HWY_EXPORT(march_rays);

void sum_samples(const PaddedVolume& volume, const BrickMap& bricks, const TrilinearRays& rays,
                 std::array<double, trilinear_rays>& sums) {
    HWY_DYNAMIC_DISPATCH(march_rays)(volume, bricks, rays, sums);
}

}  // namespace drr
#endif
