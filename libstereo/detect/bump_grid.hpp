#pragma once

#include "fit_covariance.hpp"

#include <Eigen/Core>

#include <vector>

namespace stereo {

/// Bumps on a square grid over the pixels of a fit, each as it is seen at each pixel: a matrix with
/// a row a pixel and a column a bump,
///     bump(i, j) at (column, row) = model exp(-((column - x_i)^2 + (row - y_j)^2) / (2 sd^2)).
/// It is the product of a factor along columns and one along rows, so what is summed with it is
/// summed along one after the other over the pixels' box, in a tenth of the time. Matrices with a
/// row a bump have rows of zeros at their end that make whole vectors of their columns.
class BumpGrid {
  public:
    /// No bumps.
    BumpGrid() = default;
    /// `model` is each pixel's factor. Those bumps are left out whose middle lies farther than
    /// half of `spacing_px` from all pixels.
    BumpGrid(const PixelPlaces& place, const Eigen::VectorXd& model, double spacing_px);

    [[nodiscard]] Eigen::Index count() const { return static_cast<Eigen::Index>(bumps_.size()); }
    /// bumps^T bumps
    [[nodiscard]] Eigen::MatrixXd gram() const;
    /// bumps^T values, `values` having a row a pixel.
    [[nodiscard]] Eigen::MatrixXd seen_by(const FittedPixels::JacobianRef& values) const;
    /// bumps heights, `heights` having a row a bump.
    [[nodiscard]] Eigen::Matrix<double, Eigen::Dynamic, 3> at_pixels(
        const Eigen::Matrix<double, Eigen::Dynamic, 3>& heights) const;

  private:
    struct Bump {
        Eigen::Index i = 0, j = 0;  // on the grid
    };
    Eigen::VectorXd model_;
    Eigen::MatrixXd across_;          // the factor along columns: a row a column of pixels, by i
    Eigen::MatrixXd along_;           // the factor along rows: a row a row of pixels, by j
    std::vector<Eigen::Index> cell_;  // of each pixel in a box of as many rows as across_ has
    std::vector<Bump> bumps_;
};

}  // namespace stereo
