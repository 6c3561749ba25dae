#pragma once

#include <Eigen/Core>

namespace stereo {

/// A sum of squares that would be chi-squared were there nothing but noise.
struct Significance {
    double chi_square = 0.0;
    int degrees_of_freedom = 0;
    double p_value = 1.0;  ///< chance of as much or more by noise alone

    /// The same chance as standard deviations of one Gaussian number, on both sides: 1.96 for 5 %.
    [[nodiscard]] double sigmas() const;
};

/// The chance of that sum of squares.
[[nodiscard]] Significance significance_of(double chi_square, int degrees_of_freedom);

/// d^T C^-1 d of a difference whose covariance is C, positive definite. Throws drr::Error(usage)
/// where it is not.
[[nodiscard]] Significance significance_of(const Eigen::VectorXd& difference,
                                           const Eigen::MatrixXd& covariance);

}  // namespace stereo
