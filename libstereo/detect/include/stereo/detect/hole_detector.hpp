#pragma once

#include <drr/core/image.hpp>
#include <stereo/detect/bead_detector.hpp>

#include <string>
#include <vector>

namespace stereo {

struct HoleDetectorOptions {
    double diameter_px = 0.0;  ///< expected; required
    /// Diameters outside [1/f, f] times the expected one are refused.
    double diameter_factor = 1.6;
    double min_contrast = 0.1;  ///< of the sheet below the hole, relative to the hole
    /// Refused above: (a - b) / (a + b) of the semi-axes. An intensifier's distortion makes 0.1; of
    /// a hole cut in half by the border more is left over.
    double max_ellipticity = 0.2;
    /// Refused above: residuals beyond the noise (RMS) over the height of the hole.
    double max_relative_residual = 0.1;

    /// Throws drr::Error(usage).
    void validate() const;
};

struct HoleDetectorResult {
    std::vector<BeadDetection> holes;  ///< by row, then column; contrast as in the options
    int candidates = 0;
    int no_fit = 0;        ///< refused: the fit did not converge or ran away
    int wrong_size = 0;    ///< refused
    int out_of_round = 0;  ///< refused
    int poor_fit = 0;      ///< refused: residuals, or a faint one
    std::string summary;   ///< one line
};

/// Finds the bright holes of a perforated sheet and fits their centres to sub-pixel. `image` holds
/// grey values that are linear in detected intensity.
///
/// A hole is a flat disc seen through a Gaussian blur. With the beam L(x, y) linear across it, and
/// T what the sheet lets pass,
///     grey = L (T + (1 - T) Phi((r - q) / b)),   q^2 = (1 + e1) x^2 + (1 - e1) y^2 + 2 e2 x y
/// about the centre; Phi is the normal distribution function: the blur of a straight edge, which
/// that of a rim is where r is well above b. Distortion makes the disc an ellipse (e1, e2). All but
/// the centre is even about the centre, or as L's slope not correlated with it beyond the noise.
/// Weighted least squares (Levenberg-Marquardt) with the noise estimated from the image; the
/// covariance as fit_beads() has it. The result does not depend on the number of threads. Throws
/// drr::Error(usage) for bad options or values that are not finite.
[[nodiscard]] HoleDetectorResult detect_holes(const drr::Image<float>& image,
                                              const HoleDetectorOptions& options);

}  // namespace stereo
