#include "shadow_model.hpp"

#include <drr/core/error.hpp>
#include <stereo/detect/localization_bound.hpp>

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

constexpr double blurs_beyond = 5.0;

FitWindow pixels_around(std::span<const BeadShadow> beads, double blur_px, double window_radii) {
    FitWindow window;
    Eigen::Array2d low = Eigen::Array2d::Constant(1e9);
    Eigen::Array2d high = -low;
    const auto reach = [&](const BeadShadow& bead) {
        return window_radii * bead.radius_px + blurs_beyond * blur_px;
    };
    for (const BeadShadow& bead : beads) {
        low = low.min(bead.center_px.array() - reach(bead));
        high = high.max(bead.center_px.array() + reach(bead));
    }
    for (double y = std::ceil(low.y()); y <= high.y(); y += 1.0)
        for (double x = std::ceil(low.x()); x <= high.x(); x += 1.0)
            if (std::any_of(beads.begin(), beads.end(), [&](const BeadShadow& bead) {
                    return (bead.center_px - Eigen::Vector2d(x, y)).norm() < reach(bead);
                }))
                window.add(x, y, 0.0, false);
    window.finish();
    return window;
}

}  // namespace

double LocalizationBound::sd_px(std::size_t bead) const {
    return std::sqrt(0.5 * covariance_px2[bead].trace());
}

LocalizationBound localization_bound(const std::vector<BeadShadow>& beads, double blur_px,
                                     double background, const GreyNoise& noise,
                                     const BoundNuisance& nuisance, double window_radii) {
    drr::require(!beads.empty() && beads.size() <= max_joint_beads,
                 "1 to 4 beads were expected for one bound");
    ShadowParameters p;
    std::copy(beads.begin(), beads.end(), p.beads.begin());
    p.blur = blur_px;
    p.order = 1;
    p.unit_px = beads.front().radius_px;
    p.background[0] = background;
    const Eigen::Vector2d origin = beads.front().center_px.array().round();
    for (std::size_t b = 0; b < beads.size(); ++b)
        p.beads[b].center_px -= origin;
    const ParameterLayout layout{beads.size(), nuisance.blur, false};
    FitWindow window = pixels_around({p.beads.data(), beads.size()}, blur_px, window_radii);
    ShadowModel model(layout);
    model.weigh(p, noise, window);
    NormalEquations normal;
    model.evaluate(p, window, normal);

    std::vector<int> free;
    std::vector<int> center;  // of each bead, in free
    for (std::size_t b = 0; b < beads.size(); ++b) {
        const int first = ParameterLayout::first_of_bead(b);
        center.push_back(static_cast<int>(free.size()));
        free.insert(free.end(), {first, first + 1});
        if (nuisance.radius) free.push_back(first + 2);
        if (nuisance.attenuation) free.push_back(first + 3);
    }
    if (nuisance.blur) free.push_back(layout.blur());
    if (nuisance.level) free.push_back(layout.first_of_background());
    if (nuisance.slopes)
        free.insert(free.end(),
                    {layout.first_of_background() + 1, layout.first_of_background() + 2});
    const Eigen::MatrixXd full = normal.hessian.selfadjointView<Eigen::Lower>();
    const Eigen::MatrixXd information = full(free, free);
    const Eigen::LLT<Eigen::MatrixXd> cholesky(information);
    drr::require(cholesky.info() == Eigen::Success,
                 "the parameters of beads on one another cannot be told apart");
    const Eigen::MatrixXd covariance =
        cholesky.solve(Eigen::MatrixXd::Identity(information.rows(), information.cols()));
    LocalizationBound bound;
    for (const int c : center)
        bound.covariance_px2.emplace_back(covariance.block<2, 2>(c, c));
    return bound;
}

}  // namespace stereo
