#pragma once

#include <Eigen/Core>

// Cholesky's decompositions of small matrices behind functions: as templates they cost seconds of
// every file that uses them.

namespace stereo {

/// Turns what is scattered with a covariance into what is scattered with the identity.
class Whitening {
  public:
    /// `covariance`: symmetric, positive definite.
    explicit Whitening(const Eigen::MatrixXd& covariance);

    /// Column by column.
    [[nodiscard]] Eigen::MatrixXd operator()(const Eigen::MatrixXd& values) const;
    /// Squared length of a whitened residual.
    [[nodiscard]] double square(const Eigen::VectorXd& residual) const;
    /// log of the normal density with mean 0.
    [[nodiscard]] double log_normal(const Eigen::VectorXd& residual) const;

  private:
    Eigen::MatrixXd root_;  // lower triangle
};

/// log of a normal density with mean 0.
[[nodiscard]] double log_normal(const Eigen::VectorXd& residual, const Eigen::MatrixXd& covariance);

/// Of a symmetric, positive semidefinite matrix; where it is singular, the inverse is not finite or
/// huge in the directions concerned.
struct SymmetricInverse {
    Eigen::MatrixXd inverse;
    double log_determinant = 0.0;
};
[[nodiscard]] SymmetricInverse invert_symmetric(const Eigen::MatrixXd& matrix);

}  // namespace stereo
