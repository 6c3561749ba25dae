#include "look_columns.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "look_columns_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format off: what is compiled for each instruction set comes after foreach_target.h
#include "sampled_profile-inl.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace stereo {
namespace HWY_NAMESPACE {

// Nearer to the candidate the direction means nothing.
constexpr double least_rho_px = 1e-9;

void fill(const ShadowProfile::Table& shadow, const LookPixels& pixels, double reach,
          double* columns) {
    const Vector one = splat(1.0);
    for (std::size_t p = 0; p < pixels.count; p += hn::Lanes(lanes)) {
        const auto store = [&](look::Column column, Vector value) {
            hn::StoreU(value, lanes, columns + column * pixels.count + p);
        };
        const Vector rho = hn::LoadU(lanes, pixels.rho + p);
        const auto far = hn::Gt(rho, splat(reach));
        const Vector x = hn::IfThenZeroElse(far, hn::LoadU(lanes, pixels.x + p));
        const Vector y = hn::IfThenZeroElse(far, hn::LoadU(lanes, pixels.y + p));
        const Sampled seen = sampled(shadow, rho);
        const Vector slope = hn::Div(seen.d_rho, hn::Max(rho, splat(least_rho_px)));
        store(look::grey, hn::IfThenZeroElse(far, hn::LoadU(lanes, pixels.grey + p)));
        store(look::level, hn::IfThenZeroElse(far, one));
        store(look::slope_x, x);
        store(look::slope_y, y);
        store(look::depth, hn::IfThenZeroElse(far, hn::Neg(seen.value)));
        store(look::depth_x, hn::Mul(slope, x));
        store(look::depth_y, hn::Mul(slope, y));
    }
}

RimPixels leave_out(const LookPixels& pixels, const double* terms, double radius, double limit,
                    double* columns) {
    const Vector one = splat(1.0);
    Vector all = hn::Zero(lanes), left_out = hn::Zero(lanes);
    for (std::size_t p = 0; p < pixels.count; p += hn::Lanes(lanes)) {
        const auto column = [&](std::size_t k) { return columns + k * pixels.count + p; };
        Vector residual = hn::LoadU(lanes, column(look::grey));
        for (std::size_t k = look::level; k < look::columns; ++k)
            residual =
                hn::NegMulAdd(splat(terms[k - look::level]), hn::LoadU(lanes, column(k)), residual);
        const auto rim = hn::And(hn::Ge(hn::LoadU(lanes, pixels.rho + p), splat(radius)),
                                 hn::Ne(hn::LoadU(lanes, column(look::level)), hn::Zero(lanes)));
        const auto dark = hn::And(rim, hn::Lt(residual, splat(-limit)));
        all = hn::Add(all, hn::IfThenElseZero(rim, one));
        left_out = hn::Add(left_out, hn::IfThenElseZero(dark, one));
        if (hn::AllFalse(lanes, dark)) continue;
        for (std::size_t k = 0; k < look::columns; ++k)
            hn::StoreU(hn::IfThenZeroElse(dark, hn::LoadU(lanes, column(k))), lanes, column(k));
    }
    return {hn::GetLane(hn::SumOfLanes(lanes, all)), hn::GetLane(hn::SumOfLanes(lanes, left_out))};
}

}  // namespace HWY_NAMESPACE
}  // namespace stereo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace stereo {

HWY_EXPORT(fill);
HWY_EXPORT(leave_out);

void look_columns(const ShadowProfile::Table& shadow, const LookPixels& pixels, double reach,
                  double* columns) {
    HWY_DYNAMIC_DISPATCH(fill)(shadow, pixels, reach, columns);
}

RimPixels leave_dark_out(const LookPixels& pixels, const double* terms, double radius, double limit,
                         double* columns) {
    return HWY_DYNAMIC_DISPATCH(leave_out)(pixels, terms, radius, limit, columns);
}

}  // namespace stereo
#endif
