#include "direct_sums.hpp"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "siddon_walk_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace drr {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

const hn::CappedTag<double, 8> siddon_lanes;
const hn::RebindToSigned<decltype(siddon_lanes)> siddon_offsets;
using D = hn::Vec<decltype(siddon_lanes)>;

/// The voxels at these offsets. Gathers would be no faster and there are none of 16 bits.
template <class Voxel>
HWY_INLINE D values(const Voxel* voxels, D offset) {
    alignas(64) std::int64_t at[bundle_rays];
    alignas(64) double value[bundle_rays];
    hn::Store(hn::ConvertTo(siddon_offsets, offset), siddon_offsets, at);
    for (std::size_t n = 0; n < hn::Lanes(siddon_lanes); ++n)
        value[n] = static_cast<double>(voxels[at[n]]);
    return hn::Load(siddon_lanes, value);
}

/// The walk of a vector of rays along one axis. The parameters of planes and of the box's faces
/// come from one expression, so no ray walks past the face by which it leaves.
struct Walk {
    D source, per_ray;  ///< 1 / component of the ray
    D plane, step;      ///< the next plane, and to the one after it
    D next;             ///< parameter of the next plane
    D hop;              ///< of the voxel's offset

    HWY_INLINE D parameter(D at) const { return hn::Mul(hn::Sub(at, source), per_ray); }
};

template <class Voxel>
void walk(const VoxelArray<Voxel>& array, const VoxelBox& box, const Eigen::Vector3d& source_index,
          const RayBundle& rays, PerBundle<double>& sums) {
    // Coordinates in which voxel (i, j, k) is the cell from its index to the next.
    const Eigen::Vector3d source = source_index.array() + 0.5;
    const std::array<int, 3>& sizes = array.grid->sizes;
    const auto d = siddon_lanes;
    const D zero = hn::Zero(d), one = hn::Set(d, 1.0);
    const D never = hn::Set(d, std::numeric_limits<double>::infinity());
    const double strides[] = {1.0, double(sizes[0]), double(sizes[0]) * double(sizes[1])};
    for (std::size_t n = 0; n < bundle_rays; n += hn::Lanes(d)) {
        Walk walk[3];
        D enter = hn::LoadU(d, rays.from.data() + n), leave = hn::LoadU(d, rays.to.data() + n);
        for (int axis = 0; axis < 3; ++axis) {
            Walk& w = walk[axis];
            const D ray = hn::LoadU(d, rays.to_pixel[static_cast<std::size_t>(axis)].data() + n);
            const auto across = hn::Eq(ray, zero);
            const bool inside = source[axis] >= box.first[axis] && source[axis] < box.last[axis];
            w.source = hn::Set(d, source[axis]);
            w.per_ray = hn::Div(one, ray);
            const D at_first = w.parameter(hn::Set(d, double(box.first[axis])));
            const D at_last = w.parameter(hn::Set(d, double(box.last[axis])));
            const D low = hn::IfThenElse(across, zero, hn::Min(at_first, at_last));
            const D high = hn::IfThenElse(across, inside ? one : zero, hn::Max(at_first, at_last));
            enter = hn::Max(enter, low);
            leave = hn::Min(leave, high);
        }
        // Rays that miss the box stay where they are: nothing is next for them.
        const auto hits = hn::Lt(enter, leave);
        enter = hn::IfThenElseZero(hits, enter);
        leave = hn::IfThenElseZero(hits, leave);
        D offset = zero;
        for (int axis = 0; axis < 3; ++axis) {
            Walk& w = walk[axis];
            const D ray = hn::LoadU(d, rays.to_pixel[static_cast<std::size_t>(axis)].data() + n);
            const D stride = hn::Set(d, strides[axis]);
            const D cell = hn::Max(hn::Set(d, double(box.first[axis])),
                                   hn::Min(hn::Floor(hn::MulAdd(enter, ray, w.source)),
                                           hn::Set(d, box.last[axis] - 1.0)));
            const auto forward = hn::Gt(ray, zero);
            w.plane = hn::Add(cell, hn::IfThenElseZero(forward, one));
            w.step = hn::IfThenElse(forward, one, hn::Neg(one));
            w.hop = hn::IfThenElse(forward, stride, hn::Neg(stride));
            w.next =
                hn::IfThenElse(hn::AndNot(hn::Eq(ray, zero), hits), w.parameter(w.plane), never);
            offset = hn::MulAdd(cell, stride, offset);
        }
        D sum = zero;
        D at = enter;
        for (;;) {
            const D to = hn::Min(walk[0].next, hn::Min(walk[1].next, walk[2].next));
            const auto goes_on = hn::Lt(to, leave);
            // Rounding may put the first cell before the point of entry: never backwards.
            const D end = hn::Max(at, hn::Min(to, leave));
            sum = hn::MulAdd(hn::Sub(end, at), values(array.voxels, offset), sum);
            at = end;
            if (hn::AllFalse(d, goes_on)) break;
            for (Walk& w : walk) {
                const auto crosses = hn::And(hn::Le(w.next, to), goes_on);
                w.plane = hn::Add(w.plane, hn::IfThenElseZero(crosses, w.step));
                offset = hn::Add(offset, hn::IfThenElseZero(crosses, w.hop));
                w.next = hn::IfThenElse(crosses, w.parameter(w.plane), w.next);
            }
        }
        hn::StoreU(sum, d, sums.data() + n);
    }
}

void walk_float(const VoxelArray<float>& array, const VoxelBox& box, const Eigen::Vector3d& source,
                const RayBundle& rays, PerBundle<double>& sums) {
    walk(array, box, source, rays, sums);
}
void walk_int16(const VoxelArray<std::int16_t>& array, const VoxelBox& box,
                const Eigen::Vector3d& source, const RayBundle& rays, PerBundle<double>& sums) {
    walk(array, box, source, rays, sums);
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace drr {

HWY_EXPORT(walk_float);
HWY_EXPORT(walk_int16);

template <>
void direct_sums<Method::siddon>(const VoxelArray<float>& array, const VoxelBox& box,
                                 const Eigen::Vector3d& source, const RayBundle& rays,
                                 PerBundle<double>& sums) {
    HWY_DYNAMIC_DISPATCH(walk_float)(array, box, source, rays, sums);
}
template <>
void direct_sums<Method::siddon>(const VoxelArray<std::int16_t>& array, const VoxelBox& box,
                                 const Eigen::Vector3d& source, const RayBundle& rays,
                                 PerBundle<double>& sums) {
    HWY_DYNAMIC_DISPATCH(walk_int16)(array, box, source, rays, sums);
}

}  // namespace drr
#endif
