#pragma once

#include "bump_grid.hpp"
#include "fit_covariance.hpp"
#include "height_equations.hpp"
#include "shadow_model.hpp"

#include <Eigen/Core>

namespace stereo {

/// What the background's polynomial does not follow, as a random field over a fit's pixels: bumps
/// on a square grid whose heights, relative to the background, are independent and normal with a
/// standard deviation common to all. It is estimated together with the noise's by the maximum of
/// the restricted likelihood (Patterson & Thompson 1971; on fits of images: kriging). The field
/// takes from the pixels the say that they have no right to, and what it leaves unknown is part of
/// the covariance.
class BackgroundField {
  public:
    /// `model` is each pixel's fitted grey over its noise, 0 for pixels without a say; `minimized`
    /// is all that the fit minimizes, priors included, at its solution; the grid has `spacing_px`,
    /// without end for no field, and the noise is `smooth_noise_power` times as strong for what is
    /// smooth as for single pixels. There is no field where the likelihood does not demand one
    /// (Schwarz's criterion). `fit` has to outlive the field.
    BackgroundField(const FittedPixels& fit, const Eigen::VectorXd& model,
                    const NormalEquations& minimized, double spacing_px, double smooth_noise_power);

    /// What the field does to parameters `first`, `first + 1` and `first + 2` of the fit.
    struct Effect {
        int first = 0;
        Eigen::Vector3d step = Eigen::Vector3d::Zero();  ///< from the fit's solution
        /// What a unit of the bumps' pull does, a row a bump; empty where there is no field.
        Eigen::Matrix<double, Eigen::Dynamic, 3> by_height;
    };
    [[nodiscard]] Effect on(int first) const;
    /// Covariance of the three under noise with that correlation between pixels, and from what the
    /// field leaves unknown.
    [[nodiscard]] Eigen::Matrix3d covariance(const Effect& effect,
                                             const NoiseCorrelation& correlation) const;

    /// Whether the likelihood demands one.
    [[nodiscard]] bool exists() const { return ratio_ > 0.0; }

  private:
    /// Twice the restricted log likelihood but for a constant, with an inverse gamma prior of the
    /// noise about what the weights took it for, the noise at its best.
    [[nodiscard]] double likelihood(double ratio) const;
    /// That noise, a variance.
    [[nodiscard]] double noise_at(const HeightEquations::Solution& at) const;

    const FittedPixels& fit_;
    Eigen::VectorXd gradient_;
    BumpGrid bumps_;             // over the noise
    Eigen::MatrixXd projected_;  // H^-1 J^T bumps
    HeightEquations seen_;       // of the heights, the parameters eliminated
    double left_over_ = 0.0;     // sum of squares of the fit
    double free_ = 1.0;          // pixels minus parameters
    double ratio_ = 0.0;         // variance of the heights over that of the noise
    double noise_variance_ = 1.0;
};

}  // namespace stereo
