#pragma once

#include <drr/core/image.hpp>
#include <stereo/detect/bead_options.hpp>

#include <Eigen/Core>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace stereo {

/// Why a detection deserves less trust; combined by |.
enum BeadFlags : std::uint32_t {
    bead_ok = 0,
    bead_overlapped = 1,    ///< another bead's shadow touches this one's (they are fitted jointly)
    bead_clipped = 2,       ///< cut by the border of the image or of the irradiated field
    bead_low_contrast = 4,  ///< contrast below 3 times the noise of a pixel
    bead_irregular = 8,  ///< out of round, or residuals well above the noise: the centre may be off
    bead_saturated = 16,  ///< part of its surroundings is saturated, so its size is uncertain
};

/// The names of the flags that are set, joined by '+'; "ok" for none.
[[nodiscard]] std::string bead_flags_text(std::uint32_t flags);

/// One round marker found in an image.
struct BeadDetection {
    /// (column, row): of the shadow, or of the ball where BeadDetectorOptions::pinhole is given.
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
    double radius_px = 0.0;  ///< of the unblurred shadow
    double contrast = 0.0;   ///< depth of the shadow over the local background, 0 to 1
    Eigen::Matrix2d covariance_px2 = Eigen::Matrix2d::Zero();  ///< of center_px, from the fit
    std::uint32_t flags = bead_ok;
    double ellipticity = 0.0;        ///< (a - b) / (a + b) of the shadow's semi-axes
    double relative_residual = 0.0;  ///< RMS residual beyond the noise, over contrast x background
};

/// Why a candidate is no bead, in the order in which the reasons are looked for.
enum class BeadRefusal : std::uint8_t {
    one_sided,     ///< not darker than its surroundings in most directions: an edge
    repeated,      ///< the same bead as another candidate's
    outside,       ///< outside the irradiated field
    unlike,        ///< at a first look unlike a ball's shadow: texture
    no_fit,        ///< the fit did not converge or ran away
    faint,         ///< contrast below min_contrast
    uncertain,     ///< place known too badly for its size
    wrong_size,    ///< diameter outside the range
    out_of_round,  ///< ellipticity above max_ellipticity
    poor_fit,      ///< residuals above max_relative_residual
};
inline constexpr std::size_t bead_refusals = 10;

/// "one_sided", "wrong_size", ...
[[nodiscard]] const char* name_of(BeadRefusal reason) noexcept;

struct RefusedCandidate {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
    BeadRefusal reason = BeadRefusal::one_sided;
};

struct BeadDetectorResult {
    std::vector<BeadDetection> beads;       ///< by row, then column
    std::vector<RefusedCandidate> refused;  ///< candidates that were no beads
    /// Local extrema looked at; one that is two beads counts twice.
    int candidates = 0;
    double diameter_px = 0.0;  ///< expected, or estimated; 0 where no estimate was possible
    double blur_px = 0.0;      ///< standard deviation of the blur that the fits used
    /// Part of the grey that no bead shades, scatter and glare: the median over beads.
    double veil_share = 0.0;
    double irradiated_share = 1.0;  ///< part of the image that X-rays reach
    std::string summary;            ///< one line

    /// Candidates refused for each reason, in the order of BeadRefusal.
    [[nodiscard]] std::array<int, bead_refusals> refusals() const;
};

/// Finds round shadows and fits their centres to sub-pixel. `image` holds grey values (any scale
/// that is linear in detected intensity; 8-bit windowed images work, at some cost in accuracy).
///
/// Candidates are local maxima of the contrast between two Gaussian scales; those that stand out in
/// most directions and at a first look resemble the shadow of a ball are fitted with one
/// (fit_beads), those that touch jointly, and what is no ball by its size, roundness or residuals
/// is refused. What no X-ray reaches (collimator, border of an intensifier) is left out. The result
/// does not depend on the number of threads. Throws drr::Error(usage) for bad options or values
/// that are not finite.
[[nodiscard]] BeadDetectorResult detect_beads(const drr::Image<float>& image,
                                              const BeadDetectorOptions& options = {});

}  // namespace stereo
