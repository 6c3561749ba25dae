#pragma once

#include <stereo/recon/fundamental.hpp>

#include <cmath>

namespace stereo {

/// How well one model explains the matches. Lower criteria are better; they hold the constant that
/// both models share (each match's point in space) left out.
struct ModelScore {
    int parameters = 0;
    double cost = 0.0;  ///< gold-standard, in the common variance of the noise
    double aic = 0.0;   ///< cost + 2 k (Akaike 1974)
    double bic = 0.0;   ///< cost + k ln n (Schwarz 1978)
    double gric = 0.0;  ///< robust cost + k ln(4 n) (Torr, "Geometric motion segmentation", 1998)
};

/// Whether matches ask for a full fundamental matrix, or an affine one will do.
struct FundamentalModelChoice {
    FundamentalFit full;
    FundamentalFit affine;
    ModelScore of_full;
    ModelScore of_affine;
    /// Fall of the cost from affine to full; chi-squared with 3 degrees of freedom if affine is
    /// true.
    double likelihood_ratio = 0.0;
    double p_value = 1.0;  ///< that chance alone makes it as large
    /// The affine matrix has the lower BIC: parallel rays explain the matches as well as a cone,
    /// and what tells them apart (where the epipoles are, how lines converge) is not determined.
    bool affine_is_enough = false;
    bool ok = false;  ///< both models could be fitted
};

/// Fits both models to matches without outliers, from `start`. The variance of the noise is that of
/// the full model's residuals, unless the covariances are known. Throws drr::Error(usage) when the
/// counts differ.
[[nodiscard]] FundamentalModelChoice choose_fundamental_model(
    const Eigen::Matrix3d& start, std::span<const MeasuredPixel> a,
    std::span<const MeasuredPixel> b, const FundamentalFitOptions& options = {});

/// Where all epipolar lines of one view meet, seen from a pixel in the middle of the matches.
struct Epipole {
    double direction_rad = 0.0;     ///< from columns towards rows, in (-pi/2, pi/2]
    double direction_sd_rad = 0.0;  ///< 0 without a covariance, as the next one
    /// One over the signed distance along that direction; 0 for an epipole at infinity.
    double inverse_distance_per_px = 0.0;
    double inverse_distance_sd_per_px = 0.0;

    /// Whether the distance is told from infinity, at two standard deviations.
    [[nodiscard]] bool is_finite() const {
        return std::abs(inverse_distance_per_px) > 2.0 * inverse_distance_sd_per_px;
    }
};

/// The epipoles in the first and the second view, seen from the pixels given, with standard
/// deviations from the covariance of the fit.
[[nodiscard]] Epipole epipole_in_a(const FundamentalFit& fit, const Eigen::Vector2d& from_px);
[[nodiscard]] Epipole epipole_in_b(const FundamentalFit& fit, const Eigen::Vector2d& from_px);

/// Standard deviation of the epipolar line of pixel a where it passes pixel b, at right angles to
/// it, px.
[[nodiscard]] double epipolar_line_sd_px(const FundamentalFit& fit, const Eigen::Vector2d& a,
                                         const Eigen::Vector2d& b);

}  // namespace stereo
