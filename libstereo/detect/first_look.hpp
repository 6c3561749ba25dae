#pragma once

#include "candidates.hpp"

#include <stereo/detect/grey_noise.hpp>

#include <span>
#include <vector>

namespace stereo {

/// What a first look makes of a candidate, in full pixels.
struct FirstLook {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
    double radius_px = 0.0;
    double contrast = 0.0;           ///< depth of the unblurred shadow over its background
    double center_sd_px = 0.0;       ///< along one axis, were the residuals white noise
    double relative_residual = 1.0;  ///< beyond the noise, over the depth
};

/// Compares the surroundings of each candidate with the shadow of a ball over a plane,
///     grey = b0 + bx x + by y - c P(rho) + (cx dP/dx + cy dP/dy),
/// by linear least squares on the reduced image, for a few radii about that of its scale; the one
/// of least residuals counts. Pixels that are much darker than the plane outside the shadow are a
/// neighbour's and left out in a second round. A hundredth of a fit's cost.
[[nodiscard]] std::vector<FirstLook> look_at(const ScaleSpace& space,
                                             std::span<const BeadCandidate> candidates,
                                             const GreyNoise& noise,
                                             const FirstLookOptions& options);

}  // namespace stereo
