#include "siddon_path.hpp"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "siddon_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace drr {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

const hn::CappedTag<double, 8> siddon_lanes;
const hn::Rebind<float, decltype(siddon_lanes)> siddon_mu;
const hn::Rebind<std::int32_t, decltype(siddon_lanes)> siddon_offsets;
using D = hn::Vec<decltype(siddon_lanes)>;

/// The walk of a vector of rays along one axis. The parameters of planes and of the box's faces
/// come from one expression, so no ray walks past the face by which it leaves.
struct Walk {
    D source, per_ray;  ///< 1 / component of the ray
    D plane, step;      ///< the next plane, and to the one after it
    D next;             ///< parameter of the next plane
    D hop;              ///< of the voxel's offset

    HWY_INLINE D parameter(D at) const { return hn::Mul(hn::Sub(at, source), per_ray); }
};

void siddon_paths(const MuVolume& volume, const VoxelBox& box, const Eigen::Vector3d& source,
                  const SiddonRays& rays, std::array<double, siddon_rays>& paths) {
    const auto d = siddon_lanes;
    const D zero = hn::Zero(d), one = hn::Set(d, 1.0);
    const D never = hn::Set(d, std::numeric_limits<double>::infinity());
    const double strides[] = {1.0, double(volume.sizes[0]),
                              double(volume.sizes[0]) * double(volume.sizes[1])};
    for (std::size_t n = 0; n < siddon_rays; n += hn::Lanes(d)) {
        Walk walk[3];
        D enter = zero, leave = one;
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
        // Rays that miss the box stay where they are, with nothing before them.
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
            w.next = hn::IfThenElse(hn::Eq(ray, zero), never, w.parameter(w.plane));
            offset = hn::MulAdd(cell, stride, offset);
        }
        D sum = zero;
        D at = enter;
        for (;;) {
            const D to = hn::Min(walk[0].next, hn::Min(walk[1].next, walk[2].next));
            const auto goes_on = hn::Lt(to, leave);
            // Rounding may put the first cell before the point of entry: never backwards.
            const D end = hn::Max(at, hn::Min(to, leave));
            const auto mu = hn::GatherIndex(siddon_mu, volume.mu_per_mm.data(),
                                            hn::DemoteTo(siddon_offsets, offset));
            sum = hn::MulAdd(hn::Sub(end, at), hn::PromoteTo(d, mu), sum);
            at = end;
            if (hn::AllFalse(d, goes_on)) break;
            for (Walk& w : walk) {
                const auto crosses = hn::And(hn::Le(w.next, to), goes_on);
                w.plane = hn::Add(w.plane, hn::IfThenElseZero(crosses, w.step));
                offset = hn::Add(offset, hn::IfThenElseZero(crosses, w.hop));
                w.next = hn::IfThenElse(crosses, w.parameter(w.plane), w.next);
            }
        }
        hn::StoreU(sum, d, paths.data() + n);
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace drr {

HWY_EXPORT(siddon_paths);

void radiological_paths(const MuVolume& volume, const VoxelBox& box, const Eigen::Vector3d& source,
                        const SiddonRays& rays, std::array<double, siddon_rays>& paths) {
    HWY_DYNAMIC_DISPATCH(siddon_paths)(volume, box, source, rays, paths);
}

}  // namespace drr
#endif
