#include <drr/core/error.hpp>
#include <drr/geometry/pinhole.hpp>

#include <Eigen/LU>
#include <Eigen/QR>

namespace drr {

Eigen::Matrix3d Pinhole::matrix() const {
    Eigen::Matrix3d k;
    k << fx_px, 0.0, cx_px, 0.0, fy_px, cy_px, 0.0, 0.0, 1.0;
    return k;
}

Matrix34d CalibratedView::projection_matrix() const {
    return pinhole.matrix() * view_from_world.matrix34();
}

Eigen::Vector3d CalibratedView::source_in_world_mm() const {
    return view_from_world.inverse().translation_mm;
}

Eigen::Vector3d CalibratedView::ray_in_world(const Eigen::Vector2d& pixel) const {
    return (view_from_world.rotation.conjugate() * pinhole.ray(pixel)).normalized();
}

Eigen::Vector2d project(const Matrix34d& projection_matrix,
                        const Eigen::Vector3d& point_in_world_mm) {
    return (projection_matrix * point_in_world_mm.homogeneous()).hnormalized();
}

DecomposedProjection decompose_projection(const Matrix34d& projection_matrix) {
    const Eigen::Matrix3d m = projection_matrix.leftCols<3>();
    require(std::abs(m.determinant()) > 1e-14 * std::pow(m.norm(), 3.0),
            "a projection matrix with a source at infinity (parallel rays) has no pinhole");
    // RQ of m from the QR of its reversed transpose: m = K R.
    const Eigen::Matrix3d flip =
        Eigen::Vector3d::Ones().asDiagonal().toDenseMatrix().rowwise().reverse();
    const Eigen::HouseholderQR<Eigen::Matrix3d> qr((flip * m).transpose());
    const Eigen::Matrix3d q = qr.householderQ();
    const Eigen::Matrix3d upper = qr.matrixQR().triangularView<Eigen::Upper>();
    Eigen::Matrix3d k = flip * upper.transpose() * flip;
    Eigen::Matrix3d r = flip * q.transpose();
    const Eigen::Vector3d signs = k.diagonal().cwiseSign();
    k = k * signs.asDiagonal();
    r = signs.asDiagonal() * r;
    Eigen::Vector3d t = k.inverse() * projection_matrix.col(3);
    if (r.determinant() < 0.0) {  // the matrix came with a negative scale
        r = -r;
        t = -t;
    }
    k /= k(2, 2);
    DecomposedProjection result;
    result.view.pinhole = {k(0, 0), k(1, 1), k(0, 2), k(1, 2)};
    result.view.view_from_world = Rigid3(r, t);
    result.skew_px = k(0, 1);
    return result;
}

}  // namespace drr
