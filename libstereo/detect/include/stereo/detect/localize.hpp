#pragma once

#include <stereo/detect/subpixel.hpp>

#include <string>

namespace stereo {

/// How a bead's centre is found. All but the first are there to compare with.
enum class LocalizationMethod {
    ball_fit,            ///< fit_beads()
    intensity_centroid,  ///< centroid of the darkening within the blurred shadow
    gaussian_peak,       ///< least squares of a round Gaussian and a level
    quartic_peak,        ///< extremum of a polynomial of fourth order in both axes
    contour              ///< circle through the points of half the depth
};

/// "ball_fit", "intensity_centroid", ...
[[nodiscard]] std::string localization_method_name(LocalizationMethod method);

struct LocalizedBead {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
    Eigen::Matrix2d covariance_px2 = Eigen::Matrix2d::Zero();  ///< of ball_fit only
    bool converged = false;
};

/// The centre of one dark bead near `start` by the named method. `image` holds grey values over
/// black. The background of the simpler methods is the median of a ring from the blurred shadow's
/// rim to 1.8 radii. The two peaks are fitted to the pixels about `start` and drawn towards it:
/// half a pixel of error in it leaves 0.06 (Gaussian) and 0.35 px (quartic) for a bead of radius 5.
/// Not converged where a method's pixels leave the image or its centre leaves the bead.
[[nodiscard]] LocalizedBead localize_bead(const drr::Image<float>& image, const BeadShadow& start,
                                          LocalizationMethod method,
                                          const BeadFitOptions& options = {});

/// The quartic follows the inner shadow, not its rim: its pixels lie within so many radii (and, for
/// the smallest beads, one blur more).
inline constexpr double quartic_peak_radii = 0.9;

/// Which part of the perspective bias of the outline's centre (drr::ball_center_px) the method's
/// result has: a shell of the ball through the chord's point rho has rho^2 / r^2 of it, and methods
/// differ in how they weigh shells.
[[nodiscard]] double perspective_share(const BeadShadow& bead, double blur_px,
                                       LocalizationMethod method);

/// One blob as two beads of about `radius_px` along `long_axis` (of the fit of one bead to it):
/// the best joint fit over starts at several distances; not converged where none is.
[[nodiscard]] BeadFit split_blob(const drr::Image<float>& image, const BeadShadow& blob,
                                 const Eigen::Vector2d& long_axis, double radius_px,
                                 const BeadFitOptions& options = {},
                                 const std::vector<Disc>& excluded = {});

}  // namespace stereo
