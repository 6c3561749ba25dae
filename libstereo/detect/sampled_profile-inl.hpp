// Included once for each instruction set, as Highway has it: no #pragma once.
#if defined(STEREO_SAMPLED_PROFILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef STEREO_SAMPLED_PROFILE_INL
#undef STEREO_SAMPLED_PROFILE_INL
#else
#define STEREO_SAMPLED_PROFILE_INL
#endif

#include "shadow_pixels.hpp"

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace stereo {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<double, pixel_padding>;
using Vector = hn::Vec<Tag>;
constexpr Tag lanes;
constexpr hn::RebindToSigned<Tag> index_lanes;

HWY_INLINE Vector splat(double value) {
    return hn::Set(lanes, value);
}

/// A profile at one distance a lane, as ShadowProfile::at() has it.
struct Sampled {
    Vector value, d_rho, d_log_radius, d_log_blur, d_log_attenuation;
};

HWY_INLINE Sampled sampled(const ShadowProfile::Table& table, Vector rho) {
    const Vector position = hn::Mul(rho, splat(1.0 / table.step_px));
    const Vector last = splat(static_cast<double>(table.nodes) - 2.0);
    const auto beyond = hn::Ge(position, hn::Add(last, splat(1.0)));
    const Vector node = hn::Min(hn::Floor(position), last);
    const auto index = hn::ConvertTo(index_lanes, node);
    const Vector t = hn::Sub(position, node), u = hn::Sub(splat(1.0), t);
    const auto at = [&](ShadowProfile::Row row, std::size_t side) {
        return hn::GatherIndex(lanes, table.row(row) + side, index);
    };
    const auto lerp = [&](ShadowProfile::Row row) {
        const Vector from = at(row, 0);
        return hn::IfThenZeroElse(beyond, hn::MulAdd(t, hn::Sub(at(row, 1), from), from));
    };
    const Vector value0 = at(ShadowProfile::value, 0), value1 = at(ShadowProfile::value, 1);
    const Vector slope0 = at(ShadowProfile::d_rho, 0), slope1 = at(ShadowProfile::d_rho, 1);
    const Vector two_t = hn::Add(t, t), tu = hn::Mul(t, u);
    Sampled s;
    // Cubic Hermite.
    s.value = hn::MulAdd(hn::Mul(hn::Mul(u, u), hn::Add(splat(1.0), two_t)), value0,
                         hn::MulAdd(hn::Mul(hn::Mul(t, t), hn::Sub(splat(3.0), two_t)), value1,
                                    hn::Mul(hn::Mul(tu, splat(table.step_px)),
                                            hn::Sub(hn::Mul(u, slope0), hn::Mul(t, slope1)))));
    s.d_rho =
        hn::MulAdd(hn::Mul(splat(6.0 / table.step_px), tu), hn::Sub(value1, value0),
                   hn::MulAdd(hn::Mul(u, hn::NegMulAdd(splat(3.0), t, splat(1.0))), slope0,
                              hn::Mul(hn::Mul(t, hn::MulSub(splat(3.0), t, splat(2.0))), slope1)));
    s.value = hn::IfThenZeroElse(beyond, s.value);
    s.d_rho = hn::IfThenZeroElse(beyond, s.d_rho);
    s.d_log_radius = lerp(ShadowProfile::d_log_radius);
    s.d_log_blur = lerp(ShadowProfile::d_log_blur);
    s.d_log_attenuation = lerp(ShadowProfile::d_log_attenuation);
    return s;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace stereo
HWY_AFTER_NAMESPACE();

#endif
