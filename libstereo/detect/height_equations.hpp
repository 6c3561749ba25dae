#pragma once

#include "tridiagonal.hpp"

#include <Eigen/Core>

namespace stereo {

/// Systems (1 + r S) x = b for one symmetric S and many ratios r: in the basis in which S is
/// tridiagonal each costs as little as it has unknowns.
class HeightEquations {
  public:
    HeightEquations() = default;
    /// `seen` is S, its columns filled up with zeros as tridiagonalize() wants them, and `pull` a
    /// right side, filled up as well.
    HeightEquations(Eigen::MatrixXd seen, Eigen::VectorXd pull);

    /// At one ratio.
    struct Solution {
        double gain = 0.0;             ///< r pull^T (1 + r S)^-1 pull
        double log_determinant = 0.0;  ///< of 1 + r S
    };
    [[nodiscard]] Solution at(double ratio) const;

    /// (1 + r S)^-1 b of three right sides.
    [[nodiscard]] Eigen::Matrix<double, Eigen::Dynamic, 3> solve(
        double ratio, Eigen::Matrix<double, Eigen::Dynamic, 3> b) const;
    [[nodiscard]] const Eigen::VectorXd& pull() const { return pull_; }

  private:
    [[nodiscard]] Reflections reflections() const;

    Eigen::VectorXd pull_;
    Eigen::MatrixXd reflections_;  // of the change of basis
    Eigen::ArrayXd diagonal_;
    Eigen::ArrayXd beside_;        // the diagonal
    Eigen::VectorXd turned_pull_;  // in that basis
};

}  // namespace stereo
