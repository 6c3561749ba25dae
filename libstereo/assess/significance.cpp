#include <drr/core/error.hpp>
#include <stereo/assess/significance.hpp>
#include <stereo/calib/chi_square.hpp>

#include <Eigen/Cholesky>

#include <cmath>

namespace stereo {

double Significance::sigmas() const {
    // erfc(z / sqrt 2) falls with z; beyond 38 it is no double any more.
    double low = 0.0;
    double high = 38.0;
    for (int i = 0; i < 60; ++i) {
        const double middle = 0.5 * (low + high);
        (std::erfc(middle / std::sqrt(2.0)) > p_value ? low : high) = middle;
    }
    return low;
}

Significance significance_of(double chi_square, int degrees_of_freedom) {
    return {chi_square, degrees_of_freedom, chi_square_above(chi_square, degrees_of_freedom)};
}

Significance significance_of(const Eigen::VectorXd& difference, const Eigen::MatrixXd& covariance) {
    // Parameters differ by orders of magnitude: the matrix of correlations is what can be inverted.
    const Eigen::VectorXd inverse_sd = covariance.diagonal().cwiseSqrt().cwiseInverse();
    const Eigen::LLT<Eigen::MatrixXd> factor(inverse_sd.asDiagonal() * covariance *
                                             inverse_sd.asDiagonal());
    drr::require(inverse_sd.allFinite() && factor.info() == Eigen::Success,
                 "a test needs a covariance that is positive definite");
    return significance_of(
        factor.matrixL().solve(inverse_sd.cwiseProduct(difference)).squaredNorm(),
        static_cast<int>(difference.size()));
}

}  // namespace stereo
