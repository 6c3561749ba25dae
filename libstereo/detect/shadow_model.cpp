#include "shadow_model.hpp"

#include "product_sums.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace stereo {
namespace {

// Nearer to a bead's centre its direction means nothing.
constexpr double least_rho_px = 1e-9;
// Where less gets through, it does not matter at which place the background is seen.
constexpr double least_transmission = 1e-3;

/// 1, x, y, xx, xy, yy, ... up to the order.
template <int order>
void monomials(double x, double y, double* m) {
    m[0] = 1.0;
    for (int o = 1, k = 1; o <= order; k += ++o) {
        for (int i = 0; i < o; ++i)
            m[k + i] = m[k + i - o] * x;
        m[k + o] = m[k - 1] * y;
    }
}

/// Calls what takes an order at compile time, where loops over coefficients unroll.
template <int order = 0, class Call>
auto with_order(int wanted, const Call& call) {
    if constexpr (order < highest_background)
        if (wanted > order) return with_order<order + 1>(wanted, call);
    return call(std::integral_constant<int, order>());
}

/// The polynomial's value at (x, y); its terms in `m`.
template <int order, class Coefficients>
double polynomial(const Coefficients& background, double x, double y, double* m) {
    monomials<order>(x, y, m);
    double sum = 0.0;
    for (int k = 0; k < coefficients(order); ++k)
        sum += background[k] * m[k];
    return sum;
}

/// Blur of the product of two blurred shadows' transmissions minus the product. `cosine` is that of
/// the angle between the directions to the two centres; the second derivative along the radius
/// follows from the Laplacian, which is that of the blur.
double cross_terms(const ShadowProfile::Sample& f, double f_rho, const ShadowProfile::Sample& g,
                   double g_rho, double cosine, double blur) {
    const double variance = blur * blur;
    const double f_across = f.d_rho / f_rho;
    const double g_across = g.d_rho / g_rho;
    const double f_along = f.d_log_blur / variance - f_across;
    const double g_along = g.d_log_blur / variance - g_across;
    const double cc = cosine * cosine;
    return variance * f.d_rho * g.d_rho * cosine +
           0.5 * variance * variance *
               (cc * (f_along * g_along + f_across * g_across) +
                (1.0 - cc) * (f_along * g_across + f_across * g_along));
}

}  // namespace

double ShadowParameters::background_at(double x, double y) const {
    return with_order(order, [&](auto o) {
        std::array<double, coefficients(o)> m{};
        return polynomial<o>(background, x / unit_px, y / unit_px, m.data());
    });
}

void ShadowParameters::rescale(double new_unit_px) {
    double factor = 1.0;
    for (int o = 1, k = 1; o <= highest_background; ++o) {
        factor *= new_unit_px / unit_px;
        for (int i = 0; i <= o; ++i, ++k)
            background[k] *= factor;
    }
    unit_px = new_unit_px;
}

void ShadowModel::tabulate(const ShadowParameters& p) {
    for (std::size_t j = 0; j < layout_.beads; ++j) {
        const std::array<double, 3> key = {p.beads[j].radius_px, p.blur, p.beads[j].attenuation};
        if (tabulated_[j] == key) continue;
        profiles_[j].tabulate(key[0], key[1], key[2]);
        tabulated_[j] = key;
    }
}

void ShadowModel::look_at(const ShadowParameters& p, const FitPixel& pixel) {
    touch_count_ = 0;
    transmission_ = 1.0;
    seen_at_ = {pixel.x, pixel.y};
    for (std::size_t j = 0; j < layout_.beads; ++j) {
        Touch& touch = touches_[touch_count_];
        touch.dx = pixel.x - p.beads[j].center_px.x();
        touch.dy = pixel.y - p.beads[j].center_px.y();
        touch.rho = std::sqrt(touch.dx * touch.dx + touch.dy * touch.dy);
        if (touch.rho >= profiles_[j].extent_px()) continue;
        touch.rho = std::max(touch.rho, least_rho_px);
        touch.bead = j;
        touch.shadow = profiles_[j].at(touch.rho);
        transmission_ *= 1.0 - touch.shadow.value;
        // grad ln (1 - P) = -P' / (1 - P) (dx, dy) / rho
        const double pull = -p.blur * p.blur * touch.shadow.d_rho /
                            (std::max(1.0 - touch.shadow.value, least_transmission) * touch.rho);
        seen_at_.x() += pull * touch.dx;
        seen_at_.y() += pull * touch.dy;
        ++touch_count_;
    }
    for (std::size_t a = 0; a + 1 < touch_count_; ++a)
        for (std::size_t b = a + 1; b < touch_count_; ++b) {
            const Touch& f = touches_[a];
            const Touch& g = touches_[b];
            double terms = cross_terms(f.shadow, f.rho, g.shadow, g.rho,
                                       (f.dx * g.dx + f.dy * g.dy) / (f.rho * g.rho), p.blur);
            for (std::size_t c = 0; c < touch_count_; ++c)
                if (c != a && c != b) terms *= 1.0 - touches_[c].shadow.value;
            transmission_ += terms;
        }
}

void ShadowModel::weigh(const ShadowParameters& p, const GreyNoise& noise, FitWindow& window) {
    tabulate(p);
    for (FitPixel& pixel : window.pixels) {
        look_at(p, pixel);
        const double grey = p.veil + transmission_ * p.background_at(seen_at_.x(), seen_at_.y());
        pixel.root_weight = 1.0 / std::sqrt(noise.variance(grey));
    }
}

template <int order>
void ShadowModel::fill_jacobian(const ShadowParameters& p, const FitWindow& window) {
    constexpr int background_count = coefficients(order);
    const int n = layout_.size(order);
    const double inverse_unit = 1.0 / p.unit_px;
    for (Eigen::Index row = 0; row < jacobian_.rows(); ++row) {
        const FitPixel& pixel = window.pixels[static_cast<std::size_t>(row)];
        look_at(p, pixel);
        double* const j = jacobian_.data() + row * jacobian_.cols();
        double* const m = j + layout_.first_of_background();
        const double background = polynomial<order>(p.background, seen_at_.x() * inverse_unit,
                                                    seen_at_.y() * inverse_unit, m);
        const double residual = pixel.grey - p.veil - background * transmission_;
        if (pixel.saturated && residual <= 0.0) {
            residuals_[row] = 0.0;
            jacobian_.row(row).setZero();
            continue;
        }
        residuals_[row] = pixel.root_weight * residual;
        j[n] = residuals_[row];
        const double weight = pixel.root_weight * transmission_;
        for (int k = 0; k < background_count; ++k)
            m[k] *= weight;
        std::fill_n(j, layout_.first_of_background(), 0.0);
        if (layout_.fit_veil) j[layout_.veil()] = pixel.root_weight;
        for (std::size_t a = 0; a < touch_count_; ++a) {
            const Touch& touch = touches_[a];
            double others = pixel.root_weight * background;
            for (std::size_t b = 0; b < touch_count_; ++b)
                if (b != a) others *= 1.0 - touches_[b].shadow.value;
            double* const jb = j + ParameterLayout::first_of_bead(touch.bead);
            // d rho / d centre = -(dx, dy) / rho; the shadow lowers the grey.
            const double slope = others * touch.shadow.d_rho / touch.rho;
            jb[0] = slope * touch.dx;
            jb[1] = slope * touch.dy;
            jb[2] = -others * touch.shadow.d_log_radius;
            jb[3] = -others * touch.shadow.d_log_attenuation;
            if (layout_.fit_blur) j[layout_.blur()] -= others * touch.shadow.d_log_blur;
        }
    }
}

void ShadowModel::evaluate(const ShadowParameters& p, const FitWindow& window,
                           NormalEquations& result) {
    tabulate(p);
    // The residual is the last column, so that its products are summed with the others.
    const int n = layout_.size(p.order);
    const std::size_t stride = padded_stride(static_cast<std::size_t>(n) + 1);
    jacobian_.resize(static_cast<Eigen::Index>(window.pixels.size()),
                     static_cast<Eigen::Index>(stride));
    jacobian_.rightCols(jacobian_.cols() - n).setZero();
    residuals_.resize(jacobian_.rows());
    with_order(p.order, [&](auto order) { fill_jacobian<order>(p, window); });
    std::array<double, padded_stride(max_parameters + 1) * padded_stride(max_parameters + 1)> sums;
    product_sums({jacobian_.data(), window.pixels.size(), stride}, sums.data());
    const Eigen::Map<const FittedPixels::Jacobian> products(sums.data(), jacobian_.cols(),
                                                            jacobian_.cols());
    result.hessian = products.topLeftCorner(n, n).triangularView<Eigen::Lower>();
    result.gradient = products.row(n).head(n).transpose();
    result.cost = products(n, n);
}

}  // namespace stereo
