#pragma once

#include <drr/core/image.hpp>

#include <Eigen/Core>

#include <cstdint>
#include <string>
#include <vector>

namespace stereo {

/// Why a detection deserves less trust; combined by |.
enum BeadFlags : std::uint32_t {
    bead_ok = 0,
    bead_overlapped = 1,  ///< another bead's shadow touches this one's
    bead_clipped = 2,     ///< cut by the image border
    bead_low_contrast = 4,
};

/// One round marker found in an image.
struct BeadDetection {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();  ///< (column, row)
    double radius_px = 0.0;                               ///< of the unblurred shadow
    double contrast = 0.0;  ///< depth of the shadow over the local background, 0 to 1
    Eigen::Matrix2d covariance_px2 = Eigen::Matrix2d::Zero();  ///< of center_px, from the fit
    std::uint32_t flags = bead_ok;
};

struct BeadDetectorOptions {
    double diameter_px = 0.0;  ///< expected diameter of a shadow; required
    /// Diameters outside [1/f, f] times the expected one are refused.
    double diameter_factor = 1.6;
    bool dark = true;  ///< beads darker than their background (false: brighter)
    double min_contrast = 0.05;

    /// Throws drr::Error(usage).
    void validate() const;
};

struct BeadDetectorResult {
    std::vector<BeadDetection> beads;  ///< by row, then column
    int candidates = 0;                ///< local extrema looked at
    int refused = 0;                   ///< candidates that were no beads
    std::string summary;               ///< one line
};

/// Finds round shadows and fits their centres to sub-pixel. `image` holds grey values (any scale
/// that is linear in detected intensity).
[[nodiscard]] BeadDetectorResult detect_beads(const drr::Image<float>& image,
                                              const BeadDetectorOptions& options);

}  // namespace stereo
