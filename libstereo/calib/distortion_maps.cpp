#include "thin_plate_kernel.hpp"

#include <stereo/calib/distortion_maps.hpp>

#include <cmath>

namespace stereo {

std::optional<MappedPoint> BrownConradyMap::at(const Eigen::Vector2d& p) const {
    const Eigen::Vector2d focal(pinhole.fx_px, pinhole.fy_px);
    const Eigen::Vector2d centre(pinhole.cx_px, pinhole.cy_px);
    const Eigen::Vector2d n = (p - centre).cwiseQuotient(focal);
    const auto& [k1, k2, p1, p2, k3, k4, k5, k6] = distortion.coefficients;
    const double r2 = n.squaredNorm();
    const double top = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3));
    const double bottom = 1.0 + r2 * (k4 + r2 * (k5 + r2 * k6));
    const double radial = top / bottom;
    const double radial_by_r2 = (k1 + r2 * (2.0 * k2 + 3.0 * r2 * k3)) / bottom -
                                radial * (k4 + r2 * (2.0 * k5 + 3.0 * r2 * k6)) / bottom;
    MappedPoint result;
    result.point_px = centre + focal.cwiseProduct(distortion.distort(n));
    result.jacobian = radial * Eigen::Matrix2d::Identity() + 2.0 * radial_by_r2 * n * n.transpose();
    result.jacobian(0, 0) += 2.0 * p1 * n.y() + 6.0 * p2 * n.x();
    result.jacobian(0, 1) += 2.0 * p1 * n.x() + 2.0 * p2 * n.y();
    result.jacobian(1, 0) += 2.0 * p1 * n.x() + 2.0 * p2 * n.y();
    result.jacobian(1, 1) += 6.0 * p1 * n.y() + 2.0 * p2 * n.x();
    result.jacobian = focal.asDiagonal() * result.jacobian * focal.cwiseInverse().asDiagonal();
    return result;
}

std::optional<MappedPoint> GlobalPolynomialMap::at(const Eigen::Vector2d& p) const {
    return {{polynomial.at(p), polynomial.jacobian(p)}};
}

std::optional<MappedPoint> ThinPlateMap::at(const Eigen::Vector2d& p) const {
    const Eigen::Vector2d t = (p - center_px) / scale_px;
    MappedPoint result;
    result.point_px = affine.transpose() * Eigen::Vector3d(1.0, t.x(), t.y());
    result.jacobian = affine.bottomRows<2>().transpose();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const Eigen::Vector2d d = t - nodes[i];
        const Eigen::Vector2d weight = weights.row(static_cast<Eigen::Index>(i)).transpose();
        result.point_px += thin_plate_kernel(d.squaredNorm()) * weight;
        result.jacobian += weight * (thin_plate_slope(d.squaredNorm()) * d).transpose();
    }
    result.jacobian /= scale_px;
    return result;
}

std::optional<MappedPoint> LocalWeightedMeanMap::at(const Eigen::Vector2d& p) const {
    double total = 0.0;
    Eigen::Vector2d total_slope = Eigen::Vector2d::Zero();
    Eigen::Vector2d sum = Eigen::Vector2d::Zero();
    Eigen::Matrix2d sum_slope = Eigen::Matrix2d::Zero();
    for (const Node& node : nodes) {
        const Eigen::Vector2d t = (p - node.at_px) / node.radius_px;
        const double r2 = t.squaredNorm();
        if (r2 >= 1.0) continue;
        const double r = std::sqrt(r2);
        const double weight = 1.0 - 3.0 * r2 + 2.0 * r2 * r;
        const Eigen::Vector2d weight_slope = (6.0 * r - 6.0) * t;
        Eigen::Matrix<double, 6, 1> basis;
        basis << 1.0, t.x(), t.y(), t.x() * t.x(), t.x() * t.y(), t.y() * t.y();
        Eigen::Matrix<double, 6, 2> slopes;
        slopes << 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 2.0 * t.x(), 0.0, t.y(), t.x(), 0.0, 2.0 * t.y();
        const Eigen::Vector2d value = node.coefficients.transpose() * basis;
        total += weight;
        sum += weight * value;
        // By t; the radius follows below, since it differs from node to node.
        total_slope += weight_slope / node.radius_px;
        sum_slope +=
            (value * weight_slope.transpose() + weight * node.coefficients.transpose() * slopes) /
            node.radius_px;
    }
    if (!(total > 0.0)) return std::nullopt;
    MappedPoint result;
    result.point_px = sum / total;
    result.jacobian = (sum_slope - result.point_px * total_slope.transpose()) / total;
    return result;
}

std::optional<MappedPoint> LookupMap::at(const Eigen::Vector2d& p) const {
    const int u = static_cast<int>(std::floor(p.x()));
    const int v = static_cast<int>(std::floor(p.y()));
    // The last row and column belong to the cells before them.
    const int column = u == u_px.width() - 1 && p.x() == u ? u - 1 : u;
    const int row = v == u_px.height() - 1 && p.y() == v ? v - 1 : v;
    if (column < 0 || row < 0 || column + 1 >= u_px.width() || row + 1 >= u_px.height())
        return std::nullopt;
    const auto corner = [&](int i, int j) {
        return Eigen::Vector2d(u_px(column + i, row + j), v_px(column + i, row + j));
    };
    const Eigen::Vector2d a = corner(0, 0);
    const Eigen::Vector2d b = corner(1, 0);
    const Eigen::Vector2d c = corner(0, 1);
    const Eigen::Vector2d d = corner(1, 1);
    if (a.x() < 0.0 || b.x() < 0.0 || c.x() < 0.0 || d.x() < 0.0) return std::nullopt;
    const double x = p.x() - column;
    const double y = p.y() - row;
    MappedPoint result;
    result.point_px = (1.0 - y) * ((1.0 - x) * a + x * b) + y * ((1.0 - x) * c + x * d);
    result.jacobian.col(0) = (1.0 - y) * (b - a) + y * (d - c);
    result.jacobian.col(1) = (1.0 - x) * (c - a) + x * (d - b);
    return result;
}

}  // namespace stereo
