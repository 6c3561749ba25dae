#include "shadow_pixels.hpp"

#include <iterator>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "shadow_pixels_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format off: what is compiled for each instruction set comes after foreach_target.h
#include "sampled_profile-inl.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace stereo {
namespace HWY_NAMESPACE {
namespace {

// Nearer to a bead's centre its direction means nothing.
constexpr double least_rho_px = 1e-9;
// Where less gets through, it does not matter at which place the background is seen.
constexpr double least_transmission = 1e-3;

/// What is seen at a pixel a lane.
struct Seen {
    Vector dx[most_shadows], dy[most_shadows], inverse_rho[most_shadows], passes[most_shadows];
    Vector slope_x[most_shadows], slope_y[most_shadows];  // of the shadow
    Sampled shadow[most_shadows];
    Vector transmission;
    Vector x, y;  // where the background is seen
};

/// Blur of the product of two blurred shadows' transmissions minus the product; the second
/// derivative along the radius follows from the Laplacian, which is that of the blur.
HWY_INLINE Vector cross_terms(const Seen& seen, std::size_t a, std::size_t b, double blur) {
    const double variance = blur * blur;
    const Sampled &f = seen.shadow[a], &g = seen.shadow[b];
    const Vector cosine =
        hn::Mul(hn::MulAdd(seen.dx[a], seen.dx[b], hn::Mul(seen.dy[a], seen.dy[b])),
                hn::Mul(seen.inverse_rho[a], seen.inverse_rho[b]));
    const Vector f_across = hn::Mul(f.d_rho, seen.inverse_rho[a]);
    const Vector g_across = hn::Mul(g.d_rho, seen.inverse_rho[b]);
    const Vector f_along = hn::MulSub(f.d_log_blur, splat(1.0 / variance), f_across);
    const Vector g_along = hn::MulSub(g.d_log_blur, splat(1.0 / variance), g_across);
    const Vector cc = hn::Mul(cosine, cosine);
    const Vector second =
        hn::MulAdd(cc, hn::MulAdd(f_along, g_along, hn::Mul(f_across, g_across)),
                   hn::Mul(hn::Sub(splat(1.0), cc),
                           hn::MulAdd(f_along, g_across, hn::Mul(f_across, g_along))));
    return hn::MulAdd(hn::Mul(splat(variance), hn::Mul(f.d_rho, g.d_rho)), cosine,
                      hn::Mul(splat(0.5 * variance * variance), second));
}

/// Distance from a bead's centre, and never none.
HWY_INLINE Vector distance(Vector dx, Vector dy) {
    return hn::Max(hn::Sqrt(hn::MulAdd(dx, dx, hn::Mul(dy, dy))), splat(least_rho_px));
}

/// What the parts of a pixel see on average.
HWY_INLINE void look_at_parts(const ShadowScene& scene, std::size_t j, Seen& seen) {
    const ShadowProfile::Table& profile = scene.shadows[j].profile;
    const int along = scene.parts.along;
    const Vector zero = splat(0.0);
    Vector slope_x = zero, slope_y = zero;
    Sampled sum = {zero, zero, zero, zero, zero};
    for (int row = 0; row < along; ++row)
        for (int column = 0; column < along; ++column) {
            const Vector dx = hn::Add(seen.dx[j], splat(scene.parts.place(column)));
            const Vector dy = hn::Add(seen.dy[j], splat(scene.parts.place(row)));
            const Vector rho = distance(dx, dy);
            const Sampled part = sampled(profile, rho);
            const Vector slope = hn::Div(part.d_rho, rho);
            slope_x = hn::MulAdd(slope, dx, slope_x);
            slope_y = hn::MulAdd(slope, dy, slope_y);
            sum.value = hn::Add(sum.value, part.value);
            sum.d_log_radius = hn::Add(sum.d_log_radius, part.d_log_radius);
            sum.d_log_blur = hn::Add(sum.d_log_blur, part.d_log_blur);
            sum.d_log_attenuation = hn::Add(sum.d_log_attenuation, part.d_log_attenuation);
        }
    const Vector share = splat(1.0 / (along * along));
    // The squares of the pixel's blur and of its parts' differ by a constant.
    const double growth = scene.blur / scene.parts.blur(scene.blur);
    seen.slope_x[j] = hn::Mul(share, slope_x);
    seen.slope_y[j] = hn::Mul(share, slope_y);
    seen.shadow[j] = {
        hn::Mul(share, sum.value),
        hn::Mul(hn::MulAdd(seen.slope_x[j], seen.dx[j], hn::Mul(seen.slope_y[j], seen.dy[j])),
                seen.inverse_rho[j]),
        hn::Mul(share, sum.d_log_radius),
        hn::Mul(hn::Mul(share, splat(growth * growth)), sum.d_log_blur),
        hn::Mul(share, sum.d_log_attenuation)};
}

HWY_INLINE void look(const ShadowScene& scene, Vector x, Vector y, Seen& seen) {
    const std::size_t count = scene.shadows.size();
    const Vector one = splat(1.0);
    seen.transmission = one;
    seen.x = x;
    seen.y = y;
    for (std::size_t j = 0; j < count; ++j) {
        const ShadowScene::Shadow& shadow = scene.shadows[j];
        const Vector dx = hn::Sub(x, splat(shadow.x)), dy = hn::Sub(y, splat(shadow.y));
        const Vector rho = distance(dx, dy);
        seen.dx[j] = dx;
        seen.dy[j] = dy;
        seen.inverse_rho[j] = hn::Div(one, rho);
        if (scene.parts.along == 1) {
            seen.shadow[j] = sampled(shadow.profile, rho);
            const Vector slope = hn::Mul(seen.shadow[j].d_rho, seen.inverse_rho[j]);
            seen.slope_x[j] = hn::Mul(slope, dx);
            seen.slope_y[j] = hn::Mul(slope, dy);
        } else {
            look_at_parts(scene, j, seen);
        }
        seen.passes[j] = hn::Sub(one, seen.shadow[j].value);
        seen.transmission = hn::Mul(seen.transmission, seen.passes[j]);
        // grad ln (1 - P) = -P' / (1 - P) (dx, dy) / rho
        const Vector pull = hn::Div(splat(-scene.blur * scene.blur),
                                    hn::Max(seen.passes[j], splat(least_transmission)));
        seen.x = hn::MulAdd(pull, seen.slope_x[j], seen.x);
        seen.y = hn::MulAdd(pull, seen.slope_y[j], seen.y);
    }
    for (std::size_t a = 0; a + 1 < count; ++a)
        for (std::size_t b = a + 1; b < count; ++b) {
            Vector terms = cross_terms(seen, a, b, scene.blur);
            for (std::size_t c = 0; c < count; ++c)
                if (c != a && c != b) terms = hn::Mul(terms, seen.passes[c]);
            seen.transmission = hn::Add(seen.transmission, terms);
        }
}

/// 1, x, y, xx, xy, yy, ... up to the order, and the sum of the coefficients times them.
template <int order>
HWY_INLINE Vector polynomial(const ShadowScene& scene, const Seen& seen, Vector* m) {
    const Vector x = hn::Mul(seen.x, splat(scene.inverse_unit));
    const Vector y = hn::Mul(seen.y, splat(scene.inverse_unit));
    m[0] = splat(1.0);
    for (int o = 1, k = 1; o <= order; k += ++o) {
        for (int i = 0; i < o; ++i)
            m[k + i] = hn::Mul(m[k + i - o], x);
        m[k + o] = hn::Mul(m[k - 1], y);
    }
    Vector sum = splat(scene.background[0]);
    for (int k = 1; k < coefficients(order); ++k)
        sum = hn::MulAdd(splat(scene.background[k]), m[k], sum);
    return sum;
}

template <int order>
void greys_of_order(const ShadowScene& scene, const PixelArrays& pixels, double* grey) {
    Vector m[coefficients(order)];
    Seen seen;
    for (std::size_t p = 0; p < pixels.count; p += hn::Lanes(lanes)) {
        look(scene, hn::LoadU(lanes, pixels.x + p), hn::LoadU(lanes, pixels.y + p), seen);
        const Vector background = polynomial<order>(scene, seen, m);
        hn::StoreU(hn::MulAdd(background, seen.transmission, splat(scene.veil)), lanes, grey + p);
    }
}

template <int order>
void columns_of_order(const ShadowScene& scene, const PixelArrays& pixels,
                      const ShadowColumns& columns) {
    Vector m[coefficients(order)];
    Seen seen;
    for (std::size_t p = 0; p < pixels.count; p += hn::Lanes(lanes)) {
        const auto store = [&](int parameter, Vector value) {
            hn::StoreU(value, lanes, columns.parameter(parameter) + p);
        };
        look(scene, hn::LoadU(lanes, pixels.x + p), hn::LoadU(lanes, pixels.y + p), seen);
        const Vector background = polynomial<order>(scene, seen, m);
        const Vector residual =
            hn::NegMulAdd(background, seen.transmission,
                          hn::Sub(hn::LoadU(lanes, pixels.grey + p), splat(scene.veil)));
        const auto no_say = hn::And(hn::Ne(hn::LoadU(lanes, pixels.saturated + p), splat(0.0)),
                                    hn::Le(residual, splat(0.0)));
        const Vector weight = hn::IfThenZeroElse(no_say, hn::LoadU(lanes, pixels.root_weight + p));
        hn::StoreU(hn::Mul(weight, residual), lanes, columns.first + p);
        const Vector passing = hn::Mul(weight, seen.transmission);
        for (int k = 0; k < coefficients(order); ++k)
            store(columns.background + k, hn::Mul(passing, m[k]));
        if (columns.veil >= 0) store(columns.veil, weight);
        Vector by_blur = splat(0.0);
        for (std::size_t a = 0; a < scene.shadows.size(); ++a) {
            Vector others = hn::Mul(weight, background);
            for (std::size_t b = 0; b < scene.shadows.size(); ++b)
                if (b != a) others = hn::Mul(others, seen.passes[b]);
            // The centre's motion is that of the pixel backwards; the shadow lowers the grey.
            const Sampled& shadow = seen.shadow[a];
            const int first = bead_parameters * static_cast<int>(a);
            store(first, hn::Mul(others, seen.slope_x[a]));
            store(first + 1, hn::Mul(others, seen.slope_y[a]));
            store(first + 2, hn::Neg(hn::Mul(others, shadow.d_log_radius)));
            store(first + 3, hn::Neg(hn::Mul(others, shadow.d_log_attenuation)));
            by_blur = hn::NegMulAdd(others, shadow.d_log_blur, by_blur);
        }
        if (columns.blur >= 0) store(columns.blur, by_blur);
    }
}

}  // namespace

void greys(const ShadowScene& scene, const PixelArrays& pixels, double* grey) {
    constexpr decltype(&greys_of_order<0>) of_order[] = {greys_of_order<0>, greys_of_order<1>,
                                                         greys_of_order<2>, greys_of_order<3>,
                                                         greys_of_order<4>, greys_of_order<5>};
    static_assert(std::size(of_order) == highest_background + 1);
    of_order[scene.order](scene, pixels, grey);
}

void columns_of(const ShadowScene& scene, const PixelArrays& pixels, const ShadowColumns& columns) {
    constexpr decltype(&columns_of_order<0>) of_order[] = {
        columns_of_order<0>, columns_of_order<1>, columns_of_order<2>,
        columns_of_order<3>, columns_of_order<4>, columns_of_order<5>};
    static_assert(std::size(of_order) == highest_background + 1);
    of_order[scene.order](scene, pixels, columns);
}

}  // namespace HWY_NAMESPACE
}  // namespace stereo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace stereo {

HWY_EXPORT(greys);
HWY_EXPORT(columns_of);

void shadow_greys(const ShadowScene& scene, const PixelArrays& pixels, double* grey) {
    HWY_DYNAMIC_DISPATCH(greys)(scene, pixels, grey);
}

void shadow_columns(const ShadowScene& scene, const PixelArrays& pixels,
                    const ShadowColumns& columns) {
    HWY_DYNAMIC_DISPATCH(columns_of)(scene, pixels, columns);
}

}  // namespace stereo
#endif
