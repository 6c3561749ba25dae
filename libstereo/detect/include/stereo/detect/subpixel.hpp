#pragma once

#include <drr/core/image.hpp>
#include <stereo/detect/grey_noise.hpp>

#include <Eigen/Core>

#include <limits>
#include <vector>

namespace stereo {

/// A bead's shadow: the parameters that are fitted for each bead.
struct BeadShadow {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();  ///< (column, row)
    double radius_px = 0.0;                               ///< before blurring
    double attenuation = 1.0;  ///< line integral through the centre, over the background's
};

/// A round region.
struct Disc {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
    double radius_px = 0.0;
};

struct BeadFitOptions {
    /// Standard deviation of the total blur (focal spot, detector, pixel aperture; the aperture of
    /// a square pixel alone is 0.29 px). The starting value where it is fitted.
    double blur_px = 0.7;
    bool fit_blur = true;
    /// Part of the grey beside a bead that its shadow lets through whatever its attenuation:
    /// scatter and glare. The starting value where it is fitted.
    double veil_share = 0.0;
    bool fit_veil = false;
    /// Standard deviation of a Gaussian prior about it. A faint bead cannot tell a veil from less
    /// attenuation and needs it narrow; a large opaque one tells it to a thousandth all the same.
    double prior_veil_share = 0.03;
    /// Radius, blur and attenuation of a bead of a few pixels can hardly be told from one another,
    /// so each is held to its starting value by a weak Gaussian prior on its logarithm, of this
    /// standard deviation. Centres are not correlated with them, by symmetry.
    double prior_log_radius = 0.5;
    double prior_radius_px = 0.0;  ///< 0: the starting value
    double prior_log_blur = 0.7;
    double prior_log_attenuation = 1.5;
    /// The background's level, slopes and curvatures have one too, relative to its starting level:
    /// it matters only where most of the surroundings are saturated.
    double prior_background = 0.5;
    /// Uses a rim of background wide enough to know its slopes by, where that is plain (quadratic,
    /// no residuals beyond those by the bead, no random field): nearer to the bound on flat
    /// background. On the texture of bones a wide rim misleads more than it tells.
    bool wide_rim = true;
    /// The background is quadratic, and of a higher order up to this one where the residuals demand
    /// it; 2 to 5.
    int max_background_order = 5;
    /// What the polynomial does not follow is a random field. False where the background is known
    /// to be smooth, so that what is left over tells of the shadow's shape instead: it would cost
    /// the edges of shadows their say.
    bool background_field = true;
    /// A detector integrates over the area of its pixels, for which a Gaussian stands in the blur.
    /// Edges of less than 0.4 px of blur are seen by so many parts of a pixel along either side
    /// instead: centres of opaque balls are then good to 0.0008 px (0.0025 px with 3), and to
    /// 0.015 px with 1, which is the Gaussian; 10 at most.
    int sharp_parts = 6;
    GreyNoise noise{1.0, 0.0, {}};  ///< sets the weights; the covariance is scaled by the residuals
    /// Pixels at or above this grey say only that the true one is not lower.
    double saturation = std::numeric_limits<double>::infinity();
    int max_iterations = 30;
    double tolerance_px = 1e-4;  ///< converged when a step moves no centre by more
    /// ... and the step before lowered chi-square by no more than this part of it: radius, blur and
    /// attenuation may still creep along a valley of equal cost, which does not matter.
    double least_gain = 1e-3;
    /// Converged as well when a step promises to move nothing, neither a parameter nor any
    /// combination of them, by more than this part of its standard deviation.
    double tolerance_sd = 0.05;
    /// False leaves covariances out, where only what is there matters.
    bool claims = true;
    bool thin = false;  ///< large beads on half of their pixels: faster, for a first look
    /// A first bead that gets fainter than this, or larger or smaller than its start by this
    /// factor, is given up (not converged).
    double least_attenuation = 1e-4;
    double most_growth = 8.0;
    /// A fit is given up as well when not even a whole step, were the model linear, would bring
    /// chi-square over the number of pixels down to this.
    double most_promised_chi2_per_dof = std::numeric_limits<double>::infinity();
    /// Weights follow from the model and the model from the weights: two rounds settle both.
    int rounds = 2;
};

struct FittedBead {
    BeadShadow shadow;
    /// Of the centre: from noise, correlated as GreyNoise says and as strong as the residuals show,
    /// and from what the background's polynomial does not follow.
    Eigen::Matrix2d covariance_px2 = Eigen::Matrix2d::Zero();
    /// Of the centre along one axis, were the residuals white noise: how sharply the image places
    /// the bead, whatever its texture.
    double sd_if_white_px = 0.0;
    double radius_sd_px = 0.0;
    double contrast = 0.0;  ///< depth of the blurred shadow at its centre as seen, 0 to 1
    /// Second harmonic of the residuals: (a - b) / (a + b) of an ellipse with semi-axes a and b.
    double ellipticity = 0.0;
    double ellipticity_sd = 0.0;
    Eigen::Vector2d long_axis = Eigen::Vector2d::UnitX();
};

/// One fit: one or more beads over one polynomial background.
struct BeadFit {
    std::vector<FittedBead> beads;  ///< in the order of the starting values
    double blur_px = 0.0;
    double veil_share = 0.0;      ///< part of the background's grey that the beads do not shade
    double background = 0.0;      ///< grey at the first bead's centre without the beads
    double residual_rms = 0.0;    ///< of the unsaturated pixels, grey
    double expected_noise = 0.0;  ///< what the noise model says residual_rms should be
    double chi2_per_dof = 0.0;
    int background_order = 2;
    bool plain_background = false;  ///< a quadratic explains it, and there is no random field
    int pixels = 0;                 ///< that are not saturated
    int saturated_pixels = 0;       ///< in the reach of the fit
    bool converged = false;
};

/// Fits the shadows of one bead, or of up to max_joint_beads that touch, by weighted least squares
/// (Levenberg-Marquardt) with the model
///     grey(x, y) = v + (b0 + bx x + by y + bxx x^2 + ...) prod_j (1 - P_j(|(x, y) -
///     c_j|)),
/// P the blurred shadow of a ball (ShadowProfile) and v a veil of scatter and glare. The curvature
/// of the background costs the centre nothing, being even where the centre's derivatives are odd,
/// and keeps bone edges out of it. What the polynomial does not follow is a random field of the
/// strength that the residuals show: centres are the best linear predictions under it, and
/// covariances include it (kriging). `image` holds grey values over black, so that it is
/// proportional to detected intensity; `start` the starting values. Pixels within a margin of the
/// beads are used, but for those in `excluded` (shadows of other beads) and those that are NaN (no
/// measurement: outside the irradiated field). Not converged where there are too few pixels or the
/// fit runs away from its start. Throws Error(usage) for no bead or more than max_joint_beads.
[[nodiscard]] BeadFit fit_beads(const drr::Image<float>& image,
                                const std::vector<BeadShadow>& start,
                                const BeadFitOptions& options = {},
                                const std::vector<Disc>& excluded = {});

inline constexpr std::size_t max_joint_beads = 4;

/// Radius of the pixels around a bead that its fit uses: the blurred shadow and a rim of
/// background.
[[nodiscard]] double fit_radius_px(double radius_px, double blur_px);

}  // namespace stereo
