#include "bump_grid.hpp"

#include "matrix_product.hpp"
#include "tridiagonal.hpp"

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

// Standard deviation of a bump over the spacing: sums of such bumps have no ripple.
constexpr double bump_sd = 0.8;

/// Middles of the bumps along an axis whose pixels are 0 to `last`.
Eigen::ArrayXd grid_along(int last, double spacing) {
    const auto steps = static_cast<Eigen::Index>(std::ceil(last / spacing));
    const double middle = 0.5 * last;
    const double half = 0.5 * spacing * static_cast<double>(steps);
    return Eigen::ArrayXd::LinSpaced(steps + 1, middle - half, middle + half);
}

Eigen::Index padded(Eigen::Index rows) {
    return static_cast<Eigen::Index>(padded_rows(static_cast<std::size_t>(rows)));
}

/// exp(-d^2 / (2 sd^2)) of the distances of pixels 0 to `last`, a row each, from the middles.
Eigen::MatrixXd factor_along(Eigen::Index last, const Eigen::ArrayXd& middles, double sd) {
    const Eigen::ArrayXd pixels =
        Eigen::ArrayXd::LinSpaced(last + 1, 0.0, static_cast<double>(last));
    Eigen::MatrixXd factor = Eigen::MatrixXd::Zero(padded(last + 1), middles.size());
    for (Eigen::Index k = 0; k < middles.size(); ++k)
        factor.col(k).head(last + 1) = (-0.5 * ((pixels - middles[k]) / sd).square()).exp();
    return factor;
}

Eigen::Index pairs(Eigen::Index n) {
    return n * (n + 1) / 2;
}

/// Where the product of two columns stands among products_of().
Eigen::Index pair(Eigen::Index a, Eigen::Index b) {
    return pairs(std::max(a, b)) + std::min(a, b);
}

/// The products of each two columns of a factor, a column each.
Eigen::MatrixXd products_of(const Eigen::MatrixXd& factor) {
    Eigen::MatrixXd products(factor.rows(), pairs(factor.cols()));
    for (Eigen::Index a = 0; a < factor.cols(); ++a)
        for (Eigen::Index b = 0; b <= a; ++b)
            products.col(pair(a, b)) = factor.col(a).cwiseProduct(factor.col(b));
    return products;
}

/// The transpose, with rows of zeros that make whole vectors of its columns.
Eigen::MatrixXd transposed(const Eigen::MatrixXd& matrix) {
    Eigen::MatrixXd result = Eigen::MatrixXd::Zero(padded(matrix.cols()), matrix.rows());
    result.topRows(matrix.cols()) = matrix.transpose();
    return result;
}

using Block = Eigen::Ref<const Eigen::MatrixXd, 0, Eigen::OuterStride<>>;

std::size_t number(Eigen::Index count) {
    return static_cast<std::size_t>(count);
}

/// a b, or a b^T; a has whole vectors of rows, and where it has fewer columns than b has rows the
/// others count for nothing.
Eigen::MatrixXd product(const Block& a, const Block& b) {
    Eigen::MatrixXd result = Eigen::MatrixXd::Zero(a.rows(), b.cols());
    add_product({a.data(), number(a.rows()), number(a.outerStride()), number(a.cols())},
                {b.data(), 1, number(b.outerStride()), number(b.cols())}, 1.0, result.data(),
                number(result.outerStride()));
    return result;
}
Eigen::MatrixXd product_with_transpose(const Block& a, const Block& b) {
    Eigen::MatrixXd result = Eigen::MatrixXd::Zero(a.rows(), b.rows());
    add_product({a.data(), number(a.rows()), number(a.outerStride()), number(a.cols())},
                {b.data(), number(b.outerStride()), 1, number(b.rows())}, 1.0, result.data(),
                number(result.outerStride()));
    return result;
}

/// Rows of matrices with a row a bump.
Eigen::Index rows_for(Eigen::Index bumps) {
    constexpr auto padding = static_cast<Eigen::Index>(tridiagonal_padding);
    return (bumps + padding - 1) / padding * padding;
}

}  // namespace

BumpGrid::BumpGrid(const PixelPlaces& place, const Eigen::VectorXd& model, double spacing_px)
    : model_(model) {
    const PixelPlaces from_corner = place.rowwise() - place.colwise().minCoeff();
    const Eigen::RowVector2i last = from_corner.colwise().maxCoeff();
    const Eigen::ArrayXd columns = grid_along(last[0], spacing_px);
    const Eigen::ArrayXd rows = grid_along(last[1], spacing_px);
    across_ = factor_along(last[0], columns, bump_sd * spacing_px);
    along_ = factor_along(last[1], rows, bump_sd * spacing_px);

    // A bump whose middle lies farther from all pixels adds nothing that others do not.
    const double near = std::exp(-0.5 * std::pow(0.5 / bump_sd, 2));
    Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic> used =
        Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic>::Zero(columns.size(), rows.size());
    const auto neighbour = [&](double pixel, const Eigen::ArrayXd& grid, Eigen::Index side) {
        const auto before = static_cast<Eigen::Index>((pixel - grid[0]) / spacing_px);
        return std::min(before + side, grid.size() - 1);
    };
    cell_.reserve(number(place.rows()));
    for (Eigen::Index p = 0; p < place.rows(); ++p) {
        const Eigen::Index column = from_corner(p, 0), row = from_corner(p, 1);
        cell_.push_back(row * across_.rows() + column);
        for (const Eigen::Index right : {0, 1})
            for (const Eigen::Index below : {0, 1}) {
                const Eigen::Index i = neighbour(static_cast<double>(column), columns, right);
                const Eigen::Index j = neighbour(static_cast<double>(row), rows, below);
                if (across_(column, i) * along_(row, j) >= near) used(i, j) = true;
            }
    }
    for (Eigen::Index j = 0; j < rows.size(); ++j)
        for (Eigen::Index i = 0; i < columns.size(); ++i)
            if (used(i, j)) bumps_.push_back({i, j});
}

Eigen::MatrixXd BumpGrid::gram() const {
    Eigen::MatrixXd squares = Eigen::MatrixXd::Zero(across_.rows(), along_.rows());
    for (Eigen::Index p = 0; p < model_.size(); ++p)
        squares.data()[cell_[number(p)]] = model_[p] * model_[p];
    const Eigen::MatrixXd sums =
        product(product(transposed(products_of(across_)), squares), products_of(along_));
    Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(rows_for(count()), count());
    for (Eigen::Index b = 0; b < count(); ++b)
        for (Eigen::Index a = b; a < count(); ++a) {
            const Bump& one = bumps_[number(a)];
            const Bump& two = bumps_[number(b)];
            gram(a, b) = gram(b, a) = sums(pair(one.i, two.i), pair(one.j, two.j));
        }
    return gram;
}

Eigen::MatrixXd BumpGrid::seen_by(const FittedPixels::JacobianRef& values) const {
    const Eigen::Index box = across_.rows() * along_.rows();
    Eigen::MatrixXd in_box = Eigen::MatrixXd::Zero(across_.rows(), along_.rows() * values.cols());
    for (Eigen::Index k = 0; k < values.cols(); ++k)
        for (Eigen::Index p = 0; p < model_.size(); ++p)
            in_box.data()[k * box + cell_[number(p)]] = model_[p] * values(p, k);
    const Eigen::MatrixXd of_rows = product(transposed(across_), in_box);
    Eigen::MatrixXd seen = Eigen::MatrixXd::Zero(rows_for(count()), values.cols());
    for (Eigen::Index k = 0; k < values.cols(); ++k) {
        const Eigen::MatrixXd sums =
            product(of_rows.middleCols(k * along_.rows(), along_.rows()), along_);
        for (Eigen::Index b = 0; b < count(); ++b)
            seen(b, k) = sums(bumps_[number(b)].i, bumps_[number(b)].j);
    }
    return seen;
}

Eigen::Matrix<double, Eigen::Dynamic, 3> BumpGrid::at_pixels(
    const Eigen::Matrix<double, Eigen::Dynamic, 3>& heights) const {
    Eigen::Matrix<double, Eigen::Dynamic, 3> result(model_.size(), 3);
    Eigen::MatrixXd on_grid = Eigen::MatrixXd::Zero(padded(across_.cols()), along_.cols());
    for (Eigen::Index k = 0; k < 3; ++k) {
        for (Eigen::Index b = 0; b < count(); ++b)
            on_grid(bumps_[number(b)].i, bumps_[number(b)].j) = heights(b, k);
        const Eigen::MatrixXd in_box = product(across_, product_with_transpose(on_grid, along_));
        for (Eigen::Index p = 0; p < model_.size(); ++p)
            result(p, k) = model_[p] * in_box.data()[cell_[number(p)]];
    }
    return result;
}

}  // namespace stereo
