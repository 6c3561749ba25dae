#pragma once

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

namespace stereo {

/// Systems (1 + r S) x = b for one symmetric S and many ratios r: in the basis in which S is
/// tridiagonal each costs as little as it has unknowns.
class HeightEquations {
  public:
    HeightEquations() = default;
    /// `seen` is S, its lower half; `pull` is a right side.
    HeightEquations(const Eigen::MatrixXd& seen, const Eigen::VectorXd& pull);

    /// At one ratio.
    struct Solution {
        double gain = 0.0;             ///< r pull^T (1 + r S)^-1 pull
        double log_determinant = 0.0;  ///< of 1 + r S
    };
    [[nodiscard]] Solution at(double ratio) const;

    /// rows (1 + r S)^-1
    [[nodiscard]] Eigen::Matrix<double, 3, Eigen::Dynamic> solve(
        double ratio, const Eigen::Matrix<double, 3, Eigen::Dynamic>& rows) const;
    [[nodiscard]] const Eigen::VectorXd& pull() const { return pull_; }

  private:
    /// The factors of 1 + r S = L D L^T in that basis: D, and L below its diagonal.
    struct Factors {
        Eigen::ArrayXd diagonal;
        Eigen::ArrayXd below;
    };
    [[nodiscard]] Factors factors(double ratio) const;

    Eigen::VectorXd pull_;
    Eigen::Tridiagonalization<Eigen::MatrixXd> form_;
    Eigen::ArrayXd diagonal_;
    Eigen::ArrayXd beside_;  // the diagonal
    Eigen::VectorXd turned_pull_;
};

}  // namespace stereo
