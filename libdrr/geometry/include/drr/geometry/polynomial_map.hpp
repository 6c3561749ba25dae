#pragma once

#include <Eigen/Core>

#include <span>

namespace drr {

/// A smooth map of the plane into itself: in each coordinate a polynomial of total degree `order`,
/// as a sum of products of Chebyshev polynomials of (x, y) = (point - center) / radius, which keep
/// it well conditioned where the points are.
struct PolynomialMap {
    int order = 1;
    Eigen::Vector2d center = Eigen::Vector2d::Zero();
    double radius = 1.0;
    /// One row a product T_i(x) T_j(y): i + j ascending, then j.
    Eigen::MatrixX2d coefficients;

    /// The highest order that is provided for.
    static constexpr int max_order = 12;
    /// Products of an order: (order + 1)(order + 2) / 2.
    [[nodiscard]] static int products(int order) { return (order + 1) * (order + 2) / 2; }

    [[nodiscard]] Eigen::Vector2d at(const Eigen::Vector2d& point) const;
    /// Derivatives of at() by the point: column k by coordinate k.
    [[nodiscard]] Eigen::Matrix2d jacobian(const Eigen::Vector2d& point) const;
};

struct PolynomialMapFit {
    PolynomialMap map;
    /// Share of each point's own value in its fitted one (diagonal of the hat matrix), for weights
    /// as given.
    Eigen::VectorXd leverages;
};

/// Weighted least squares, the weights empty for equal ones. Throws Error(usage) for an order
/// outside 1 to max_order, fewer points than products, or sizes that differ.
[[nodiscard]] PolynomialMapFit fit_polynomial_map(std::span<const Eigen::Vector2d> points,
                                                  std::span<const Eigen::Vector2d> values,
                                                  int order, const Eigen::Vector2d& center,
                                                  double radius,
                                                  std::span<const double> weights = {});

}  // namespace drr
