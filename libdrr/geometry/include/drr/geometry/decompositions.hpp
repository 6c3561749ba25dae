#pragma once

#include <Eigen/Core>

// Eigen's decompositions behind functions: as templates each costs seconds of every file that
// uses it.

namespace drr {

/// matrix = u diag(values) v^T, the values descending.
struct Svd3 {
    Eigen::Matrix3d u;
    Eigen::Vector3d values;
    Eigen::Matrix3d v;
};
[[nodiscard]] Svd3 svd_of(const Eigen::Matrix3d& matrix);

/// Singular values, descending, and all right singular vectors, as columns: the last ones span what
/// the matrix maps to nothing, or nearest to it. There are as many values as the smaller side has.
struct RightSingular {
    Eigen::VectorXd values;
    Eigen::MatrixXd vectors;
};
[[nodiscard]] RightSingular right_singular(const Eigen::MatrixXd& matrix);

/// Eigenvalues, ascending, and eigenvectors, as columns, of a symmetric matrix.
struct SymmetricEigen {
    Eigen::VectorXd values;
    Eigen::MatrixXd vectors;
};
[[nodiscard]] SymmetricEigen symmetric_eigen(const Eigen::MatrixXd& matrix);

/// x of matrix x = right for a symmetric matrix that is positive or negative semidefinite (LDL^T
/// with pivoting); where it is singular, one of the solutions.
[[nodiscard]] Eigen::MatrixXd solve_symmetric(const Eigen::MatrixXd& matrix,
                                              const Eigen::MatrixXd& right);

/// x of the least |matrix x - right|, column by column (QR with pivoting of the columns).
[[nodiscard]] Eigen::MatrixXd solve_least_squares(const Eigen::MatrixXd& matrix,
                                                  const Eigen::MatrixXd& right);

/// The inverse of a regular matrix (LU with pivoting); not finite for a singular one.
[[nodiscard]] Eigen::MatrixXd inverse_of(const Eigen::MatrixXd& matrix);

}  // namespace drr
