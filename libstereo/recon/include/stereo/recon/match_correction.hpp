#pragma once

#include <stereo/recon/measured_pixel.hpp>

#include <Eigen/Core>

namespace stereo {

/// The exact match that is nearest to a measured one.
struct CorrectedMatch {
    Eigen::Vector2d a = Eigen::Vector2d::Zero();
    Eigen::Vector2d b = Eigen::Vector2d::Zero();
    /// Distance from the measured match in the metric of its covariances, signed: in standard
    /// deviations, which are pixels for unit covariances. Its square is the gold-standard cost.
    double distance = 0.0;
    /// Derivative of `distance` by the entries of F.
    Eigen::Matrix3d by_fundamental = Eigen::Matrix3d::Zero();
    /// False next to an epipole, where every line is near.
    bool converged = false;
};

/// Moves the pixels of a match, as little as their covariances allow, onto b^T F a = 0, so that
/// their rays meet (Lindstrom, "Triangulation made easy", CVPR 2010, iterated until it stands
/// still; in coordinates that make the covariances unity). F may be of any scale.
[[nodiscard]] CorrectedMatch correct_match(const Eigen::Matrix3d& fundamental,
                                           const MeasuredPixel& a, const MeasuredPixel& b);

}  // namespace stereo
