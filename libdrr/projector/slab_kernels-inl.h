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

template <class V>
HWY_INLINE V lerp(V a, V b, V share) {
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

    /// From a ray's position there to its lowest in the slab, by its slope.
    static double low_end(double) { return 0.0; }
    /// The share of the second of two neighbours for rays `beyond` the first one, in [0, 1).
    template <class V>
    HWY_INLINE static V second(V beyond, V, V) {
        return beyond;
    }
    /// The share of the voxel that is second along both axes.
    template <class V, class M>
    HWY_INLINE static V both(V row, V lane, M) {
        return hn::Mul(row, lane);
    }
};

/// The exact shares of the voxels that a ray crosses between the faces of a slab. It crosses at
/// most two along either axis across, since the axis along is its dominant one: the second for what
/// is left of the slab beyond the face between them. Where both slopes have one sign, the ray is in
/// the second voxels at the same end of the slab, else at opposite ends.
struct SiddonKernel {
    static constexpr double at = -0.5;
    static constexpr bool bilinear = false;

    static double low_end(double slope) { return std::min(0.0, slope); }
    template <class V>
    HWY_INLINE static V second(V beyond, V slope, V per_slope) {
        const hn::DFromV<V> d;
        const V one = hn::Set(d, 1);
        const V share = hn::Mul(hn::Sub(beyond, hn::Sub(one, slope)), per_slope);
        return hn::Min(one, hn::Max(hn::Zero(d), share));
    }
    template <class V, class M>
    HWY_INLINE static V both(V row, V lane, M same_sign) {
        const hn::DFromV<V> d;
        const V beyond = hn::Sub(hn::Add(row, lane), hn::Set(d, 1));
        return hn::IfThenElse(same_sign, hn::Min(row, lane), hn::Max(hn::Zero(d), beyond));
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

/// The neighbours that rays lie between along an axis, and the share of the second of them.
struct Neighbours {
    I first, next;
    F second;
};

template <class Kernel>
HWY_INLINE Neighbours neighbours(const Across& across, F distance, float beyond) {
    const F at = position(across, distance, beyond);
    const I first = hn::ConvertTo(lanes_i, at);
    return {
        first, hn::Add(first, hn::Set(lanes_i, 1)),
        Kernel::second(hn::Sub(at, hn::ConvertTo(lanes_f, first)), across.slope, across.per_slope)};
}

/// The mean of four neighbours by their shares.
template <class Kernel, class V, class M>
HWY_INLINE V weighted(V low_first, V low_second, V high_first, V high_second, V in_row, V in_lane,
                      M same_sign) {
    if constexpr (Kernel::bilinear)
        return lerp(lerp(low_first, low_second, in_lane), lerp(high_first, high_second, in_lane),
                    in_row);
    const V both = Kernel::both(in_row, in_lane, same_sign);
    const V lane_only = hn::Sub(in_lane, both);
    const V neither = hn::Sub(hn::Sub(hn::Set(hn::DFromV<V>(), 1), in_row), lane_only);
    return hn::Add(hn::MulAdd(neither, low_first, hn::Mul(lane_only, low_second)),
                   hn::MulAdd(hn::Sub(in_row, both), high_first, hn::Mul(both, high_second)));
}

/// Rays that share two rows. Bilinear ones interpolate the rows first, then the lanes.
template <class Kernel, bool wide, class Voxel>
HWY_INLINE F sum_two_rows(const Run<Voxel>& run) {
    [[maybe_unused]] const std::size_t n = hn::Lanes(lanes_f);
    F sum = hn::Zero(lanes_f);
    for (int t = 0; t < run.count; ++t) {
        const Voxel* const p = run.base + run.offset[t];
        const F in_row = hn::Set(lanes_f, run.row_second[t]);
        const auto [index, next, in_lane] =
            neighbours<Kernel>(run.lane, run.distance(t), run.lane_beyond[t]);
        const Voxel* const q = p + run.row_stride;
        const F first = load(p), second = load(q);
        const F first_wide = wide ? load(p + n) : first, second_wide = wide ? load(q + n) : second;
        const auto at = [&](F table, [[maybe_unused]] F table_wide, I which) {
            if constexpr (wide)
                return lookup(table, table_wide, which);
            else
                return lookup(table, which);
        };
        if constexpr (Kernel::bilinear) {
            const F low = lerp(first, second, in_row);
            const F low_wide = lerp(first_wide, second_wide, in_row);
            sum = hn::Add(sum, lerp(at(low, low_wide, index), at(low, low_wide, next), in_lane));
        } else {
            sum = hn::Add(
                sum, weighted<Kernel>(at(first, first_wide, index), at(first, first_wide, next),
                                      at(second, second_wide, index), at(second, second_wide, next),
                                      in_row, in_lane, run.same_sign));
        }
    }
    return sum;
}

/// Rays less than a row apart, so that each lies between the first two or the last two of three.
template <class Kernel, class Voxel>
HWY_INLINE F sum_three_rows(const Run<Voxel>& run) {
    const auto n = static_cast<std::int32_t>(hn::Lanes(lanes_f));
    F sum = hn::Zero(lanes_f);
    for (int t = 0; t < run.count; ++t) {
        const Voxel* const p = run.base + run.offset[t];
        const Neighbours lane = neighbours<Kernel>(run.lane, run.distance(t), run.lane_beyond[t]);
        const Neighbours row = neighbours<Kernel>(run.row, run.distance(t), run.row_beyond[t]);
        const I index = hn::Add(lane.first, hn::Mul(row.first, hn::Set(lanes_i, n)));
        const I next = hn::Add(index, hn::Set(lanes_i, 1));
        const F a = load(p), b = load(p + run.row_stride), c = load(p + 2 * run.row_stride);
        const F low_first = lookup(a, b, index), low_second = lookup(a, b, next);
        const F high_first = lookup(b, c, index), high_second = lookup(b, c, next);
        sum = hn::Add(sum, weighted<Kernel>(low_first, low_second, high_first, high_second,
                                            row.second, lane.second, run.same_sign));
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
        const auto [index, next, in_lane] =
            neighbours<Kernel>(run.lane, run.distance(t), run.lane_beyond[t]);
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

const hn::CappedTag<double, lane_rays / 2> lanes_d;
const hn::RebindToSigned<decltype(lanes_d)> lanes_i64;
using D = hn::Vec<decltype(lanes_d)>;
using I64 = hn::Vec<decltype(lanes_i64)>;

/// The voxels at these offsets and those after them.
HWY_INLINE void gather_pairs(const float* voxels, I64 offset, D& first, D& second) {
    const hn::RebindToUnsigned<decltype(lanes_d)> pairs;
    const hn::Rebind<std::uint32_t, decltype(lanes_d)> bits;
    const hn::Rebind<float, decltype(lanes_d)> floats;
    const auto pair = hn::GatherOffset(pairs, reinterpret_cast<const std::uint64_t*>(voxels),
                                       hn::ShiftLeft<2>(offset));
    first = hn::PromoteTo(lanes_d, hn::BitCast(floats, hn::TruncateTo(bits, pair)));
    second =
        hn::PromoteTo(lanes_d, hn::BitCast(floats, hn::TruncateTo(bits, hn::ShiftRight<32>(pair))));
}
HWY_INLINE void gather_pairs(const std::int16_t* voxels, I64 offset, D& first, D& second) {
    const I64 four = hn::GatherOffset(lanes_i64, reinterpret_cast<const std::int64_t*>(voxels),
                                      hn::ShiftLeft<1>(offset));
    first = hn::ConvertTo(lanes_d, hn::ShiftRight<48>(hn::ShiftLeft<48>(four)));
    second = hn::ConvertTo(lanes_d, hn::ShiftRight<48>(hn::ShiftLeft<32>(four)));
}

/// Where rays too far apart for windows are along an axis across, and what is within reach there.
struct Apart {
    double source;       ///< as the kernel counts positions
    double first, last;  ///< lowest positions of rays that touch the box, last exclusive
    const double* slopes;
};

/// Rays too far apart for windows gather their voxels, in double precision.
template <class Kernel, class Voxel>
HWY_INLINE D sum_apart(const Voxel* voxels, std::ptrdiff_t slice_stride, std::ptrdiff_t row_stride,
                       int first, int last, double source_slice, const Apart& row,
                       const Apart& lane) {
    const D zero = hn::Zero(lanes_d), one = hn::Set(lanes_d, 1.0);
    const auto slopes = [&](const Apart& across, D& slope, D& steepness, D& per_slope, D& low_end) {
        slope = hn::LoadU(lanes_d, across.slopes);
        steepness = hn::Abs(slope);
        per_slope = hn::IfThenZeroElse(hn::Eq(steepness, zero), hn::Div(one, steepness));
        low_end = hn::Set(lanes_d, across.source);
        if constexpr (!Kernel::bilinear) low_end = hn::Add(low_end, hn::Min(zero, slope));
    };
    D row_slope, row_steepness, row_per_slope, row_low, lane_slope, lane_steepness, lane_per_slope,
        lane_low;
    slopes(row, row_slope, row_steepness, row_per_slope, row_low);
    slopes(lane, lane_slope, lane_steepness, lane_per_slope, lane_low);
    const auto same_sign = hn::Ge(hn::Mul(row_slope, lane_slope), zero);
    D sum = zero;
    for (int slice = first; slice < last; ++slice) {
        const D s = hn::Set(lanes_d, slice + Kernel::at - source_slice);
        const D y = hn::MulAdd(s, row_slope, row_low), z = hn::MulAdd(s, lane_slope, lane_low);
        const auto near = [](D at, const Apart& across) {
            return hn::And(hn::Ge(at, hn::Set(lanes_d, across.first)),
                           hn::Lt(at, hn::Set(lanes_d, across.last)));
        };
        const auto touches = hn::And(near(y, row), near(z, lane));
        if (hn::AllFalse(lanes_d, touches)) continue;
        const D y_below = hn::Floor(y), z_below = hn::Floor(z);
        const D in_row = Kernel::second(hn::Sub(y, y_below), row_steepness, row_per_slope);
        const D in_lane = Kernel::second(hn::Sub(z, z_below), lane_steepness, lane_per_slope);
        const D stride = hn::Set(lanes_d, static_cast<double>(row_stride));
        const D offset = hn::IfThenElseZero(
            touches,
            hn::MulAdd(
                y_below, stride,
                hn::Add(z_below, hn::Set(lanes_d, static_cast<double>(slice * slice_stride)))));
        D low_first, low_second, high_first, high_second;
        const I64 below = hn::ConvertTo(lanes_i64, offset);
        gather_pairs(voxels, below, low_first, low_second);
        gather_pairs(voxels, hn::Add(below, hn::Set(lanes_i64, row_stride)), high_first,
                     high_second);
        sum = hn::Add(sum, hn::IfThenElseZero(
                               touches, weighted<Kernel>(low_first, low_second, high_first,
                                                         high_second, in_row, in_lane, same_sign)));
    }
    return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#endif
