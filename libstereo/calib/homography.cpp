#include "homography.hpp"

#include <drr/geometry/decompositions.hpp>

#include <Eigen/LU>

#include <cmath>

namespace stereo {
namespace {

// From pixels to numbers about 1, with the image's middle as origin.
Eigen::Matrix3d unit_from_pixel(int width_px, int height_px) {
    Eigen::Matrix3d m;
    m << 1.0, 0.0, -0.5 * (width_px - 1), 0.0, 1.0, -0.5 * (height_px - 1), 0.0, 0.0,
        static_cast<double>(width_px);
    return m / width_px;
}

drr::Pinhole in_pixels(double f, double cx, double cy, int width_px, int height_px) {
    return {f * width_px, f * width_px, cx * width_px + 0.5 * (width_px - 1),
            cy * width_px + 0.5 * (height_px - 1)};
}

}  // namespace

PointShape shape_of(std::span<const Eigen::Vector3d> points_mm) {
    PointShape shape;
    for (const auto& p : points_mm)
        shape.centre_mm += p / static_cast<double>(points_mm.size());
    Eigen::Matrix3d moments = Eigen::Matrix3d::Zero();
    for (const auto& p : points_mm)
        moments += (p - shape.centre_mm) * (p - shape.centre_mm).transpose();
    const drr::SymmetricEigen main = drr::symmetric_eigen(moments);
    for (int i = 0; i < 3; ++i) {
        shape.axes.col(i) = main.vectors.col(2 - i);
        shape.extent[i] =
            std::sqrt(std::max(main.values[2 - i], 0.0) / std::max(main.values[2], 1e-300));
    }
    if (shape.axes.determinant() < 0.0) shape.axes.col(2) *= -1.0;
    return shape;
}

Eigen::Matrix3d homography(const PointShape& shape, const ImagePoints& image) {
    const auto count = image.pixels.size();
    Eigen::Vector2d mean = Eigen::Vector2d::Zero();
    double extent = 0.0;
    for (const auto& pixel : image.pixels)
        mean += pixel / static_cast<double>(count);
    double spread = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
        spread += (image.pixels[i] - mean).squaredNorm() / static_cast<double>(count);
        extent += (image.points_in_phantom_mm[i] - shape.centre_mm).squaredNorm() /
                  static_cast<double>(count);
    }
    const double pixel_scale = std::sqrt(2.0 / spread);
    const double scale = std::sqrt(2.0 / extent);
    Eigen::MatrixXd rows = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(2 * count), 9);
    for (std::size_t i = 0; i < count; ++i) {
        const Eigen::Vector3d p =
            scale * shape.axes.transpose() * (image.points_in_phantom_mm[i] - shape.centre_mm);
        const Eigen::Vector2d u = pixel_scale * (image.pixels[i] - mean);
        const Eigen::RowVector3d x(p.x(), p.y(), 1.0);
        const auto at = static_cast<Eigen::Index>(2 * i);
        rows.block<1, 3>(at, 0) = x;
        rows.block<1, 3>(at, 6) = -u.x() * x;
        rows.block<1, 3>(at + 1, 3) = x;
        rows.block<1, 3>(at + 1, 6) = -u.y() * x;
    }
    const Eigen::Matrix<double, 9, 1> h = drr::right_singular(rows).vectors.col(8);
    Eigen::Matrix3d normalized;
    normalized << h.segment<3>(0).transpose(), h.segment<3>(3).transpose(),
        h.segment<3>(6).transpose();
    Eigen::Matrix3d pixel_from_unit;
    pixel_from_unit << 1.0 / pixel_scale, 0.0, mean.x(), 0.0, 1.0 / pixel_scale, mean.y(), 0.0, 0.0,
        1.0;
    const Eigen::Matrix3d result =
        pixel_from_unit * normalized * Eigen::Vector3d(scale, scale, 1.0).asDiagonal();
    return result / result.norm();
}

std::optional<drr::Pinhole> pinhole_of_planes(std::span<const Eigen::Matrix3d> homographies,
                                              int width_px, int height_px) {
    // omega = [a 0 b; 0 a c; b c d], h1^T omega h2 = 0 and h1^T omega h1 = h2^T omega h2.
    const auto form = [](const Eigen::Vector3d& p, const Eigen::Vector3d& q) {
        return Eigen::RowVector4d(p.x() * q.x() + p.y() * q.y(), p.x() * q.z() + p.z() * q.x(),
                                  p.y() * q.z() + p.z() * q.y(), p.z() * q.z());
    };
    Eigen::Matrix4d normal = Eigen::Matrix4d::Zero();
    for (const auto& h : homographies) {
        Eigen::Matrix3d unit = unit_from_pixel(width_px, height_px) * h;
        unit /= std::sqrt(unit.col(0).norm() * unit.col(1).norm());
        Eigen::Matrix<double, 2, 4> rows;
        rows << form(unit.col(0), unit.col(1)),
            form(unit.col(0), unit.col(0)) - form(unit.col(1), unit.col(1));
        normal += rows.transpose() * rows;
    }
    const drr::SymmetricEigen conic = drr::symmetric_eigen(normal);
    // One direction must be open, not two: noise of a thousandth of a pixel would decide.
    if (!(conic.values[1] > 1e-12 * conic.values[3])) return std::nullopt;
    const Eigen::Vector4d w = conic.vectors.col(0);
    const double cx = -w[1] / w[0];
    const double cy = -w[2] / w[0];
    const double f2 = w[3] / w[0] - cx * cx - cy * cy;
    if (!(f2 > 0.0) || !std::isfinite(f2)) return std::nullopt;
    return in_pixels(std::sqrt(f2), cx, cy, width_px, height_px);
}

std::optional<drr::Pinhole> centred_pinhole_of_planes(std::span<const Eigen::Matrix3d> homographies,
                                                      int width_px, int height_px) {
    // a + b / f^2 = 0 for each constraint
    double ab = 0.0;
    double bb = 0.0;
    for (const auto& h : homographies) {
        Eigen::Matrix3d unit = unit_from_pixel(width_px, height_px) * h;
        unit /= std::sqrt(unit.col(0).norm() * unit.col(1).norm());
        const Eigen::Vector3d p = unit.col(0);
        const Eigen::Vector3d q = unit.col(1);
        for (const auto& [a, b] : {std::pair(p.head<2>().dot(q.head<2>()), p.z() * q.z()),
                                   std::pair(p.head<2>().squaredNorm() - q.head<2>().squaredNorm(),
                                             p.z() * p.z() - q.z() * q.z())}) {
            ab += a * b;
            bb += b * b;
        }
    }
    const double f2 = -bb / ab;
    if (!(f2 > 0.0) || !std::isfinite(f2)) return std::nullopt;
    return in_pixels(std::sqrt(f2), 0.0, 0.0, width_px, height_px);
}

drr::Rigid3 pose_of_plane(const PointShape& shape, const Eigen::Matrix3d& homography,
                          const drr::Pinhole& pinhole) {
    Eigen::Matrix3d m = pinhole.matrix().inverse() * homography;
    m /= 0.5 * (m.col(0).norm() + m.col(1).norm());
    if (m(2, 2) < 0.0) m = -m;  // the plane stands before the source
    Eigen::Matrix3d turn;
    turn << m.col(0), m.col(1), m.col(0).cross(m.col(1));
    const drr::Svd3 svd = drr::svd_of(turn);
    Eigen::Matrix3d rotation = svd.u * svd.v.transpose();
    if (rotation.determinant() < 0.0) rotation = -rotation;
    const Eigen::Matrix3d view_from_phantom = rotation * shape.axes.transpose();
    return {view_from_phantom, m.col(2) - view_from_phantom * shape.centre_mm};
}

}  // namespace stereo
