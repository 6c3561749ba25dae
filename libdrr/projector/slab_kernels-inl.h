// What a vector of rays meets in a slab of voxels, for the instruction set that is being compiled.
#if defined(DRR_SLAB_KERNELS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DRR_SLAB_KERNELS_INL_H
#undef DRR_SLAB_KERNELS_INL_H
#else
#define DRR_SLAB_KERNELS_INL_H
#endif

#include "ray_tile.hpp"

#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace drr {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

const hn::CappedTag<float, lane_rays> lanes_f;
const hn::RebindToSigned<decltype(lanes_f)> lanes_i;
using F = hn::Vec<decltype(lanes_f)>;
using I = hn::Vec<decltype(lanes_i)>;

HWY_INLINE F load(const float* voxels) {
    return hn::LoadU(lanes_f, voxels);
}

HWY_INLINE F load(const std::int16_t* voxels) {
    const hn::Rebind<std::int16_t, decltype(lanes_f)> half;
    return hn::ConvertTo(lanes_f, hn::PromoteTo(lanes_i, hn::LoadU(half, voxels)));
}

/// table[index] for a table of two vectors.
HWY_INLINE F lookup(F low, F high, I index) {
#if HWY_TARGET <= HWY_AVX3
    return F{_mm512_permutex2var_ps(low.raw, index.raw, high.raw)};
#else
    const auto n = static_cast<std::int32_t>(hn::Lanes(lanes_f));
    const I within = hn::And(index, hn::Set(lanes_i, n - 1));
    const auto at = hn::IndicesFromVec(lanes_f, within);
    const auto is_low = hn::RebindMask(lanes_f, hn::Lt(index, hn::Set(lanes_i, n)));
    return hn::IfThenElse(is_low, hn::TableLookupLanes(low, at), hn::TableLookupLanes(high, at));
#endif
}

HWY_INLINE F lookup(F table, I index) {
    return hn::TableLookupLanes(table, hn::IndicesFromVec(lanes_f, index));
}

HWY_INLINE F lerp(F a, F b, F share) {
    return hn::MulAdd(share, hn::Sub(b, a), a);
}

/// How rays lie along an axis across the slabs, by the voxels that they go across for each slab.
struct Across {
    F spread;     ///< slopes less that of the lowest ray
    F shift;      ///< what low ends in a slab are beyond that of the lowest ray
    F slope;      ///< absolute
    F per_slope;  ///< 1 / slope; 0 for none
};

/// Joseph's bilinear sample in the plane in the middle of a slab.
struct JosephKernel {
    /// Where positions are taken, from the plane, in slabs.
    static constexpr double at = 0.0;
    static constexpr bool bilinear = true;

    /// From the lowest position in a slab, which a slope of this sign has at its lower end.
    static double low_end(double) { return 0.0; }
    /// The share of the second of two neighbours for a ray `beyond` the first one, in [0, 1).
    HWY_INLINE static F second(F beyond, F, F) { return beyond; }
    static double second(double beyond, double) { return beyond; }
    /// The share of the voxel that is second along both axes.
    HWY_INLINE static F both(F row, F lane, hn::Mask<decltype(lanes_f)>) {
        return hn::Mul(row, lane);
    }
    static double both(double row, double lane, bool) { return row * lane; }
};

/// The exact shares of the voxels that a ray crosses between the faces of a slab. It crosses at
/// most two along either axis across, since the axis along is its dominant one: the second for what
/// is left of the slab beyond the face between them. Where both slopes have one sign, the ray is in
/// the second voxels at the same end of the slab, else at opposite ends.
struct SiddonKernel {
    static constexpr double at = -0.5;
    static constexpr bool bilinear = false;

    static double low_end(double slope) { return std::min(0.0, slope); }
    HWY_INLINE static F second(F beyond, F slope, F per_slope) {
        const F one = hn::Set(lanes_f, 1.0F);
        const F share = hn::Mul(hn::Sub(beyond, hn::Sub(one, slope)), per_slope);
        return hn::Min(one, hn::Max(hn::Zero(lanes_f), share));
    }
    static double second(double beyond, double slope) {
        return slope > 0.0 ? std::clamp((beyond - (1.0 - slope)) / slope, 0.0, 1.0) : 0.0;
    }
    HWY_INLINE static F both(F row, F lane, hn::Mask<decltype(lanes_f)> same_sign) {
        const F beyond = hn::Sub(hn::Add(row, lane), hn::Set(lanes_f, 1.0F));
        return hn::IfThenElse(same_sign, hn::Min(row, lane), hn::Max(hn::Zero(lanes_f), beyond));
    }
    static double both(double row, double lane, bool same_sign) {
        return same_sign ? std::min(row, lane) : std::max(0.0, row + lane - 1.0);
    }
};

/// Slabs that are worked through before the next column of rays takes its turn; those of a brick.
constexpr int chunk = BrickMap::side;

/// A vector of rays in a run of slabs.
template <class Voxel>
struct Run {
    const Voxel* base;  ///< the voxel below the lowest ray in the first slab
    std::ptrdiff_t row_stride;
    int count;   ///< slabs
    float from;  ///< the first slab's distance from the source
    int rows;    ///< that the rays touch in a slab
    Across row, lane;
    hn::Mask<decltype(lanes_f)> same_sign;  ///< of both slopes
    /// Where the lowest ray is in each slab.
    alignas(64) std::int32_t offset[chunk];  ///< of the voxel below it, from base
    alignas(64) float row_beyond[chunk];     ///< that voxel, in [0, 1)
    alignas(64) float lane_beyond[chunk];
    alignas(64) float row_second[chunk];  ///< Kernel::second of row_beyond

    HWY_INLINE F distance(int t) const { return hn::Set(lanes_f, from + static_cast<float>(t)); }

    /// Fills the arrays for a ray that begins this far beyond the voxel at `base`.
    template <class Kernel>
    HWY_INLINE void place(double row_begin, double row_slope, double lane_begin, double lane_slope,
                          std::ptrdiff_t slice_stride) {
        const auto set = [](double value) { return hn::Set(lanes_f, static_cast<float>(value)); };
        const auto stride = [](std::ptrdiff_t value) {
            return hn::Set(lanes_i, static_cast<std::int32_t>(value));
        };
        const F slope = hn::Abs(set(row_slope));
        const F per_slope = set(row_slope != 0.0 ? 1.0 / std::abs(row_slope) : 0.0);
        for (std::size_t n = 0; n < chunk; n += hn::Lanes(lanes_f)) {
            const I slice = hn::Iota(lanes_i, static_cast<std::int32_t>(n));
            const F t = hn::ConvertTo(lanes_f, slice);
            const F y = hn::MulAdd(t, set(row_slope), set(row_begin));
            const F z = hn::MulAdd(t, set(lane_slope), set(lane_begin));
            const F y_below = hn::Floor(y), z_below = hn::Floor(z);
            const F beyond = hn::Sub(y, y_below);
            const I rows_and_lanes =
                hn::Add(hn::Mul(hn::ConvertTo(lanes_i, y_below), stride(row_stride)),
                        hn::ConvertTo(lanes_i, z_below));
            hn::Store(hn::Add(hn::Mul(slice, stride(slice_stride)), rows_and_lanes), lanes_i,
                      offset + n);
            hn::Store(beyond, lanes_f, row_beyond + n);
            hn::Store(hn::Sub(z, z_below), lanes_f, lane_beyond + n);
            hn::Store(Kernel::second(beyond, slope, per_slope), lanes_f, row_second + n);
        }
    }
};

HWY_INLINE F position(const Across& across, F distance, float beyond) {
    return hn::Add(hn::MulAdd(distance, across.spread, across.shift), hn::Set(lanes_f, beyond));
}

/// Rays that share two rows: the rows are interpolated first, then the lanes.
template <class Kernel, bool wide, class Voxel>
HWY_INLINE F sum_two_rows(const Run<Voxel>& run) {
    [[maybe_unused]] const std::size_t n = hn::Lanes(lanes_f);
    F sum = hn::Zero(lanes_f);
    for (int t = 0; t < run.count; ++t) {
        const Voxel* const p = run.base + run.offset[t];
        const F in_row = hn::Set(lanes_f, run.row_second[t]);
        const F z = position(run.lane, run.distance(t), run.lane_beyond[t]);
        const I index = hn::ConvertTo(lanes_i, z);
        const I next = hn::Add(index, hn::Set(lanes_i, 1));
        const F in_lane = Kernel::second(hn::Sub(z, hn::ConvertTo(lanes_f, index)), run.lane.slope,
                                         run.lane.per_slope);
        const F first = load(p), second = load(p + run.row_stride);
        const F low = lerp(first, second, in_row);
        [[maybe_unused]] F low_wide = low, rise_wide = low;
        if constexpr (wide) {
            const F first_wide = load(p + n), second_wide = load(p + n + run.row_stride);
            low_wide = lerp(first_wide, second_wide, in_row);
            rise_wide = hn::Sub(second_wide, first_wide);
        }
        const auto at = [&](F table, [[maybe_unused]] F table_wide, I which) {
            if constexpr (wide)
                return lookup(table, table_wide, which);
            else
                return lookup(table, which);
        };
        sum = hn::Add(sum, lerp(at(low, low_wide, index), at(low, low_wide, next), in_lane));
        if constexpr (!Kernel::bilinear) {
            const F rise = hn::Sub(second, first);
            const F more =
                hn::NegMulAdd(in_row, in_lane, Kernel::both(in_row, in_lane, run.same_sign));
            const F twist = hn::Sub(at(rise, rise_wide, next), at(rise, rise_wide, index));
            sum = hn::MulAdd(more, twist, sum);
        }
    }
    return sum;
}

/// The mean of four neighbours by their shares.
template <class Kernel>
HWY_INLINE F weighted(F low_first, F low_second, F high_first, F high_second, F in_row, F in_lane,
                      hn::Mask<decltype(lanes_f)> same_sign) {
    const F low = lerp(low_first, low_second, in_lane);
    const F high = lerp(high_first, high_second, in_lane);
    const F bilinear = lerp(low, high, in_row);
    if constexpr (Kernel::bilinear) return bilinear;
    const F more = hn::NegMulAdd(in_row, in_lane, Kernel::both(in_row, in_lane, same_sign));
    const F twist = hn::Sub(hn::Sub(high_second, high_first), hn::Sub(low_second, low_first));
    return hn::MulAdd(more, twist, bilinear);
}

/// Rays less than a row apart, so that each lies between the first two or the last two of three.
template <class Kernel, class Voxel>
HWY_INLINE F sum_three_rows(const Run<Voxel>& run) {
    const auto n = static_cast<std::int32_t>(hn::Lanes(lanes_f));
    F sum = hn::Zero(lanes_f);
    for (int t = 0; t < run.count; ++t) {
        const Voxel* const p = run.base + run.offset[t];
        const F z = position(run.lane, run.distance(t), run.lane_beyond[t]);
        const F y = position(run.row, run.distance(t), run.row_beyond[t]);
        const I below = hn::ConvertTo(lanes_i, z);
        const I row = hn::ConvertTo(lanes_i, y);
        const F in_lane = Kernel::second(hn::Sub(z, hn::ConvertTo(lanes_f, below)), run.lane.slope,
                                         run.lane.per_slope);
        const F in_row = Kernel::second(hn::Sub(y, hn::ConvertTo(lanes_f, row)), run.row.slope,
                                        run.row.per_slope);
        const I index = hn::Add(below, hn::Mul(row, hn::Set(lanes_i, n)));
        const I next = hn::Add(index, hn::Set(lanes_i, 1));
        const F a = load(p), b = load(p + run.row_stride), c = load(p + 2 * run.row_stride);
        const F low_first = lookup(a, b, index), low_second = lookup(a, b, next);
        const F high_first = lookup(b, c, index), high_second = lookup(b, c, next);
        sum = hn::Add(sum, weighted<Kernel>(low_first, low_second, high_first, high_second, in_row,
                                            in_lane, run.same_sign));
    }
    return sum;
}

/// Any number of rows, of which each ray lies between two.
template <class Kernel, bool wide, class Voxel>
HWY_INLINE F sum_rows(const Run<Voxel>& run) {
    [[maybe_unused]] const std::size_t n = hn::Lanes(lanes_f);
    const F zero = hn::Zero(lanes_f), one = hn::Set(lanes_f, 1.0F);
    F sum = zero;
    for (int t = 0; t < run.count; ++t) {
        const Voxel* p = run.base + run.offset[t];
        const F z = position(run.lane, run.distance(t), run.lane_beyond[t]);
        const I index = hn::ConvertTo(lanes_i, z);
        const I next = hn::Add(index, hn::Set(lanes_i, 1));
        const F in_lane = Kernel::second(hn::Sub(z, hn::ConvertTo(lanes_f, index)), run.lane.slope,
                                         run.lane.per_slope);
        F y = position(run.row, run.distance(t), run.row_beyond[t]);
        const auto lanes_at = [&](const Voxel* row, I which) {
            if constexpr (wide)
                return lookup(load(row), load(row + n), which);
            else
                return lookup(load(row), which);
        };
        if constexpr (Kernel::bilinear) {
            // The weight of a row falls off with its distance from the ray.
            for (int r = 0; r < run.rows; ++r, p += run.row_stride) {
                const F value = lerp(lanes_at(p, index), lanes_at(p, next), in_lane);
                sum = hn::MulAdd(hn::Max(zero, hn::Sub(one, hn::Abs(y))), value, sum);
                y = hn::Sub(y, one);
            }
        } else {
            const F row = hn::Floor(y);
            const F in_row = Kernel::second(hn::Sub(y, row), run.row.slope, run.row.per_slope);
            F low_first = zero, low_second = zero, high_first = zero, high_second = zero;
            F first = lanes_at(p, index), second = lanes_at(p, next);
            F distance = row;
            for (int r = 1; r < run.rows; ++r) {
                p += run.row_stride;
                const F first_above = lanes_at(p, index), second_above = lanes_at(p, next);
                const auto here = hn::Eq(distance, zero);
                distance = hn::Sub(distance, one);
                low_first = hn::IfThenElse(here, first, low_first);
                low_second = hn::IfThenElse(here, second, low_second);
                high_first = hn::IfThenElse(here, first_above, high_first);
                high_second = hn::IfThenElse(here, second_above, high_second);
                first = first_above;
                second = second_above;
            }
            sum = hn::Add(sum, weighted<Kernel>(low_first, low_second, high_first, high_second,
                                                in_row, in_lane, run.same_sign));
        }
    }
    return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#endif
