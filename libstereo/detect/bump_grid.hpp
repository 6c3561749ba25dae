#pragma once

#include "fit_covariance.hpp"

#include <Eigen/Core>

#include <vector>

namespace stereo {

/// Bumps on a square grid over the pixels of a fit, each as it is seen at each pixel: a matrix with
/// a row a pixel and a column a bump,
///     bump(i, j) at (column, row) = model exp(-((column - x_i)^2 + (row - y_j)^2) / (2 sd^2)).
/// It is the product of a factor along columns and one along rows, so what is summed with it is
/// summed along one after the other, in a tenth of the time.
class BumpGrid {
  public:
    /// No bumps.
    BumpGrid() = default;
    /// `model` is each pixel's factor. Those bumps are left out whose middle lies farther than
    /// half of `spacing_px` from all pixels.
    BumpGrid(const PixelPlaces& place, const Eigen::VectorXd& model, double spacing_px);

    [[nodiscard]] Eigen::Index count() const { return static_cast<Eigen::Index>(bumps_.size()); }
    /// bumps^T bumps, its lower half.
    [[nodiscard]] Eigen::MatrixXd gram() const;
    /// values^T bumps, `values` having a row a pixel.
    [[nodiscard]] Eigen::MatrixXd seen_by(const FittedPixels::JacobianRef& values) const;
    /// heights bumps^T, a column a pixel.
    [[nodiscard]] Eigen::Matrix<double, 3, Eigen::Dynamic> at_pixels(
        const Eigen::Matrix<double, 3, Eigen::Dynamic>& heights) const;

  private:
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    struct Bump {
        Eigen::Index i = 0, j = 0;  // on the grid
    };
    PixelPlaces place_;  // from the first column and row
    Eigen::VectorXd model_;
    RowMajor across_;  // the factor along columns: a row a column of pixels, by i
    RowMajor along_;   // the factor along rows: a row a row of pixels, by j
    std::vector<Bump> bumps_;
};

}  // namespace stereo
