#include "background_field.hpp"

#include "matrix_product.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace stereo {
namespace {

// Heights, over the background, between which the likelihood's maximum is sought: from what no
// image shows to what no polynomial has left.
constexpr double least_height = 1e-4;
constexpr double most_height = 0.5;
// Golden sections: the height is then known to a twentieth, far better than the likelihood does.
constexpr int sections = 11;
// The image knows the noise of a pixel to a third of its variance (structure is taken for noise,
// and a bead's surroundings are not the image's mean), which is worth so many pixels: 2 / 0.33^2.
// Without them the likelihood gives too much of the noise to the bumps: among bricks errors
// are 1.05 to 1.09 of what is claimed, with them 0.98 to 1.01 (the first three seeds of
// test_detect_claims).
constexpr double prior_pixels = 20.0;

}  // namespace

BackgroundField::BackgroundField(const FittedPixels& fit, const Eigen::VectorXd& model,
                                 const NormalEquations& minimized, double spacing_px,
                                 double smooth_noise_power)
    : fit_(fit), gradient_(minimized.gradient) {
    // Of pixels and priors: what bumps explain, parameters that strayed from their priors did too.
    left_over_ = minimized.cost - gradient_.dot(fit.inverse * gradient_);
    free_ = std::max<double>(
        1.0, static_cast<double>((model.array() != 0.0).count() - fit.jacobian.cols()));
    noise_variance_ = noise_at({});
    if (std::isinf(spacing_px)) return;
    bumps_ = BumpGrid(fit.place, model, spacing_px);
    const Eigen::MatrixXd cross = bumps_.seen_by(fit.jacobian);
    projected_ = cross * fit.inverse;
    Eigen::MatrixXd seen = bumps_.gram();
    const auto rows = static_cast<std::size_t>(seen.rows());
    add_product({projected_.data(), rows, rows, static_cast<std::size_t>(projected_.cols())},
                {cross.data(), rows, 1, static_cast<std::size_t>(seen.cols())}, -1.0, seen.data(),
                rows);
    seen_ =
        HeightEquations(std::move(seen), bumps_.seen_by(fit.residuals) - projected_ * gradient_);

    // Golden sections on the logarithm of the ratio.
    double low = 2.0 * std::log(least_height);
    double high = 2.0 * std::log(most_height);
    constexpr double golden = 1.0 / std::numbers::phi;
    double left = high - golden * (high - low);
    double right = low + golden * (high - low);
    double at_left = likelihood(std::exp(left));
    double at_right = likelihood(std::exp(right));
    for (int k = 0; k < sections; ++k) {
        if (at_left > at_right) {
            high = right;
            right = left;
            at_right = at_left;
            left = high - golden * (high - low);
            at_left = likelihood(std::exp(left));
        } else {
            low = left;
            left = right;
            at_left = at_right;
            right = low + golden * (high - low);
            at_right = likelihood(std::exp(right));
        }
    }
    const double best = std::exp(0.5 * (low + high));
    // Schwarz's criterion for one parameter more.
    if (likelihood(best) - likelihood(0.0) > std::log(free_) * smooth_noise_power) ratio_ = best;
    noise_variance_ = noise_at(seen_.at(ratio_));
}

double BackgroundField::likelihood(double ratio) const {
    const HeightEquations::Solution at = seen_.at(ratio);
    return -(free_ + prior_pixels) * std::log(noise_at(at)) - at.log_determinant;
}

double BackgroundField::noise_at(const HeightEquations::Solution& at) const {
    return (left_over_ - at.gain + prior_pixels) / (free_ + prior_pixels);
}

BackgroundField::Effect BackgroundField::on(int first) const {
    Effect effect{first, fit_.inverse.middleRows(first, 3) * gradient_, {}};
    if (!exists()) return effect;
    // What a unit of the heights does to the parameters, and with the ratio one of their right
    // side.
    effect.by_height = seen_.solve(ratio_, projected_.middleCols(first, 3));
    effect.step -= ratio_ * effect.by_height.transpose() * seen_.pull();
    return effect;
}

Eigen::Matrix3d BackgroundField::covariance(const Effect& effect,
                                            const NoiseCorrelation& correlation) const {
    Eigen::Matrix<double, Eigen::Dynamic, 3> by_parameter =
        fit_.inverse.middleCols(effect.first, 3);
    if (!exists())
        return noise_variance_ *
               covariance_under_noise(fit_, fit_.jacobian * by_parameter, correlation);
    const Eigen::Matrix<double, Eigen::Dynamic, 3> by_pull = ratio_ * effect.by_height;
    by_parameter += projected_.transpose() * by_pull;
    return noise_variance_ *
           (covariance_under_noise(fit_, fit_.jacobian * by_parameter - bumps_.at_pixels(by_pull),
                                   correlation) +
            ratio_ * effect.by_height.transpose() * effect.by_height);
}

}  // namespace stereo
