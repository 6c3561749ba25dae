#include "shadow_model.hpp"

#include <drr/core/product_sums.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace stereo {
double ShadowParameters::background_at(double x, double y) const {
    // 1, x, y, xx, xy, yy, ... up to the order.
    std::array<double, coefficients(highest_background)> m;
    m[0] = 1.0;
    std::size_t k = 1;
    for (std::size_t o = 1; o <= static_cast<std::size_t>(order); k += ++o) {
        for (std::size_t i = 0; i < o; ++i)
            m[k + i] = m[k + i - o] * (x / unit_px);
        m[k + o] = m[k - 1] * (y / unit_px);
    }
    return std::inner_product(m.begin(), m.begin() + coefficients(order), background.data(), 0.0);
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
        const std::array<double, 3> key = {p.beads[j].radius_px, p.parts.blur(p.blur),
                                           p.beads[j].attenuation};
        if (tabulated_[j] == key) continue;
        profiles_[j].tabulate(key[0], key[1], key[2]);
        tabulated_[j] = key;
    }
}

ShadowScene ShadowModel::scene(const ShadowParameters& p) {
    tabulate(p);
    for (std::size_t j = 0; j < layout_.beads; ++j)
        shadows_[j] = {p.beads[j].center_px.x(), p.beads[j].center_px.y(), profiles_[j].table()};
    return {{shadows_.data(), layout_.beads},
            p.blur,
            p.parts,
            p.veil,
            p.order,
            1.0 / p.unit_px,
            p.background.data()};
}

void ShadowModel::weigh(const ShadowParameters& p, const GreyNoise& noise, FitWindow& window) {
    // The model's grey stands where its weight will.
    shadow_greys(scene(p), window.arrays(), window.root_weight.data());
    for (std::size_t i = 0; i < window.count; ++i)
        window.root_weight[i] = 1.0 / std::sqrt(noise.variance(window.root_weight[i]));
    std::fill(window.root_weight.begin() + static_cast<std::ptrdiff_t>(window.count),
              window.root_weight.end(), 0.0);
}

void ShadowModel::evaluate(const ShadowParameters& p, const FitWindow& window,
                           NormalEquations& result) {
    pixels_ = static_cast<Eigen::Index>(window.count);
    parameters_ = layout_.size(p.order);
    const std::size_t columns = static_cast<std::size_t>(parameters_) + 1;
    const PixelArrays pixels = window.arrays();
    stride_ = pixels.count;
    columns_.resize(std::max(columns_.size(), columns * stride_));
    shadow_columns(scene(p), pixels,
                   {columns_.data(), stride_, layout_.fit_blur ? layout_.blur() : -1,
                    layout_.fit_veil ? layout_.veil() : -1, layout_.first_of_background()});
    std::array<double, (max_parameters + 1) * (max_parameters + 1)> sums;
    drr::product_sums({columns_.data(), pixels.count, stride_, columns}, sums.data());
    const Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>
        products(sums.data(), parameters_ + 1, parameters_ + 1);
    result.hessian =
        products.bottomRightCorner(parameters_, parameters_).triangularView<Eigen::Lower>();
    result.gradient = products.col(0).tail(parameters_);
    result.cost = products(0, 0);
}

ShadowModel::Jacobian ShadowModel::jacobian() const {
    return {columns_.data() + stride_, pixels_, parameters_,
            Eigen::OuterStride<>(static_cast<Eigen::Index>(stride_))};
}

Eigen::Map<const Eigen::VectorXd> ShadowModel::residuals() const {
    return {columns_.data(), pixels_};
}

}  // namespace stereo
