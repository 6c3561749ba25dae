#include <drr/core/error.hpp>
#include <drr/geometry/polynomial_map.hpp>

#include <Eigen/Cholesky>

#include <array>
#include <cstddef>
#include <string>

namespace drr {
namespace {

/// Chebyshev polynomials of the first kind of both coordinates, and their derivatives.
struct Chebyshev {
    std::array<Eigen::Vector2d, PolynomialMap::max_order + 1> values;
    std::array<Eigen::Vector2d, PolynomialMap::max_order + 1> slopes;

    Chebyshev(const Eigen::Vector2d& t, int order) {
        values[0].setOnes();
        values[1] = t;
        slopes[0].setZero();
        slopes[1].setOnes();
        for (std::size_t k = 2; k <= static_cast<std::size_t>(order); ++k) {
            values[k] = 2.0 * t.cwiseProduct(values[k - 1]) - values[k - 2];
            slopes[k] = 2.0 * values[k - 1] + 2.0 * t.cwiseProduct(slopes[k - 1]) - slopes[k - 2];
        }
    }
};

template <class Use>
void for_products(int order, const Use& use) {
    Eigen::Index row = 0;
    for (int sum = 0; sum <= order; ++sum)
        for (int j = 0; j <= sum; ++j)
            use(row++, static_cast<std::size_t>(sum - j), static_cast<std::size_t>(j));
}

Eigen::VectorXd products_at(const Eigen::Vector2d& t, int order) {
    const Chebyshev chebyshev(t, order);
    Eigen::VectorXd products(PolynomialMap::products(order));
    for_products(order, [&](Eigen::Index row, std::size_t i, std::size_t j) {
        products[row] = chebyshev.values[i].x() * chebyshev.values[j].y();
    });
    return products;
}

}  // namespace

Eigen::Vector2d PolynomialMap::at(const Eigen::Vector2d& point) const {
    return coefficients.transpose() * products_at((point - center) / radius, order);
}

Eigen::Matrix2d PolynomialMap::jacobian(const Eigen::Vector2d& point) const {
    const Chebyshev chebyshev((point - center) / radius, order);
    Eigen::Matrix2d result = Eigen::Matrix2d::Zero();
    for_products(order, [&](Eigen::Index row, std::size_t i, std::size_t j) {
        const Eigen::RowVector2d slopes(chebyshev.slopes[i].x() * chebyshev.values[j].y(),
                                        chebyshev.values[i].x() * chebyshev.slopes[j].y());
        result.noalias() += coefficients.row(row).transpose() * slopes;
    });
    return result / radius;
}

PolynomialMapFit fit_polynomial_map(std::span<const Eigen::Vector2d> points,
                                    std::span<const Eigen::Vector2d> values, int order,
                                    const Eigen::Vector2d& center, double radius,
                                    std::span<const double> weights) {
    require(order >= 1 && order <= PolynomialMap::max_order,
            "a polynomial map's order must be 1 to " + std::to_string(PolynomialMap::max_order));
    require(points.size() == values.size() && (weights.empty() || weights.size() == points.size()),
            "a polynomial map needs as many values and weights as points");
    const int products = PolynomialMap::products(order);
    require(points.size() >= static_cast<std::size_t>(products),
            "a polynomial map of order " + std::to_string(order) + " needs at least " +
                std::to_string(products) + " points");
    require(radius > 0.0, "a polynomial map's radius must be positive");

    const auto count = static_cast<Eigen::Index>(points.size());
    Eigen::MatrixXd design(count, products);
    Eigen::MatrixX2d right(count, 2);
    Eigen::VectorXd weight = Eigen::VectorXd::Ones(count);
    for (Eigen::Index i = 0; i < count; ++i) {
        const auto k = static_cast<std::size_t>(i);
        design.row(i) = products_at((points[k] - center) / radius, order).transpose();
        right.row(i) = values[k].transpose();
        if (!weights.empty()) weight[i] = weights[k];
    }
    const Eigen::MatrixXd weighted = weight.asDiagonal() * design;
    const Eigen::LDLT<Eigen::MatrixXd> solver(design.transpose() * weighted);
    PolynomialMapFit fit;
    fit.map = {order, center, radius, solver.solve(weighted.transpose() * right)};
    fit.leverages =
        (solver.solve(weighted.transpose()).transpose().cwiseProduct(design)).rowwise().sum();
    return fit;
}

}  // namespace drr
