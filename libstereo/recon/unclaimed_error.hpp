#pragma once

#include <stereo/recon/calibration_error.hpp>

#include <Eigen/Core>

namespace stereo {

/// Epipolar (Sampson) distances of matches and what is known of them.
struct EpipolarDistances {
    Eigen::VectorXd px;
    /// By the claim of the calibration.
    Eigen::MatrixXd claimed_px2;
    /// By the detections' covariances.
    Eigen::VectorXd detected_px2;
    /// For each view the squared distances between the matches' pixels, and how much of a field's
    /// error two distances share where it is the same: products of the unit vectors across.
    std::array<Eigen::MatrixXd, 2> apart_px2;
    std::array<Eigen::MatrixXd, 2> shared;
};

/// The sizes that make the distances most likely, with the prior of the field's length: about
/// `length_px`, within a factor of three.
[[nodiscard]] UnclaimedError most_likely_unclaimed_error(const EpipolarDistances& distances,
                                                         double length_px);

/// Correlation of a field of errors at two places.
[[nodiscard]] double field_correlation(double apart_px2, double length_px);

}  // namespace stereo
