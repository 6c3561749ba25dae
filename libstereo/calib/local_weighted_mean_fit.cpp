#include "distortion_fits.hpp"

#include <drr/core/parallel.hpp>

#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace stereo {
namespace {

/// Indices by distance from a place, the nearest `count` of them; equal ones in their order.
std::vector<std::size_t> nearest(const std::vector<Eigen::Vector2d>& points,
                                 const Eigen::Vector2d& at, std::size_t count) {
    std::vector<std::pair<double, std::size_t>> order(points.size());
    for (std::size_t i = 0; i < points.size(); ++i)
        order[i] = {(points[i] - at).squaredNorm(), i};
    count = std::min(count, points.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count),
                      order.end());
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < count; ++i)
        result.push_back(order[i].second);
    return result;
}

LocalWeightedMeanMap::Node node_of(const PlacePairs& pairs, const Eigen::Vector2d& at_px,
                                   const std::vector<std::size_t>& near) {
    LocalWeightedMeanMap::Node node;
    node.at_px = at_px;
    node.radius_px = (pairs.undistorted_px[near.back()] - at_px).norm();
    Eigen::Matrix<double, Eigen::Dynamic, 6> design(near.size(), 6);
    Eigen::MatrixX2d right(near.size(), 2);
    for (std::size_t k = 0; k < near.size(); ++k) {
        const Eigen::Vector2d t = (pairs.undistorted_px[near[k]] - at_px) / node.radius_px;
        const auto row = static_cast<Eigen::Index>(k);
        design.row(row) << 1.0, t.x(), t.y(), t.x() * t.x(), t.x() * t.y(), t.y() * t.y();
        right.row(row) = pairs.distorted_px[near[k]].transpose();
    }
    // At a corner the nearest may not tell all coefficients; then the smallest are taken.
    node.coefficients = design.completeOrthogonalDecomposition().solve(right);
    return node;
}

/// What the map predicts at point i without it. `near` has for each point its nearest ones, one
/// more than a node takes.
Eigen::Vector2d left_out(const PlacePairs& pairs, std::size_t i,
                         const std::vector<std::vector<std::size_t>>& near) {
    const Eigen::Vector2d& at = pairs.undistorted_px[i];
    LocalWeightedMeanMap map;
    for (std::size_t n = 0; n < near.size(); ++n) {
        if (n == i) continue;
        std::vector<std::size_t> others = near[n];
        std::erase(others, i);
        others.resize(near[n].size() - 1);
        const Eigen::Vector2d& node = pairs.undistorted_px[n];
        if ((at - node).norm() < (pairs.undistorted_px[others.back()] - node).norm())
            map.nodes.push_back(node_of(pairs, node, others));
    }
    const auto predicted = map.at(at);
    return predicted ? Eigen::Vector2d(pairs.distorted_px[i] - predicted->point_px)
                     : Eigen::Vector2d::Constant(std::numeric_limits<double>::quiet_NaN());
}

}  // namespace

std::optional<MapFit> fit_local_weighted_mean(const PlacePairs& pairs, int neighbours) {
    const auto count = static_cast<std::size_t>(neighbours);
    const std::size_t points = pairs.undistorted_px.size();
    if (points <= count) return std::nullopt;
    std::vector<std::vector<std::size_t>> near(points);
    drr::parallel_for(points, [&](std::size_t n) {
        near[n] = nearest(pairs.undistorted_px, pairs.undistorted_px[n], count + 1);
    });
    LocalWeightedMeanMap map;
    map.nodes.resize(points);
    MapFit result;
    result.parameters = std::numeric_limits<double>::quiet_NaN();
    result.left_out_px.resize(points);
    drr::parallel_for(points, [&](std::size_t n) {
        const std::vector<std::size_t> own(near[n].begin(), near[n].end() - 1);
        map.nodes[n] = node_of(pairs, pairs.undistorted_px[n], own);
        result.left_out_px[n] = left_out(pairs, n, near);
    });
    result.map = std::move(map);
    return result;
}

}  // namespace stereo
