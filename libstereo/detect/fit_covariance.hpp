#pragma once

#include <stereo/detect/grey_noise.hpp>

#include <Eigen/Core>

namespace stereo {

/// Column and row of each pixel.
using PixelPlaces = Eigen::Matrix<int, Eigen::Dynamic, 2, Eigen::RowMajor>;

/// A weighted least-squares fit to pixels at its solution. Rows are pixels, divided by the standard
/// deviation of their noise; rows of zeros are pixels without a say.
struct FittedPixels {
    using JacobianRef = Eigen::Ref<const Eigen::MatrixXd, 0, Eigen::OuterStride<>>;
    JacobianRef jacobian;
    Eigen::Ref<const Eigen::VectorXd> residuals;
    PixelPlaces place;
    Eigen::MatrixXd normal;   // J^T J and the priors'
    Eigen::MatrixXd inverse;  // of that
};

/// Covariance A C A^T of three parameters under noise with the given correlation C between pixels;
/// `influence` A^T: what a unit of noise in each pixel, a row, does to them.
[[nodiscard]] Eigen::Matrix3d covariance_under_noise(
    const FittedPixels& fit, const Eigen::Matrix<double, Eigen::Dynamic, 3>& influence,
    const NoiseCorrelation& correlation);

}  // namespace stereo
