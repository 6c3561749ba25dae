#pragma once

#include <drr/core/image.hpp>

#include <Eigen/Core>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace stereo {

/// Why a detection deserves less trust; combined by |.
enum BeadFlags : std::uint32_t {
    bead_ok = 0,
    bead_overlapped = 1,    ///< another bead's shadow touches this one's (they are fitted jointly)
    bead_clipped = 2,       ///< cut by the image border
    bead_low_contrast = 4,  ///< contrast below 3 times the noise of a pixel
    bead_irregular = 8,  ///< out of round, or residuals well above the noise: the centre may be off
    bead_saturated = 16,  ///< part of its surroundings is saturated, so its size is uncertain
};

/// The names of the flags that are set, joined by '+'; "ok" for none.
[[nodiscard]] std::string bead_flags_text(std::uint32_t flags);

/// One round marker found in an image.
struct BeadDetection {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();  ///< (column, row)
    double radius_px = 0.0;                               ///< of the unblurred shadow
    double contrast = 0.0;  ///< depth of the shadow over the local background, 0 to 1
    Eigen::Matrix2d covariance_px2 = Eigen::Matrix2d::Zero();  ///< of center_px, from the fit
    std::uint32_t flags = bead_ok;
    double ellipticity = 0.0;        ///< (a - b) / (a + b) of the shadow's semi-axes
    double relative_residual = 0.0;  ///< RMS residual beyond the noise, over contrast x background
};

struct BeadDetectorOptions {
    double diameter_px = 0.0;  ///< expected diameter of a shadow; required
    /// Diameters outside [1/f, f] times the expected one are refused.
    double diameter_factor = 1.6;
    bool dark = true;            ///< beads darker than their background (false: brighter)
    double min_contrast = 0.08;  ///< a stud or a vessel is fainter, a metal bead hardly ever
    /// Grey of a pixel that no X-ray reaches. NaN: 0 for dark beads, the image's largest value for
    /// bright ones (an inverted radiograph).
    double black_grey = std::numeric_limits<double>::quiet_NaN();
    /// Standard deviation of the blur; 0 estimates one for the image, as the median over beads.
    double blur_px = 0.0;
    /// Refused above: residuals beyond the noise (RMS over the fit's pixels) relative to the
    /// shadow's depth. A bone edge under a bead of 30 % contrast leaves up to 0.1; what is no ball
    /// leaves more.
    double max_relative_residual = 0.16;
    /// Refused above: (a - b) / (a + b). A ball's shadow is an ellipse of less than 0.01 anywhere
    /// on a common detector; bone edges under a faint bead leave up to 0.1.
    double max_ellipticity = 0.15;
    /// Refused above: standard deviation of the centre, in radii. Texture that happens to look like
    /// a faint ball is found by its uncertain place.
    double max_center_sd_radii = 0.03;
    /// Candidates must stand out of their surroundings by this many robust standard deviations.
    double min_significance = 5.0;

    /// Throws drr::Error(usage).
    void validate() const;
};

/// Candidates that were refused, by reason.
struct BeadRefusals {
    int one_sided = 0;     ///< not darker than its surroundings in most directions: an edge
    int no_fit = 0;        ///< the fit did not converge or ran away
    int faint = 0;         ///< contrast below min_contrast, or its place uncertain
    int wrong_size = 0;    ///< diameter outside the range
    int out_of_round = 0;  ///< ellipticity above max_ellipticity
    int poor_fit = 0;      ///< residuals above max_relative_residual
    int repeated = 0;      ///< the same bead as another candidate's

    [[nodiscard]] int total() const {
        return one_sided + no_fit + faint + wrong_size + out_of_round + poor_fit + repeated;
    }
};

struct BeadDetectorResult {
    std::vector<BeadDetection> beads;  ///< by row, then column
    int candidates = 0;                ///< local extrema looked at
    int refused = 0;                   ///< candidates that were no beads
    BeadRefusals refusals;             ///< the same by reason
    double blur_px = 0.0;              ///< standard deviation of the blur that the fits used
    std::string summary;               ///< one line
};

/// Finds round shadows and fits their centres to sub-pixel. `image` holds grey values (any scale
/// that is linear in detected intensity; 8-bit windowed images work, at some cost in accuracy).
///
/// Candidates are local maxima of the contrast between two Gaussian scales; those that stand out in
/// most directions are fitted with the shadow of a ball (fit_beads), those that touch jointly, and
/// what is no ball by its size, roundness or residuals is refused. The result does not depend on
/// the number of threads. Throws drr::Error(usage) for bad options or values that are not finite.
[[nodiscard]] BeadDetectorResult detect_beads(const drr::Image<float>& image,
                                              const BeadDetectorOptions& options);

}  // namespace stereo
