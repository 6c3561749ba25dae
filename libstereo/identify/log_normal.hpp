#pragma once

#include <Eigen/Cholesky>

#include <cmath>
#include <numbers>

namespace stereo {

/// log of a normal density with mean 0.
[[nodiscard]] inline double log_normal(const Eigen::VectorXd& residual,
                                       const Eigen::MatrixXd& covariance) {
    const Eigen::LLT<Eigen::MatrixXd> root(covariance);
    return -0.5 * root.matrixL().solve(residual).squaredNorm() -
           root.matrixLLT().diagonal().array().log().sum() -
           0.5 * static_cast<double>(residual.size()) * std::log(2.0 * std::numbers::pi);
}

}  // namespace stereo
