#pragma once

#include <stereo/recon/fundamental.hpp>

namespace stereo {

/// The fundamental matrix of maximum likelihood where the distances of matches follow Student's t,
/// whose scale and degrees of freedom the matches tell as well: least squares weighed in turn with
/// the weights (nu + 1) / (nu + (r / s)^2) (Lange, Little & Taylor, "Robust statistical modeling
/// using the t distribution", JASA 84 (1989) 881). Matches beyond `gate_px` take no part. The
/// covariance is the inverse of the Fisher information (nu + 1) / (nu + 3) / s^2 J^T J times
/// Huber's correction for so few matches (3 % of a standard deviation for 150 of three degrees of
/// freedom); sigma0 is s. Not ok as fit_fundamental().
[[nodiscard]] FundamentalFit fit_student(const Eigen::Matrix3d& start,
                                         std::span<const MeasuredPixel> a,
                                         std::span<const MeasuredPixel> b, double gate_px,
                                         const FundamentalFitOptions& options);

}  // namespace stereo
