#include "bump_grid.hpp"

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

/// exp(-d^2 / (2 sd^2)) of the distances of pixels 0 to `last`, a row each, from the middles.
Eigen::MatrixXd factor_along(int last, const Eigen::ArrayXd& middles, double sd) {
    const Eigen::ArrayXd pixels = Eigen::ArrayXd::LinSpaced(last + 1, 0.0, last);
    Eigen::MatrixXd factor(pixels.size(), middles.size());
    for (Eigen::Index k = 0; k < middles.size(); ++k)
        factor.col(k) = (-0.5 * ((pixels - middles[k]) / sd).square()).exp();
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
template <typename Factor>
Factor products_of(const Factor& factor) {
    Factor products(factor.rows(), pairs(factor.cols()));
    for (Eigen::Index a = 0; a < factor.cols(); ++a)
        for (Eigen::Index b = 0; b <= a; ++b)
            products.col(pair(a, b)) = factor.col(a).cwiseProduct(factor.col(b));
    return products;
}

}  // namespace

BumpGrid::BumpGrid(const PixelPlaces& place, const Eigen::VectorXd& model, double spacing_px)
    : place_(place.rowwise() - place.colwise().minCoeff()), model_(model) {
    const Eigen::RowVector2i last = place_.colwise().maxCoeff();
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
    for (Eigen::Index p = 0; p < place_.rows(); ++p)
        for (const Eigen::Index right : {0, 1})
            for (const Eigen::Index below : {0, 1}) {
                const Eigen::Index i = neighbour(place_(p, 0), columns, right);
                const Eigen::Index j = neighbour(place_(p, 1), rows, below);
                if (across_(place_(p, 0), i) * along_(place_(p, 1), j) >= near) used(i, j) = true;
            }
    for (Eigen::Index j = 0; j < rows.size(); ++j)
        for (Eigen::Index i = 0; i < columns.size(); ++i)
            if (used(i, j)) bumps_.push_back({i, j});
}

Eigen::MatrixXd BumpGrid::gram() const {
    const RowMajor across = products_of(across_);
    RowMajor of_row = RowMajor::Zero(along_.rows(), across.cols());
    for (Eigen::Index p = 0; p < place_.rows(); ++p)
        of_row.row(place_(p, 1)) += model_[p] * model_[p] * across.row(place_(p, 0));
    // Transposed: the inner loop below then walks along a column.
    const Eigen::MatrixXd sums = of_row.transpose() * products_of(along_);
    Eigen::MatrixXd gram(count(), count());
    for (Eigen::Index b = 0; b < count(); ++b)
        for (Eigen::Index a = b; a < count(); ++a) {
            const Bump& one = bumps_[static_cast<std::size_t>(a)];
            const Bump& two = bumps_[static_cast<std::size_t>(b)];
            gram(a, b) = sums(pair(one.i, two.i), pair(one.j, two.j));
        }
    return gram;
}

Eigen::MatrixXd BumpGrid::seen_by(const FittedPixels::JacobianRef& values) const {
    const Eigen::Index k = values.cols();
    // Of each row of pixels, by i: a row a value.
    Eigen::MatrixXd of_row = Eigen::MatrixXd::Zero(k * across_.cols(), along_.rows());
    Eigen::VectorXd of_pixel(k);
    for (Eigen::Index p = 0; p < place_.rows(); ++p) {
        of_pixel = model_[p] * values.row(p).transpose();
        for (Eigen::Index i = 0; i < across_.cols(); ++i)
            of_row.col(place_(p, 1)).segment(i * k, k) += across_(place_(p, 0), i) * of_pixel;
    }
    const Eigen::MatrixXd sums = of_row * along_;
    Eigen::MatrixXd seen(k, count());
    for (Eigen::Index b = 0; b < count(); ++b) {
        const Bump& bump = bumps_[static_cast<std::size_t>(b)];
        seen.col(b) = sums.col(bump.j).segment(bump.i * k, k);
    }
    return seen;
}

Eigen::Matrix<double, 3, Eigen::Dynamic> BumpGrid::at_pixels(
    const Eigen::Matrix<double, 3, Eigen::Dynamic>& heights) const {
    Eigen::MatrixXd on_grid = Eigen::MatrixXd::Zero(3 * across_.cols(), along_.cols());
    for (Eigen::Index b = 0; b < count(); ++b) {
        const Bump& bump = bumps_[static_cast<std::size_t>(b)];
        on_grid.col(bump.j).segment<3>(3 * bump.i) = heights.col(b);
    }
    const Eigen::MatrixXd of_row = on_grid * along_.transpose();
    Eigen::Matrix<double, 3, Eigen::Dynamic> result(3, place_.rows());
    for (Eigen::Index p = 0; p < place_.rows(); ++p) {
        Eigen::Vector3d sum = Eigen::Vector3d::Zero();
        for (Eigen::Index i = 0; i < across_.cols(); ++i)
            sum += across_(place_(p, 0), i) * of_row.col(place_(p, 1)).segment<3>(3 * i);
        result.col(p) = model_[p] * sum;
    }
    return result;
}

}  // namespace stereo
