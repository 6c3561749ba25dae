#include "blurred_shadows.hpp"

#include <algorithm>
#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "blurred_shadows_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format off: what is compiled for each instruction set comes after foreach_target.h
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace stereo {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<float>;
using Vector = hn::Vec<Tag>;

HWY_INLINE Vector splat(float value) {
    return hn::Set(Tag(), value);
}

/// c_0 + x (c_1 + x (c_2 + ...
template <std::size_t n>
HWY_INLINE Vector polynomial(Vector x, const float (&c)[n]) {
    Vector sum = splat(c[n - 1]);
    for (std::size_t i = n - 1; i > 0; --i)
        sum = hn::MulAdd(sum, x, splat(c[i - 1]));
    return sum;
}

/// 1 / sqrt(x) to 2e-7, in a third of the time of the division and the root.
HWY_INLINE Vector inverse_root(Vector x) {
    Vector y = hn::ApproximateReciprocalSqrt(x);
    // Newton: from 8 bits or more to 16 and 32.
    const Vector half = hn::Mul(splat(0.5F), x);
    for (int step = 0; step < 2; ++step)
        y = hn::Mul(y, hn::NegMulAdd(hn::Mul(half, y), y, splat(1.5F)));
    return y;
}

/// exp(-x) I0(x) for x >= 0, to 2e-7 (Abramowitz & Stegun 9.8F.1 and 9.8F.2).
HWY_INLINE Vector scaled_bessel_i0(Vector x) {
    constexpr float join = 3.75F;  // of the two approximations
    constexpr float below[] = {1.0F,       3.5156229F, 3.0899424F, 1.2067492F,
                               0.2659732F, 0.0360768F, 0.0045813F};
    constexpr float above[] = {0.39894228F,  0.01328592F, 0.00225319F,  -0.00157565F, 0.00916281F,
                               -0.02057706F, 0.02635537F, -0.01647633F, 0.00392377F};
    const Tag d;
    const auto is_large = hn::Ge(x, splat(join));
    const Vector at_least = hn::Max(x, splat(join));
    const Vector root = inverse_root(at_least);
    const Vector large =
        hn::Mul(polynomial(hn::Mul(splat(join), hn::Mul(root, root)), above), root);
    if (hn::AllTrue(d, is_large)) return large;
    const Vector at_most = hn::Min(x, splat(join));
    const Vector t = hn::Mul(at_most, splat(1.0F / join));
    const Vector small = hn::Mul(hn::Exp(d, hn::Neg(at_most)), polynomial(hn::Mul(t, t), below));
    return hn::IfThenElse(is_large, large, small);
}

// Gauss-Legendre rule of 16 nodes on [-1, 1], positive half (Abramowitz & Stegun 25.4.30).
constexpr std::size_t half_of_nodes = 8;
constexpr float legendre_node[half_of_nodes] = {
    0.0950125098376374F, 0.2816035507792589F, 0.4580167776572274F, 0.6178762444026438F,
    0.7554044083550030F, 0.8656312023878318F, 0.9445750230732326F, 0.9894009349916499F};
constexpr float legendre_weight[half_of_nodes] = {
    0.1894506104550685F, 0.1826034150449236F, 0.1691565193950025F, 0.1495959888165767F,
    0.1246289712555339F, 0.0951585116824928F, 0.0622535239386479F, 0.0271524594117541F};

/// With s^2 = r^2 (1 - t^2) the chord is 2 r t, and the integrand over t is analytic, at the edge
/// and in the centre. A lane a distance.
void shadows(const BlurredBall& ball, float step_px, float* shadow, float* d_attenuation,
             std::size_t count) {
    const Tag d;
    const std::size_t lanes = hn::Lanes(d);
    const Vector zero = hn::Zero(d), one = splat(1.0F);
    const float inverse_variance = 1.0F / (ball.blur_px * ball.blur_px);
    const Vector inverse_radius = splat(1.0F / ball.radius_px);
    const Vector reach = splat(blur_kernel_reach * ball.blur_px);
    // Of the other leg of a right triangle with hypotenuse 1.
    const auto leg = [&](Vector a) { return hn::Sqrt(hn::Max(hn::NegMulAdd(a, a, one), zero)); };
    HWY_ALIGN float last[2][hn::MaxLanes(d)];
    for (std::size_t first = 0; first < count; first += lanes) {
        const Vector rho = hn::Mul(hn::Iota(d, static_cast<float>(first)), splat(step_px));
        const Vector s_low = hn::Mul(hn::Max(hn::Sub(rho, reach), zero), inverse_radius);
        const Vector s_high = hn::Min(hn::Mul(hn::Add(rho, reach), inverse_radius), one);
        const Vector high = leg(s_low), low = leg(s_high);
        const Vector middle = hn::Mul(splat(0.5F), hn::Add(high, low));
        const Vector half = hn::Mul(splat(0.5F), hn::Sub(high, low));
        Vector sum = zero, derivative = zero;
        for (std::size_t node = 0; node < 2 * half_of_nodes; ++node) {
            const std::size_t n = node / 2;
            const Vector t = hn::MulAdd(
                half, splat(node % 2 == 0 ? legendre_node[n] : -legendre_node[n]), middle);
            const Vector s = hn::Mul(splat(ball.radius_px), leg(t));
            const Vector off = hn::Sub(rho, s);
            const Vector kernel =
                hn::Mul(hn::Exp(d, hn::Mul(splat(-0.5F * inverse_variance), hn::Mul(off, off))),
                        scaled_bessel_i0(hn::Mul(hn::Mul(rho, splat(inverse_variance)), s)));
            const Vector weight = hn::Mul(hn::Mul(splat(legendre_weight[n]), t), kernel);
            const Vector transmission = hn::Exp(d, hn::Mul(splat(-ball.attenuation), t));
            sum = hn::MulAdd(weight, hn::Sub(one, transmission), sum);
            derivative = hn::MulAdd(hn::Mul(weight, t), transmission, derivative);
        }
        // No part of the ball is in reach where the interval is empty: half is not above 0.
        const Vector scale =
            hn::Mul(splat(ball.radius_px * ball.radius_px * inverse_variance), hn::Max(half, zero));
        if (first + lanes <= count) {
            hn::StoreU(hn::Mul(scale, sum), d, shadow + first);
            hn::StoreU(hn::Mul(scale, derivative), d, d_attenuation + first);
        } else {
            hn::Store(hn::Mul(scale, sum), d, last[0]);
            hn::Store(hn::Mul(scale, derivative), d, last[1]);
            std::copy_n(last[0], count - first, shadow + first);
            std::copy_n(last[1], count - first, d_attenuation + first);
        }
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace stereo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace stereo {

HWY_EXPORT(shadows);

void blurred_shadows(const BlurredBall& ball, float step_px, std::span<float> shadow,
                     std::span<float> d_attenuation) {
    HWY_DYNAMIC_DISPATCH(shadows)
    (ball, step_px, shadow.data(), d_attenuation.data(),
     std::min(shadow.size(), d_attenuation.size()));
}

}  // namespace stereo
#endif
