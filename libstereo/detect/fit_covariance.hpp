#pragma once

#include <stereo/detect/grey_noise.hpp>

#include <Eigen/Core>

namespace stereo {

/// A weighted least-squares fit to pixels at its solution. Rows are pixels, divided by the standard
/// deviation of their noise; rows of zeros are pixels without a say.
struct FittedPixels {
    using Jacobian = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    Eigen::Ref<const Jacobian, 0, Eigen::OuterStride<>> jacobian;
    const Eigen::VectorXd& residuals;
    Eigen::Matrix<int, Eigen::Dynamic, 2, Eigen::RowMajor> place;  // column, row
    Eigen::MatrixXd normal;                                        // J^T J and the priors'
    Eigen::MatrixXd inverse;                                       // of that
};

/// Covariance of parameters `first`, `first + 1` and `first + 2` under noise with the given
/// correlation between pixels: the sandwich A C A^T, A = (J^T J)^-1 J^T, C the correlation matrix.
[[nodiscard]] Eigen::Matrix3d covariance_under_noise(const FittedPixels& fit, int first,
                                                     const NoiseCorrelation& correlation);

/// Covariance of parameters `first` and `first + 1` by the jackknife over sectors around
/// `center_px`: how the result changes when a sector is left out (one Gauss-Newton step each). It
/// sees what the noise model does not know, such as a background that the model does not follow.
/// It is itself uncertain by about a third.
[[nodiscard]] Eigen::Matrix2d covariance_by_jackknife(const FittedPixels& fit, int first,
                                                      const Eigen::Vector2d& center_px);

}  // namespace stereo
