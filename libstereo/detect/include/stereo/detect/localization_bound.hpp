#pragma once

#include <stereo/detect/subpixel.hpp>

#include <vector>

namespace stereo {

/// What is unknown beside the centres. By symmetry radius, attenuation, level and blur cost the
/// centre of a single bead nothing; the background's slopes do, and all matter to beads that
/// overlap.
struct BoundNuisance {
    bool radius = true;
    bool attenuation = true;
    bool level = true;    ///< of the background
    bool slopes = false;  ///< of the background
    bool blur = false;    ///< common to all beads
};

/// The Cramer-Rao bound: no unbiased estimator has a covariance below the inverse of the Fisher
/// information. One covariance of (x, y) a bead, px^2.
struct LocalizationBound {
    std::vector<Eigen::Matrix2d> covariance_px2;

    /// RMS over the two axes, px.
    [[nodiscard]] double sd_px(std::size_t bead = 0) const;
};

/// The bound for beads in the model of fit_beads() over a background of grey `background`, with
/// white noise of the given variance (its correlation is not used; Poisson noise of photons is
/// {0, 1}), from all pixels within `window_radii` of a bead's centre and five blurs more. `blur_px`
/// includes the pixel's aperture. Throws Error(usage) as fit_beads(), and where the parameters
/// cannot be told apart.
[[nodiscard]] LocalizationBound localization_bound(const std::vector<BeadShadow>& beads,
                                                   double blur_px, double background,
                                                   const GreyNoise& noise,
                                                   const BoundNuisance& nuisance = {},
                                                   double window_radii = 3.0);

}  // namespace stereo
