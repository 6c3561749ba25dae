#include "cholesky.hpp"

#include <Eigen/Cholesky>

#include <cmath>
#include <numbers>

namespace stereo {

Whitening::Whitening(const Eigen::MatrixXd& covariance) : root_(covariance.llt().matrixL()) {}

Eigen::MatrixXd Whitening::operator()(const Eigen::MatrixXd& values) const {
    return root_.triangularView<Eigen::Lower>().solve(values);
}

double Whitening::square(const Eigen::VectorXd& residual) const {
    return root_.triangularView<Eigen::Lower>().solve(residual).squaredNorm();
}

double Whitening::log_normal(const Eigen::VectorXd& residual) const {
    return -0.5 * square(residual) - root_.diagonal().array().log().sum() -
           0.5 * static_cast<double>(residual.size()) * std::log(2.0 * std::numbers::pi);
}

double log_normal(const Eigen::VectorXd& residual, const Eigen::MatrixXd& covariance) {
    return Whitening(covariance).log_normal(residual);
}

SymmetricInverse invert_symmetric(const Eigen::MatrixXd& matrix) {
    const Eigen::LDLT<Eigen::MatrixXd> root(matrix);
    return {root.solve(Eigen::MatrixXd::Identity(matrix.rows(), matrix.cols())),
            root.vectorD().array().abs().log().sum()};
}

}  // namespace stereo
