#include "background_field.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace stereo {
namespace {

// Standard deviation of a bump over the spacing: sums of such bumps have no ripple.
constexpr double bump_sd = 0.8;
// Heights, over the background, between which the likelihood's maximum is sought: from what no
// image shows to what no polynomial has left.
constexpr double least_height = 1e-4;
constexpr double most_height = 0.5;
// Golden sections: the height is then known to a twentieth, far better than the likelihood does.
constexpr int sections = 11;
// The image knows the noise of a pixel to a third of its variance (structure is taken for noise,
// and a bead's surroundings are not the image's mean), which is worth so many pixels: 2 / 0.33^2.
// Without them the likelihood gives all noise to the bumps under one bead in a thousand, which then
// claims a tenth of its error.
constexpr double prior_pixels = 20.0;

/// exp(-d^2 / (2 sd^2)) of the distances of a pixel's coordinate to the grid's.
Eigen::MatrixXd bumps_along(const Eigen::VectorXi& coordinate, const Eigen::ArrayXd& grid,
                            double sd) {
    Eigen::MatrixXd result(coordinate.size(), grid.size());
    for (Eigen::Index k = 0; k < grid.size(); ++k)
        result.col(k) =
            (-0.5 * ((coordinate.cast<double>().array() - grid[k]) / sd).square()).exp();
    return result;
}

Eigen::ArrayXd grid_along(const Eigen::VectorXi& coordinate, double spacing) {
    const double low = coordinate.minCoeff();
    const double high = coordinate.maxCoeff();
    const auto steps = static_cast<Eigen::Index>(std::ceil((high - low) / spacing));
    const double middle = 0.5 * (low + high);
    const double half = 0.5 * spacing * static_cast<double>(steps);
    return Eigen::ArrayXd::LinSpaced(steps + 1, middle - half, middle + half);
}

Eigen::MatrixXd bumps_of(const FittedPixels& fit, const Eigen::VectorXd& model, double spacing) {
    if (std::isinf(spacing)) return Eigen::MatrixXd(fit.place.rows(), 0);
    const Eigen::ArrayXd columns = grid_along(fit.place.col(0), spacing);
    const Eigen::ArrayXd rows = grid_along(fit.place.col(1), spacing);
    const Eigen::MatrixXd across = bumps_along(fit.place.col(0), columns, bump_sd * spacing);
    const Eigen::MatrixXd along = bumps_along(fit.place.col(1), rows, bump_sd * spacing);
    // A bump whose middle lies this far from all pixels adds nothing that others do not.
    const double near = std::exp(-0.5 * std::pow(0.5 / bump_sd, 2));
    Eigen::MatrixXd result(fit.place.rows(), columns.size() * rows.size());
    Eigen::Index count = 0;
    for (Eigen::Index j = 0; j < rows.size(); ++j)
        for (Eigen::Index i = 0; i < columns.size(); ++i) {
            result.col(count) = across.col(i).cwiseProduct(along.col(j));
            if (result.col(count).maxCoeff() < near) continue;
            result.col(count++).array() *= model.array();
        }
    result.conservativeResize(Eigen::NoChange, count);
    return result;
}

}  // namespace

BackgroundField::BackgroundField(const FittedPixels& fit, const Eigen::VectorXd& model,
                                 const Eigen::VectorXd& gradient, double spacing_px,
                                 double smooth_noise_power)
    : fit_(fit), gradient_(gradient), bumps_(bumps_of(fit, model, spacing_px)) {
    const Eigen::MatrixXd cross = fit.jacobian.transpose() * bumps_;
    projected_ = fit.inverse * cross;
    Eigen::MatrixXd seen = Eigen::MatrixXd::Zero(bumps_.cols(), bumps_.cols());
    seen.selfadjointView<Eigen::Lower>().rankUpdate(bumps_.transpose());
    seen -= cross.transpose() * projected_;
    seen_ = HeightEquations(seen,
                            bumps_.transpose() * fit.residuals - projected_.transpose() * gradient);
    left_over_ = fit.residuals.squaredNorm() - gradient.dot(fit.inverse * gradient);
    free_ = std::max<double>(
        1.0, static_cast<double>((model.array() != 0.0).count() - fit.jacobian.cols()));

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
    const Eigen::Matrix<double, 3, Eigen::Dynamic> rows = projected_.middleRows(first, 3);
    // What a unit of the heights does to the parameters, and one of their right side.
    const Eigen::Matrix<double, 3, Eigen::Dynamic> by_height = seen_.solve(ratio_, rows);
    const Eigen::Matrix<double, 3, Eigen::Dynamic> by_pull = ratio_ * by_height;
    const auto inverse = fit_.inverse.middleRows(first, 3);
    Effect effect;
    effect.step = inverse * gradient_ - by_pull * seen_.pull();
    effect.by_pixel = (inverse + by_pull * projected_.transpose()) * fit_.jacobian.transpose() -
                      by_pull * bumps_.transpose();
    effect.covariance = ratio_ * noise_variance_ * by_height * by_height.transpose();
    return effect;
}

}  // namespace stereo
