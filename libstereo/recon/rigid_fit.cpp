#include <drr/core/error.hpp>
#include <stereo/recon/rigid_fit.hpp>

#include <Eigen/SVD>

#include <cmath>

namespace stereo {

RigidFit fit_rigid(std::span<const Eigen::Vector3d> from_mm, std::span<const Eigen::Vector3d> to_mm,
                   const RigidFitOptions& options) {
    drr::require(from_mm.size() == to_mm.size(), "a rigid fit needs pairs of points");
    RigidFit fit;
    if (from_mm.size() < 3) return fit;
    const auto count = static_cast<double>(from_mm.size());
    Eigen::Vector3d from_mean = Eigen::Vector3d::Zero();
    Eigen::Vector3d to_mean = Eigen::Vector3d::Zero();
    for (std::size_t i = 0; i < from_mm.size(); ++i) {
        from_mean += from_mm[i] / count;
        to_mean += to_mm[i] / count;
    }
    Eigen::Matrix3d covariance = Eigen::Matrix3d::Zero();
    double from_variance = 0.0;
    for (std::size_t i = 0; i < from_mm.size(); ++i) {
        covariance += (to_mm[i] - to_mean) * (from_mm[i] - from_mean).transpose() / count;
        from_variance += (from_mm[i] - from_mean).squaredNorm() / count;
    }
    const Eigen::JacobiSVD<Eigen::Matrix3d> svd(covariance,
                                                Eigen::ComputeFullU | Eigen::ComputeFullV);
    const Eigen::Vector3d& singular = svd.singularValues();
    // The second singular value vanishes when one of the sets lies on a line.
    if (!(singular[1] > 1e-12 * singular[0])) return fit;
    Eigen::Vector3d signs = Eigen::Vector3d::Ones();
    if (svd.matrixU().determinant() * svd.matrixV().determinant() < 0.0) signs.z() = -1.0;
    const Eigen::Matrix3d rotation = svd.matrixU() * signs.asDiagonal() * svd.matrixV().transpose();
    if (options.with_scale) fit.scale = singular.dot(signs) / from_variance;
    fit.to_from_from = drr::Rigid3(rotation, to_mean - fit.scale * rotation * from_mean);
    double sum = 0.0;
    for (std::size_t i = 0; i < from_mm.size(); ++i)
        sum += (fit.scale * (rotation * from_mm[i]) + fit.to_from_from.translation_mm - to_mm[i])
                   .squaredNorm();
    fit.rms_mm = std::sqrt(sum / count);
    fit.ok = true;
    return fit;
}

}  // namespace stereo
