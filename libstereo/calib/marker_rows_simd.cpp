#include "marker_rows.hpp"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "marker_rows_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace stereo {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Sights = drr::MarkerSights;

using Tag = hn::CappedTag<double, Sights::lanes>;
using Vec = hn::Vec<Tag>;
constexpr Tag lanes;

HWY_INLINE Vec product(Vec a, Vec b, Vec c) {
    return hn::Mul(hn::Mul(a, b), c);
}

/// Of the squared loss.
bool rows_of(const ImageProjection& projection, MarkerRows& rows) {
    const Sights& sights = rows.sights;
    const auto number = [](double value) { return hn::Set(lanes, value); };
    const drr::Pinhole& pinhole = projection.pinhole();
    const Vec fx = number(pinhole.fx_px), fy = number(pinhole.fy_px);
    const Vec cx = number(pinhole.cx_px), cy = number(pinhole.cy_px);
    const Vec aspect = number(pinhole.fy_px / pinhole.fx_px);
    const Vec zero = hn::Zero(lanes);
    Vec turn[3][3], shift[3], view_shift[3];
    for (int i = 0; i < 3; ++i) {
        shift[i] = number(projection.shift_mm()[i]);
        view_shift[i] = number(projection.view_shift_mm()[i]);
        for (int k = 0; k < 3; ++k)
            turn[i][k] = number(projection.turn()(i, k));
    }
    // To the end of the widest registers, whatever these are.
    for (std::size_t at = 0; at < sights.padded_size(); at += hn::Lanes(lanes)) {
        const auto all = [&](Sights::Quantity q) { return hn::LoadU(lanes, sights.all(q) + at); };
        const Vec point[3] = {all(Sights::x_mm), all(Sights::y_mm), all(Sights::z_mm)};
        Vec a[3], p[3];  // in the view's axes, from the world's origin and from the source
        for (int i = 0; i < 3; ++i) {
            a[i] = hn::MulAdd(turn[i][0], point[0], shift[i]);
            a[i] = hn::MulAdd(turn[i][1], point[1], a[i]);
            a[i] = hn::MulAdd(turn[i][2], point[2], a[i]);
            p[i] = hn::Add(a[i], view_shift[i]);
        }
        const auto real = hn::FirstN(lanes, sights.size() - std::min(at, sights.size()));
        // Written so that what is no number counts as behind.
        if (!hn::AllFalse(lanes, hn::AndNot(hn::Gt(p[2], zero), real))) return false;
        const Vec by_depth = hn::Div(number(1.0), hn::IfThenElse(real, p[2], number(1.0)));
        const Vec x = hn::Mul(p[0], by_depth), y = hn::Mul(p[1], by_depth);
        const Vec per_sd = all(Sights::weight_per_px);  // 0 beyond the last marker
        const Vec by_x = product(fx, by_depth, per_sd), by_y = product(fy, by_depth, per_sd);
        // By the turn: a x what the shift's are.
        const Vec of_u[view_columns + 1] = {
            hn::Mul(per_sd, x),
            zero,
            per_sd,
            zero,
            hn::Neg(product(by_x, x, a[1])),
            hn::Mul(by_x, hn::MulAdd(x, a[0], a[2])),
            hn::Neg(hn::Mul(by_x, a[1])),
            by_x,
            zero,
            hn::Neg(hn::Mul(by_x, x)),
            hn::Mul(per_sd, hn::Sub(hn::MulAdd(fx, x, cx), all(Sights::u_px)))};
        const Vec of_v[view_columns + 1] = {
            product(per_sd, aspect, y),
            product(per_sd, fx, y),
            zero,
            per_sd,
            hn::Neg(hn::Mul(by_y, hn::MulAdd(y, a[1], a[2]))),
            product(by_y, y, a[0]),
            hn::Mul(by_y, a[0]),
            zero,
            by_y,
            hn::Neg(hn::Mul(by_y, y)),
            hn::Mul(per_sd, hn::Sub(hn::MulAdd(fy, y, cy), all(Sights::v_px)))};
        for (int k = 0; k <= view_columns; ++k) {
            hn::StoreU(of_u[k], lanes, &rows.values(rows.row(at, 0), k));
            hn::StoreU(of_v[k], lanes, &rows.values(rows.row(at, 1), k));
        }
    }
    return true;
}

}  // namespace HWY_NAMESPACE
}  // namespace stereo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace stereo {
namespace {

// rho and its derivative for s = (residual / sd)^2.
struct Robust {
    double rho = 0.0;
    double weight = 1.0;
};

Robust robust(double s, const CalibrationOptions& options) {
    const double c2 = options.loss_sigmas * options.loss_sigmas;
    switch (options.loss) {
        case Loss::squared:
            break;
        case Loss::huber:
            if (s > c2) return {2.0 * std::sqrt(c2 * s) - c2, std::sqrt(c2 / s)};
            break;
        case Loss::cauchy:
            return {c2 * std::log1p(s / c2), 1.0 / (1.0 + s / c2)};
    }
    return {s, 1.0};
}

}  // namespace

HWY_EXPORT(rows_of);

bool fill_rows(const Observations& observations, const ImageObservations& image,
               const BundleState& state, const ImageProjection& projection,
               const CalibrationOptions& options, MarkerRows& rows) {
    drr::MarkerSights& sights = rows.sights;
    sights.start(image.items.size());
    for (const std::size_t i : image.items) {
        const Observation& item = observations.items[i];
        sights.add(state.marker_mm(observations, item.marker), item.pixel, item.sd_px);
    }
    rows.values.resize(2 * static_cast<Eigen::Index>(sights.padded_size()), Eigen::NoChange);
    if (!HWY_DYNAMIC_DISPATCH(rows_of)(projection, rows)) return false;
    if (options.loss == Loss::squared) {
        rows.loss = rows.values.col(view_columns).squaredNorm();
        return true;
    }
    rows.loss = 0.0;
    for (std::size_t marker = 0; marker < sights.size(); ++marker) {
        const Robust loss = robust(rows.residual(marker).squaredNorm(), options);
        rows.loss += loss.rho;
        for (const int axis : {0, 1})
            rows.values.row(rows.row(marker, axis)) *= std::sqrt(loss.weight);
    }
    return true;
}

}  // namespace stereo
#endif
