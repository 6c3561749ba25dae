#include "joseph_tile.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "joseph_simd.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace drr {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

const hn::CappedTag<float, lane_rays> lanes_f;
const hn::RebindToSigned<decltype(lanes_f)> lanes_i;
using F = hn::Vec<decltype(lanes_f)>;
using I = hn::Vec<decltype(lanes_i)>;

/// Slices that are worked through before the next column of rays takes its turn; those of a brick.
constexpr int chunk = BrickMap::side;

/// What positions computed in float may be off, in voxels: a window is never exhausted to this.
constexpr double slack = 1e-3;

/// Rays of one vector. All come from the source, so at any slice the row of each is
/// source_row + s * slope with s the distance from the source in slices: their order never changes,
/// and one of them is the lowest everywhere. What is left of the others is small and exact in
/// float.
struct Group {
    int first = 0, last = 0;                 ///< slices, last exclusive
    double row_slope = 0, lane_slope = 0;    ///< of the lowest
    double row_spread = 0, lane_spread = 0;  ///< of the slopes
    bool takes_part = false;
};

/// Shortens [low, high] to where source + (slice - from) * slope < limit.
inline void keep_below(double limit, double source, double slope, double from, double& low,
                       double& high) {
    const double crossing = from + (limit - source) / slope;
    if (slope > 0.0)
        high = std::min(high, crossing);
    else if (slope < 0.0)
        low = std::max(low, crossing);
    else if (source >= limit)
        high = -std::numeric_limits<double>::infinity();
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

/// Where the lowest ray of a group is in each slice of a chunk.
struct Steps {
    alignas(64) std::int32_t offset[chunk];  ///< of the voxel below it
    alignas(64) float row[chunk];            ///< beyond that voxel, in [0, 1)
    alignas(64) float lane[chunk];
};

HWY_INLINE void fill(Steps& steps, float row, float row_slope, float lane, float lane_slope,
                     std::int32_t slice_stride, std::int32_t row_stride) {
    for (std::size_t n = 0; n < chunk; n += hn::Lanes(lanes_f)) {
        const I slice = hn::Iota(lanes_i, static_cast<std::int32_t>(n));
        const F t = hn::ConvertTo(lanes_f, slice);
        const F y = hn::MulAdd(t, hn::Set(lanes_f, row_slope), hn::Set(lanes_f, row));
        const F z = hn::MulAdd(t, hn::Set(lanes_f, lane_slope), hn::Set(lanes_f, lane));
        const F y_below = hn::Floor(y), z_below = hn::Floor(z);
        const I offset =
            hn::Add(hn::Add(hn::Mul(slice, hn::Set(lanes_i, slice_stride)),
                            hn::Mul(hn::ConvertTo(lanes_i, y_below), hn::Set(lanes_i, row_stride))),
                    hn::ConvertTo(lanes_i, z_below));
        hn::Store(offset, lanes_i, steps.offset + n);
        hn::Store(hn::Sub(y, y_below), lanes_f, steps.row + n);
        hn::Store(hn::Sub(z, z_below), lanes_f, steps.lane + n);
    }
}

/// Rays that share two rows: the rows are interpolated first, then the lanes.
template <bool wide>
HWY_INLINE F sum_two_rows(const float* base, const Steps& steps, int count, float from,
                          std::ptrdiff_t row_stride, F lane_slope) {
    F sum = hn::Zero(lanes_f);
    for (int t = 0; t < count; ++t) {
        const float* const p = base + steps.offset[t];
        const F share = hn::Set(lanes_f, steps.row[t]);
        const F low = lerp(hn::LoadU(lanes_f, p), hn::LoadU(lanes_f, p + row_stride), share);
        const F z = hn::MulAdd(hn::Set(lanes_f, from + static_cast<float>(t)), lane_slope,
                               hn::Set(lanes_f, steps.lane[t]));
        const I index = hn::ConvertTo(lanes_i, z);
        const F z_share = hn::Sub(z, hn::ConvertTo(lanes_f, index));
        const I next = hn::Add(index, hn::Set(lanes_i, 1));
        if constexpr (wide) {
            const std::size_t n = hn::Lanes(lanes_f);
            const F high =
                lerp(hn::LoadU(lanes_f, p + n), hn::LoadU(lanes_f, p + n + row_stride), share);
            const F a = lookup(low, high, index), b = lookup(low, high, next);
            sum = hn::Add(sum, lerp(a, b, z_share));
        } else {
            const F a = lookup(low, index), b = lookup(low, next);
            sum = hn::Add(sum, lerp(a, b, z_share));
        }
    }
    return sum;
}

/// Rays less than a row apart, so that each lies between the first two or the last two of three.
HWY_INLINE F sum_three_rows(const float* base, const Steps& steps, int count, float from,
                            std::ptrdiff_t row_stride, F row_slope, F lane_slope) {
    const auto n = static_cast<std::int32_t>(hn::Lanes(lanes_f));
    F sum = hn::Zero(lanes_f);
    for (int t = 0; t < count; ++t) {
        const float* const p = base + steps.offset[t];
        const F s = hn::Set(lanes_f, from + static_cast<float>(t));
        const F z = hn::MulAdd(s, lane_slope, hn::Set(lanes_f, steps.lane[t]));
        const F y = hn::MulAdd(s, row_slope, hn::Set(lanes_f, steps.row[t]));
        const I below = hn::ConvertTo(lanes_i, z);
        const I row = hn::ConvertTo(lanes_i, y);
        const F z_share = hn::Sub(z, hn::ConvertTo(lanes_f, below));
        const F y_share = hn::Sub(y, hn::ConvertTo(lanes_f, row));
        const I index = hn::Add(below, hn::Mul(row, hn::Set(lanes_i, n)));
        const I next = hn::Add(index, hn::Set(lanes_i, 1));
        const F a = hn::LoadU(lanes_f, p);
        const F b = hn::LoadU(lanes_f, p + row_stride);
        const F c = hn::LoadU(lanes_f, p + 2 * row_stride);
        const F low = lerp(lookup(a, b, index), lookup(a, b, next), z_share);
        const F high = lerp(lookup(b, c, index), lookup(b, c, next), z_share);
        sum = hn::Add(sum, lerp(low, high, y_share));
    }
    return sum;
}

/// Any number of rows, each with its own weights.
template <bool wide>
HWY_INLINE F sum_rows(const float* base, const Steps& steps, int count, float from, int rows,
                      std::ptrdiff_t row_stride, F row_slope, F lane_slope) {
    F sum = hn::Zero(lanes_f);
    [[maybe_unused]] const std::size_t n = hn::Lanes(lanes_f);
    for (int t = 0; t < count; ++t) {
        const float* p = base + steps.offset[t];
        const F s = hn::Set(lanes_f, from + static_cast<float>(t));
        const F z = hn::MulAdd(s, lane_slope, hn::Set(lanes_f, steps.lane[t]));
        F y = hn::MulAdd(s, row_slope, hn::Set(lanes_f, steps.row[t]));
        const I index = hn::ConvertTo(lanes_i, z);
        const F z_share = hn::Sub(z, hn::ConvertTo(lanes_f, index));
        const I next = hn::Add(index, hn::Set(lanes_i, 1));
        for (int row = 0; row < rows; ++row, p += row_stride) {
            const F low = hn::LoadU(lanes_f, p);
            F value;
            if constexpr (wide) {
                const F high = hn::LoadU(lanes_f, p + n);
                value = lerp(lookup(low, high, index), lookup(low, high, next), z_share);
            } else {
                value = lerp(lookup(low, index), lookup(low, next), z_share);
            }
            const F weight =
                hn::Max(hn::Zero(lanes_f), hn::Sub(hn::Set(lanes_f, 1.0F), hn::Abs(y)));
            sum = hn::MulAdd(weight, value, sum);
            y = hn::Sub(y, hn::Set(lanes_f, 1.0F));
        }
    }
    return sum;
}

class March {
  public:
    March(const JosephTile& tile, PerRay<float>& sums);
    void run();

  private:
    struct Bounds {
        double row_low, row_high, lane_low, lane_high;
    };
    void measure_slopes();
    void form_group(int group);
    [[nodiscard]] Bounds bounds(int slice) const;
    [[nodiscard]] bool occupied(int first, int last) const;
    void prefetch(int first, int last) const;
    void add(int group, int first, int last);
    void add_apart(int group, int first, int last);

    const JosephTile& tile_;
    float* const sums_;
    const int group_rays_ = static_cast<int>(hn::Lanes(lanes_f));
    const int groups_;
    const float* const voxels_;
    const std::ptrdiff_t slice_stride_, row_stride_;
    const double source_slice_, source_row_, source_lane_;
    const bool ascending_;  ///< away from the source the slice index grows
    Bounds extreme_{};      ///< slopes
    alignas(64) double row_slopes_[max_tile_rays];
    alignas(64) double lane_slopes_[max_tile_rays];
    alignas(
        64) float row_rest_[max_tile_rays];  ///< slopes less that of the lowest ray of the group
    alignas(64) float lane_rest_[max_tile_rays];
    Group group_[max_tile_rays];
};

March::March(const JosephTile& tile, PerRay<float>& sums)
    : tile_(tile),
      sums_(sums.data()),
      groups_(tile.rays_count / group_rays_),
      voxels_(tile.volume->voxels()),
      slice_stride_(tile.volume->stride(tile.slice_axis)),
      row_stride_(tile.volume->stride(tile.row_axis)),
      source_slice_(tile.rays->source[tile.slice_axis]),
      source_row_(tile.rays->source[tile.row_axis]),
      source_lane_(tile.rays->source[tile.lane_axis]),
      ascending_(source_slice_ < tile.box.first[tile.slice_axis]) {}

void March::measure_slopes() {
    const IndexRays& rays = *tile_.rays;
    const auto component = [&](int axis, int n) {
        const auto at = static_cast<std::size_t>(n);
        return rays.first_pixel[axis] - rays.source[axis] + tile_.u[at] * rays.along_u[axis] +
               tile_.v[at] * rays.along_v[axis];
    };
    for (int n = 0; n < tile_.rays_count; ++n) {
        const double per_slice = 1.0 / component(tile_.slice_axis, n);
        row_slopes_[n] = component(tile_.row_axis, n) * per_slice;
        lane_slopes_[n] = component(tile_.lane_axis, n) * per_slice;
    }
}

void March::form_group(int index) {
    Group& group = group_[index];
    const int first = index * group_rays_;
    group.takes_part = false;
    double row_min = row_slopes_[first], row_max = row_min;
    double lane_min = lane_slopes_[first], lane_max = lane_min;
    for (int n = first; n < first + group_rays_; ++n) {
        group.takes_part |= tile_.takes_part[static_cast<std::size_t>(n)];
        row_min = std::min(row_min, row_slopes_[n]);
        row_max = std::max(row_max, row_slopes_[n]);
        lane_min = std::min(lane_min, lane_slopes_[n]);
        lane_max = std::max(lane_max, lane_slopes_[n]);
    }
    if (!group.takes_part) return;
    group.row_slope = ascending_ ? row_min : row_max;
    group.lane_slope = ascending_ ? lane_min : lane_max;
    group.row_spread = row_max - row_min;
    group.lane_spread = lane_max - lane_min;
    for (int n = first; n < first + group_rays_; ++n) {
        row_rest_[n] = static_cast<float>(row_slopes_[n] - group.row_slope);
        lane_rest_[n] = static_cast<float>(lane_slopes_[n] - group.lane_slope);
    }
    extreme_ = {std::min(extreme_.row_low, row_min), std::max(extreme_.row_high, row_max),
                std::min(extreme_.lane_low, lane_min), std::max(extreme_.lane_high, lane_max)};

    double low = tile_.box.first[tile_.slice_axis];
    double high = tile_.box.last[tile_.slice_axis] - 1;
    const auto keep_near = [&](int axis, double source, double slope_low, double slope_high) {
        keep_below(tile_.box.last[axis], source, slope_low, source_slice_, low, high);
        keep_below(1.0 - tile_.box.first[axis], -source, -slope_high, source_slice_, low, high);
    };
    keep_near(tile_.row_axis, source_row_, ascending_ ? row_min : row_max,
              ascending_ ? row_max : row_min);
    keep_near(tile_.lane_axis, source_lane_, ascending_ ? lane_min : lane_max,
              ascending_ ? lane_max : lane_min);
    group.first = low <= high ? static_cast<int>(std::ceil(low)) : 0;
    group.last = low <= high ? static_cast<int>(std::floor(high)) + 1 : 0;
}

March::Bounds March::bounds(int slice) const {
    const double s = slice - source_slice_;
    const auto [row_a, row_b] =
        std::minmax({source_row_ + s * extreme_.row_low, source_row_ + s * extreme_.row_high});
    const auto [lane_a, lane_b] =
        std::minmax({source_lane_ + s * extreme_.lane_low, source_lane_ + s * extreme_.lane_high});
    return {std::floor(row_a), std::floor(row_b) + 1, std::floor(lane_a), std::floor(lane_b) + 1};
}

bool March::occupied(int first, int last) const {
    const Bounds a = bounds(first), b = bounds(last - 1);
    std::array<int, 3> from, to;
    const auto set = [&](int axis, double low, double high) {
        // Far outside of the volume a position need not fit an int.
        from[static_cast<std::size_t>(axis)] = static_cast<int>(std::clamp(low, -1e9, 1e9));
        to[static_cast<std::size_t>(axis)] = static_cast<int>(std::clamp(high + 1, -1e9, 1e9));
    };
    set(tile_.slice_axis, first, last - 1);
    set(tile_.row_axis, std::min(a.row_low, b.row_low), std::max(a.row_high, b.row_high));
    set(tile_.lane_axis, std::min(a.lane_low, b.lane_low), std::max(a.lane_high, b.lane_high));
    return tile_.bricks->any(from, to);
}

void March::prefetch(int first, int last) const {
    constexpr int line = 16;  // floats
    for (int slice = first; slice < last; ++slice) {
        Bounds b = bounds(slice);
        b.row_low = std::max(b.row_low, double(tile_.box.first[tile_.row_axis]));
        b.row_high = std::min(b.row_high, tile_.box.last[tile_.row_axis] - 1.0);
        b.lane_low = std::max(b.lane_low, double(tile_.box.first[tile_.lane_axis]));
        b.lane_high = std::min(b.lane_high, tile_.box.last[tile_.lane_axis] - 1.0);
        if (b.row_low > b.row_high || b.lane_low > b.lane_high) continue;
        const float* const plane = voxels_ + slice * slice_stride_;
        for (int row = static_cast<int>(b.row_low); row <= static_cast<int>(b.row_high); ++row) {
            const float* p = plane + row * row_stride_ + static_cast<int>(b.lane_low);
            const float* const end = plane + row * row_stride_ + static_cast<int>(b.lane_high);
            for (; p < end; p += line)
                hwy::Prefetch(p);
            hwy::Prefetch(end);
        }
    }
}

/// Rays too far apart for vectors: one at a time, each no further than it can meet the box.
void March::add_apart(int index, int first, int last) {
    const VoxelBox& box = tile_.box;
    for (int n = index * group_rays_; n < (index + 1) * group_rays_; ++n) {
        if (!tile_.takes_part[static_cast<std::size_t>(n)]) continue;
        double sum = 0.0;
        for (int slice = first; slice < last; ++slice) {
            const double y = source_row_ + (slice - source_slice_) * row_slopes_[n];
            const double z = source_lane_ + (slice - source_slice_) * lane_slopes_[n];
            if (!(y > box.first[tile_.row_axis] - 1 && y < box.last[tile_.row_axis] &&
                  z > box.first[tile_.lane_axis] - 1 && z < box.last[tile_.lane_axis]))
                continue;
            const double y_below = std::floor(y), z_below = std::floor(z);
            const double y_share = y - y_below, z_share = z - z_below;
            const float* const p = voxels_ + slice * slice_stride_ +
                                   static_cast<std::ptrdiff_t>(y_below) * row_stride_ +
                                   static_cast<std::ptrdiff_t>(z_below);
            const auto along_lane = [&](const float* q) {
                return double(q[0]) + z_share * (double(q[1]) - double(q[0]));
            };
            sum += (1.0 - y_share) * along_lane(p) + y_share * along_lane(p + row_stride_);
        }
        sums_[n] += static_cast<float>(sum);
    }
}

void March::add(int index, int first, int last) {
    const Group& group = group_[index];
    const double from = first - source_slice_;
    const double reach = std::max(std::abs(from), std::abs(last - 1 - source_slice_));
    const double rows_apart = reach * group.row_spread;
    const double lanes_apart = reach * group.lane_spread;
    // A window of n voxels holds rays up to n - 2 apart wherever the lowest lies in its voxel.
    const bool narrow = lanes_apart < group_rays_ - 2 - slack;
    if (lanes_apart >= 2 * group_rays_ - 2 - slack ||
        rows_apart >= LaneVolume::row_margin - 2 - slack)
        return add_apart(index, first, last);

    const double row = source_row_ + from * group.row_slope;
    const double lane = source_lane_ + from * group.lane_slope;
    const double row_below = std::floor(row), lane_below = std::floor(lane);
    const float* const base = voxels_ + first * slice_stride_ +
                              static_cast<std::ptrdiff_t>(row_below) * row_stride_ +
                              static_cast<std::ptrdiff_t>(lane_below);
    Steps steps;
    fill(steps, static_cast<float>(row - row_below), static_cast<float>(group.row_slope),
         static_cast<float>(lane - lane_below), static_cast<float>(group.lane_slope),
         static_cast<std::int32_t>(slice_stride_), static_cast<std::int32_t>(row_stride_));
    const int ray = index * group_rays_;
    const F row_slope = hn::Load(lanes_f, row_rest_ + ray);
    const F lane_slope = hn::Load(lanes_f, lane_rest_ + ray);
    const int count = last - first;
    const auto start = static_cast<float>(from);
    // Columns along the volume's axis share their rows but for rounding, whose weight is nothing.
    const bool same_rows = rows_apart < 1e-6;
    const int rows = static_cast<int>(rows_apart + slack) + 3;
    F sum;
    if (same_rows && narrow)
        sum = sum_two_rows<false>(base, steps, count, start, row_stride_, lane_slope);
    else if (same_rows)
        sum = sum_two_rows<true>(base, steps, count, start, row_stride_, lane_slope);
    else if (narrow && rows_apart < 1.0 - slack)
        sum = sum_three_rows(base, steps, count, start, row_stride_, row_slope, lane_slope);
    else if (narrow)
        sum = sum_rows<false>(base, steps, count, start, rows, row_stride_, row_slope, lane_slope);
    else
        sum = sum_rows<true>(base, steps, count, start, rows, row_stride_, row_slope, lane_slope);
    hn::StoreU(hn::Add(hn::LoadU(lanes_f, sums_ + ray), sum), lanes_f, sums_ + ray);
}

void March::run() {
    measure_slopes();
    constexpr double far = std::numeric_limits<double>::infinity();
    extreme_ = {far, -far, far, -far};
    int first = std::numeric_limits<int>::max(), last = 0;
    for (int g = 0; g < groups_; ++g) {
        form_group(g);
        if (!group_[g].takes_part || group_[g].first >= group_[g].last) continue;
        first = std::min(first, group_[g].first);
        last = std::max(last, group_[g].last);
    }
    std::fill(sums_, sums_ + tile_.rays_count, 0.0F);
    if (first >= last) return;

    int at = first, to = std::min(first / chunk * chunk + chunk, last);
    bool now = occupied(at, to);
    if (now) prefetch(at, to);
    while (at < last) {
        const int next_to = std::min(to + chunk, last);
        const bool next = to < last && occupied(to, next_to);
        if (!now && next) prefetch(to, next_to);
        for (int g = 0; now && g < groups_; ++g) {
            // Spread over the columns, since only so many lines can be on their way at once.
            if (next)
                prefetch(to + (next_to - to) * g / groups_,
                         to + (next_to - to) * (g + 1) / groups_);
            if (!group_[g].takes_part) continue;
            const int from = std::max(at, group_[g].first), end = std::min(to, group_[g].last);
            if (from < end) add(g, from, end);
        }
        at = to;
        to = next_to;
        now = next;
    }
}

void march_tile(const JosephTile& tile, PerRay<float>& sums) {
    March(tile, sums).run();
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace drr {

HWY_EXPORT(march_tile);

void march(const JosephTile& tile, PerRay<float>& sums) {
    HWY_DYNAMIC_DISPATCH(march_tile)(tile, sums);
}

}  // namespace drr
#endif
