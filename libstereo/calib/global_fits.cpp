#include "distortion_fits.hpp"
#include "thin_plate_kernel.hpp"

#include <drr/geometry/polynomial_map.hpp>

#include <Eigen/LU>

#include <algorithm>
#include <cmath>

namespace stereo {

Extent extent_of(std::span<const Eigen::Vector2d> points_px) {
    Eigen::Vector2d low = points_px.front();
    Eigen::Vector2d high = points_px.front();
    for (const Eigen::Vector2d& p : points_px) {
        low = low.cwiseMin(p);
        high = high.cwiseMax(p);
    }
    return {0.5 * (low + high), std::max(0.5 * (high - low).maxCoeff(), 1e-9)};
}

std::optional<MapFit> fit_global_polynomial(const PlacePairs& pairs, int order) {
    const int products = drr::PolynomialMap::products(order);
    if (pairs.undistorted_px.size() <= static_cast<std::size_t>(products)) return std::nullopt;
    const Extent extent = extent_of(pairs.undistorted_px);
    const drr::PolynomialMapFit fit = drr::fit_polynomial_map(
        pairs.undistorted_px, pairs.distorted_px, order, extent.center_px, extent.radius_px);
    MapFit result{GlobalPolynomialMap{fit.map}, {}, static_cast<double>(products)};
    for (std::size_t i = 0; i < pairs.undistorted_px.size(); ++i)
        result.left_out_px.emplace_back(
            (pairs.distorted_px[i] - fit.map.at(pairs.undistorted_px[i])) /
            (1.0 - fit.leverages[static_cast<Eigen::Index>(i)]));
    return result;
}

std::optional<MapFit> fit_thin_plate(const PlacePairs& pairs, double smoothing) {
    const auto n = static_cast<Eigen::Index>(pairs.undistorted_px.size());
    if (n < 4) return std::nullopt;
    const Extent extent = extent_of(pairs.undistorted_px);
    ThinPlateMap map;
    map.center_px = extent.center_px;
    map.scale_px = extent.radius_px;
    for (const Eigen::Vector2d& p : pairs.undistorted_px)
        map.nodes.emplace_back((p - extent.center_px) / extent.radius_px);
    // [K + smoothing I, P; P^T, 0] [weights; affine] = [values; 0]
    Eigen::MatrixXd system = Eigen::MatrixXd::Zero(n + 3, n + 3);
    Eigen::MatrixX2d right = Eigen::MatrixX2d::Zero(n + 3, 2);
    for (Eigen::Index i = 0; i < n; ++i) {
        const Eigen::Vector2d& at = map.nodes[static_cast<std::size_t>(i)];
        for (Eigen::Index j = 0; j < i; ++j)
            system(i, j) = system(j, i) =
                thin_plate_kernel((at - map.nodes[static_cast<std::size_t>(j)]).squaredNorm());
        system(i, i) = smoothing;
        system.block<1, 3>(i, n) << 1.0, at.x(), at.y();
        system.block<3, 1>(n, i) << 1.0, at.x(), at.y();
        right.row(i) = pairs.distorted_px[static_cast<std::size_t>(i)].transpose();
    }
    const Eigen::PartialPivLU<Eigen::MatrixXd> solver(system);
    const Eigen::MatrixXd inverse = solver.inverse();
    if (!inverse.allFinite()) return std::nullopt;
    const Eigen::MatrixX2d solution = solver.solve(right);
    map.weights = solution.topRows(n);
    map.affine = solution.bottomRows(3);
    // What the spline leaves is smoothing times its weights, and the hat matrix is one less
    // smoothing times the inverse's first block: the quotient is the leave-one-out residual, also
    // where smoothing is 0 (Wahba 1990, section 4.2).
    MapFit result;
    for (Eigen::Index i = 0; i < n; ++i)
        result.left_out_px.emplace_back(map.weights.row(i).transpose() / inverse(i, i));
    result.parameters =
        static_cast<double>(n) - smoothing * inverse.topLeftCorner(n, n).diagonal().sum();
    result.map = std::move(map);
    return result;
}

}  // namespace stereo
