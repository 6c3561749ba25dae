#include "ray_tile.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "march_simd.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format off: what is compiled for each instruction set comes after foreach_target.h
#include "slab_kernels-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace drr {
namespace HWY_NAMESPACE {

/// What positions computed in float may be off, in voxels: a window is never exhausted to this.
constexpr double slack = 1e-3;

/// The rays of one vector along one of the axes across. All come from the source, so in any slice a
/// ray is at source + s * slope with s the distance from the source in slices: their order never
/// changes, and one of them is the lowest everywhere. What is left of the others is small and exact
/// in float.
struct Fan {
    double lowest = 0.0;  ///< slope of the lowest ray
    double spread = 0.0;  ///< of the slopes
    double shift = 0.0;   ///< the most that low ends in a slab are beyond that of the lowest ray
};

struct Group {
    int first = 0, last = 0;  ///< slices, last exclusive
    Fan row, lane;
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

template <class Kernel, class Voxel>
class March {
  public:
    March(const RayTile<Voxel>& tile, PerRay<float>& sums);
    void run();

  private:
    struct Bounds {
        double row_low, row_high, lane_low, lane_high;
    };
    /// Along one of the axes across, for each ray.
    struct Slopes {
        alignas(64) double slope[max_tile_rays];
        alignas(64) float spread[max_tile_rays];  ///< from here on as in Across
        alignas(64) float shift[max_tile_rays];
        alignas(64) float steepness[max_tile_rays];
        alignas(64) float per_slope[max_tile_rays];

        [[nodiscard]] HWY_INLINE Across across(int ray) const {
            return {hn::Load(lanes_f, spread + ray), hn::Load(lanes_f, shift + ray),
                    hn::Load(lanes_f, steepness + ray), hn::Load(lanes_f, per_slope + ray)};
        }
    };
    void measure_slopes();
    void form_group(int group);
    [[nodiscard]] Fan form_fan(Slopes& slopes, int first) const;
    [[nodiscard]] Bounds bounds(int slice) const;
    [[nodiscard]] bool occupied(int first, int last) const;
    void prefetch(int first, int last) const;
    void add(int group, int first, int last);
    void add_apart(int group, int first, int last);

    const RayTile<Voxel>& tile_;
    float* const sums_;
    const int group_rays_ = static_cast<int>(hn::Lanes(lanes_f));
    const int groups_;
    const Voxel* const voxels_;
    const std::ptrdiff_t slice_stride_, row_stride_;
    const double source_slice_;
    /// Positions across are of voxels as the kernel counts them, from the source's.
    const double source_row_, source_lane_;
    Bounds extreme_{};  ///< slopes
    Slopes row_, lane_;
    alignas(64) float same_sign_[max_tile_rays];  ///< not below 0 where both slopes have one
    Group group_[max_tile_rays];
};

template <class Kernel, class Voxel>
March<Kernel, Voxel>::March(const RayTile<Voxel>& tile, PerRay<float>& sums)
    : tile_(tile),
      sums_(sums.data()),
      groups_(tile.rays_count / group_rays_),
      voxels_(tile.volume->voxels()),
      slice_stride_(tile.volume->stride(tile.slice_axis)),
      row_stride_(tile.volume->stride(tile.row_axis)),
      source_slice_(tile.rays->source[tile.slice_axis]),
      source_row_(tile.rays->source[tile.row_axis] - Kernel::at),
      source_lane_(tile.rays->source[tile.lane_axis] - Kernel::at) {}

template <class Kernel, class Voxel>
void March<Kernel, Voxel>::measure_slopes() {
    const IndexRays& rays = *tile_.rays;
    const auto component = [&](int axis, int n) {
        const auto at = static_cast<std::size_t>(n);
        return rays.first_pixel[axis] - rays.source[axis] + tile_.u[at] * rays.along_u[axis] +
               tile_.v[at] * rays.along_v[axis];
    };
    for (int n = 0; n < tile_.rays_count; ++n) {
        const double per_slice = 1.0 / component(tile_.slice_axis, n);
        row_.slope[n] = component(tile_.row_axis, n) * per_slice;
        lane_.slope[n] = component(tile_.lane_axis, n) * per_slice;
        same_sign_[n] = (row_.slope[n] < 0.0) == (lane_.slope[n] < 0.0) ? 1.0F : -1.0F;
    }
}

template <class Kernel, class Voxel>
Fan March<Kernel, Voxel>::form_fan(Slopes& slopes, int first) const {
    const double* const from = slopes.slope + first;
    const auto [low, high] = std::minmax_element(from, from + group_rays_);
    Fan fan{tile_.ascending ? *low : *high, *high - *low, 0.0};
    const double lowest_end = Kernel::low_end(fan.lowest);
    for (int n = first; n < first + group_rays_; ++n) {
        const double slope = slopes.slope[n];
        const double shift = Kernel::low_end(slope) - lowest_end;
        slopes.spread[n] = static_cast<float>(slope - fan.lowest);
        slopes.shift[n] = static_cast<float>(shift);
        slopes.steepness[n] = static_cast<float>(std::abs(slope));
        slopes.per_slope[n] = static_cast<float>(slope != 0.0 ? 1.0 / std::abs(slope) : 0.0);
        fan.shift = std::max(fan.shift, shift);
    }
    return fan;
}

template <class Kernel, class Voxel>
void March<Kernel, Voxel>::form_group(int index) {
    Group& group = group_[index];
    const int first = index * group_rays_;
    const auto takes_part = tile_.takes_part.begin() + first;
    group.takes_part =
        std::any_of(takes_part, takes_part + group_rays_, [](bool part) { return part; });
    if (!group.takes_part) return;
    group.row = form_fan(row_, first);
    group.lane = form_fan(lane_, first);
    const auto other_end = [&](const Fan& fan) {
        return fan.lowest + (tile_.ascending ? fan.spread : -fan.spread);
    };
    const auto [row_min, row_max] = std::minmax({group.row.lowest, other_end(group.row)});
    const auto [lane_min, lane_max] = std::minmax({group.lane.lowest, other_end(group.lane)});
    extreme_ = {std::min(extreme_.row_low, row_min), std::max(extreme_.row_high, row_max),
                std::min(extreme_.lane_low, lane_min), std::max(extreme_.lane_high, lane_max)};

    // A slab is left out when in its middle all rays are a voxel or more from the box: neither a
    // sample there nor a voxel between the faces, half a slope away, can lie within.
    double low = tile_.box.first[tile_.slice_axis];
    double high = tile_.box.last[tile_.slice_axis] - 1;
    const auto keep_near = [&](int axis, const Fan& fan) {
        const double source = tile_.rays->source[axis];
        keep_below(tile_.box.last[axis], source, fan.lowest, source_slice_, low, high);
        keep_below(1.0 - tile_.box.first[axis], -source, -other_end(fan), source_slice_, low, high);
    };
    keep_near(tile_.row_axis, group.row);
    keep_near(tile_.lane_axis, group.lane);
    group.first = low <= high ? static_cast<int>(std::ceil(low)) : 0;
    group.last = low <= high ? static_cast<int>(std::floor(high)) + 1 : 0;
}

template <class Kernel, class Voxel>
auto March<Kernel, Voxel>::bounds(int slice) const -> Bounds {
    const double s = slice - source_slice_;
    const double row = tile_.rays->source[tile_.row_axis];
    const double lane = tile_.rays->source[tile_.lane_axis];
    const auto [row_a, row_b] =
        std::minmax({row + s * extreme_.row_low, row + s * extreme_.row_high});
    const auto [lane_a, lane_b] =
        std::minmax({lane + s * extreme_.lane_low, lane + s * extreme_.lane_high});
    return {std::floor(row_a), std::floor(row_b) + 1, std::floor(lane_a), std::floor(lane_b) + 1};
}

template <class Kernel, class Voxel>
bool March<Kernel, Voxel>::occupied(int first, int last) const {
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

template <class Kernel, class Voxel>
void March<Kernel, Voxel>::prefetch(int first, int last) const {
    constexpr int line = 64 / sizeof(Voxel);
    for (int slice = first; slice < last; ++slice) {
        Bounds b = bounds(slice);
        b.row_low = std::max(b.row_low, double(tile_.box.first[tile_.row_axis]));
        b.row_high = std::min(b.row_high, tile_.box.last[tile_.row_axis] - 1.0);
        b.lane_low = std::max(b.lane_low, double(tile_.box.first[tile_.lane_axis]));
        b.lane_high = std::min(b.lane_high, tile_.box.last[tile_.lane_axis] - 1.0);
        if (b.row_low > b.row_high || b.lane_low > b.lane_high) continue;
        const Voxel* const plane = voxels_ + slice * slice_stride_;
        for (int row = static_cast<int>(b.row_low); row <= static_cast<int>(b.row_high); ++row) {
            const Voxel* p = plane + row * row_stride_ + static_cast<int>(b.lane_low);
            const Voxel* const end = plane + row * row_stride_ + static_cast<int>(b.lane_high);
            for (; p < end; p += line)
                hwy::Prefetch(p);
            hwy::Prefetch(end);
        }
    }
}

/// Rays too far apart for windows, each no further than it can meet the box.
template <class Kernel, class Voxel>
void March<Kernel, Voxel>::add_apart(int index, int first, int last) {
    const VoxelBox& box = tile_.box;
    const double row_first = box.first[tile_.row_axis] - 1, row_last = box.last[tile_.row_axis];
    const double lane_first = box.first[tile_.lane_axis] - 1, lane_last = box.last[tile_.lane_axis];
    const int step = static_cast<int>(hn::Lanes(lanes_d));
    for (int n = index * group_rays_; n < (index + 1) * group_rays_; n += step) {
        alignas(64) double sums[lane_rays];
        hn::Store(sum_apart<Kernel>(voxels_, slice_stride_, row_stride_, first, last, source_slice_,
                                    {source_row_, row_first, row_last, row_.slope + n},
                                    {source_lane_, lane_first, lane_last, lane_.slope + n}),
                  lanes_d, sums);
        for (int m = 0; m < step; ++m)
            sums_[n + m] += static_cast<float>(sums[m]);
    }
}

template <class Kernel, class Voxel>
void March<Kernel, Voxel>::add(int index, int first, int last) {
    const Group& group = group_[index];
    const double from = first + Kernel::at - source_slice_;
    const double to = last - 1 + Kernel::at - source_slice_;
    const double reach = std::max(std::abs(from), std::abs(to));
    const double rows_apart = reach * group.row.spread + group.row.shift;
    const double lanes_apart = reach * group.lane.spread + group.lane.shift;
    // A window of n voxels holds rays up to n - 2 apart wherever the lowest lies in its voxel.
    const bool narrow = lanes_apart < group_rays_ - 2 - slack;
    if (lanes_apart >= 2 * group_rays_ - 2 - slack ||
        rows_apart >= LaneVolume<Voxel>::row_margin - 2 - slack)
        return add_apart(index, first, last);

    const double row = source_row_ + from * group.row.lowest + Kernel::low_end(group.row.lowest);
    const double lane =
        source_lane_ + from * group.lane.lowest + Kernel::low_end(group.lane.lowest);
    const double row_below = std::floor(row), lane_below = std::floor(lane);
    const int ray = index * group_rays_;
    Run<Voxel> run;
    run.base = voxels_ + first * slice_stride_ +
               static_cast<std::ptrdiff_t>(row_below) * row_stride_ +
               static_cast<std::ptrdiff_t>(lane_below);
    run.row_stride = row_stride_;
    run.count = last - first;
    run.from = static_cast<float>(from);
    run.rows = static_cast<int>(rows_apart + slack) + 3;
    run.row = row_.across(ray);
    run.lane = lane_.across(ray);
    run.same_sign = hn::Ge(hn::Load(lanes_f, same_sign_ + ray), hn::Zero(lanes_f));
    run.template place<Kernel>(row - row_below, group.row.lowest, lane - lane_below,
                               group.lane.lowest, slice_stride_);
    // Columns along the volume's axis share their rows but for rounding, whose weight is nothing.
    const bool same_rows = rows_apart < 1e-6;
    F sum;
    if (same_rows && narrow)
        sum = sum_two_rows<Kernel, false>(run);
    else if (same_rows)
        sum = sum_two_rows<Kernel, true>(run);
    else if (narrow && rows_apart < 1.0 - slack)
        sum = sum_three_rows<Kernel>(run);
    else if (narrow)
        sum = sum_rows<Kernel, false>(run);
    else
        sum = sum_rows<Kernel, true>(run);
    hn::StoreU(hn::Add(hn::LoadU(lanes_f, sums_ + ray), sum), lanes_f, sums_ + ray);
}

template <class Kernel, class Voxel>
void March<Kernel, Voxel>::run() {
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

void joseph_float(const RayTile<float>& tile, PerRay<float>& sums) {
    March<JosephKernel, float>(tile, sums).run();
}
void joseph_int16(const RayTile<std::int16_t>& tile, PerRay<float>& sums) {
    March<JosephKernel, std::int16_t>(tile, sums).run();
}
void siddon_float(const RayTile<float>& tile, PerRay<float>& sums) {
    March<SiddonKernel, float>(tile, sums).run();
}
void siddon_int16(const RayTile<std::int16_t>& tile, PerRay<float>& sums) {
    March<SiddonKernel, std::int16_t>(tile, sums).run();
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace drr {

HWY_EXPORT(joseph_float);
HWY_EXPORT(joseph_int16);
HWY_EXPORT(siddon_float);
HWY_EXPORT(siddon_int16);

template <>
void march<Method::joseph>(const RayTile<float>& tile, PerRay<float>& sums) {
    HWY_DYNAMIC_DISPATCH(joseph_float)(tile, sums);
}
template <>
void march<Method::joseph>(const RayTile<std::int16_t>& tile, PerRay<float>& sums) {
    HWY_DYNAMIC_DISPATCH(joseph_int16)(tile, sums);
}
template <>
void march<Method::siddon>(const RayTile<float>& tile, PerRay<float>& sums) {
    HWY_DYNAMIC_DISPATCH(siddon_float)(tile, sums);
}
template <>
void march<Method::siddon>(const RayTile<std::int16_t>& tile, PerRay<float>& sums) {
    HWY_DYNAMIC_DISPATCH(siddon_int16)(tile, sums);
}

}  // namespace drr
#endif
