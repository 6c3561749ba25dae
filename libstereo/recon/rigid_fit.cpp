#include <drr/core/error.hpp>
#include <drr/geometry/decompositions.hpp>
#include <stereo/recon/rigid_fit.hpp>

#include <Eigen/Cholesky>
#include <Eigen/LU>

#include <cmath>

namespace stereo {
namespace {

using Vector7 = Eigen::Matrix<double, 7, 1>;
using Matrix7 = Eigen::Matrix<double, 7, 7>;
using Jacobian = Eigen::Matrix<double, 3, 7>;

Eigen::Vector3d moved(const RigidFit& fit, const Eigen::Vector3d& from) {
    return fit.scale * (fit.to_from_from.rotation * from) + fit.to_from_from.translation_mm;
}

// Of the moved point by rotation vector, translation and scale.
Jacobian jacobian_of(const RigidFit& fit, const Eigen::Vector3d& from) {
    const Eigen::Vector3d turned = fit.to_from_from.rotation * from;
    Jacobian jacobian;
    jacobian << -fit.scale * drr::cross_matrix(turned), Eigen::Matrix3d::Identity(), turned;
    return jacobian;
}

bool umeyama(std::span<const Eigen::Vector3d> from_mm, std::span<const Eigen::Vector3d> to_mm,
             bool with_scale, RigidFit& fit) {
    const auto count = static_cast<double>(from_mm.size());
    Eigen::Vector3d from_mean = Eigen::Vector3d::Zero();
    Eigen::Vector3d to_mean = Eigen::Vector3d::Zero();
    for (std::size_t i = 0; i < from_mm.size(); ++i) {
        from_mean += from_mm[i] / count;
        to_mean += to_mm[i] / count;
    }
    Eigen::Matrix3d crossed = Eigen::Matrix3d::Zero();
    Eigen::Matrix3d spread = Eigen::Matrix3d::Zero();
    for (std::size_t i = 0; i < from_mm.size(); ++i) {
        const Eigen::Vector3d from = from_mm[i] - from_mean;
        crossed += (to_mm[i] - to_mean) * from.transpose() / count;
        spread += from * from.transpose() / count;
    }
    const drr::Svd3 svd = drr::svd_of(crossed);
    const Eigen::Vector3d& singular = svd.values;
    // The second singular value vanishes when one of the sets lies on a line.
    if (!(singular[1] > 1e-12 * singular[0])) return false;
    Eigen::Vector3d signs = Eigen::Vector3d::Ones();
    if (svd.u.determinant() * svd.v.determinant() < 0.0) signs.z() = -1.0;
    const Eigen::Matrix3d rotation = svd.u * signs.asDiagonal() * svd.v.transpose();
    if (with_scale) fit.scale = singular.dot(signs) / spread.trace();
    fit.to_from_from = drr::Rigid3(rotation, to_mean - fit.scale * rotation * from_mean);
    // The largest principal moment is along the line.
    const Eigen::Vector3d moments = drr::svd_of(count * spread).values;
    fit.condition_number_per_mm = 1.0 / std::sqrt(moments.tail<2>().sum());
    return true;
}

// Gauss-Newton on the Mahalanobis distances; true when it stands still.
bool refine(std::span<const Eigen::Vector3d> from_mm, std::span<const Eigen::Vector3d> to_mm,
            std::span<const Eigen::Matrix3d> covariances_mm2, Eigen::Index parameters,
            RigidFit& fit) {
    constexpr int max_iterations = 50;
    constexpr double still = 1e-9;  // of a step in its standard deviations
    for (int iteration = 0; iteration < max_iterations; ++iteration) {
        Matrix7 normal = Matrix7::Zero();
        Vector7 right = Vector7::Zero();
        for (std::size_t i = 0; i < from_mm.size(); ++i) {
            const Jacobian jacobian = jacobian_of(fit, from_mm[i]);
            const auto weight = covariances_mm2[i].ldlt();
            normal += jacobian.transpose() * weight.solve(jacobian);
            right += jacobian.transpose() * weight.solve(to_mm[i] - moved(fit, from_mm[i]));
        }
        Vector7 step = Vector7::Zero();
        const Eigen::MatrixXd used = normal.topLeftCorner(parameters, parameters);
        step.head(parameters) = drr::solve_symmetric(used, right.head(parameters));
        if (!step.allFinite()) return false;
        fit.to_from_from.rotation =
            (drr::rotation_from_vector(step.head<3>()) * fit.to_from_from.rotation).normalized();
        fit.to_from_from.translation_mm += step.segment<3>(3);
        fit.scale += step[6];
        if (step.dot(normal * step) < still * still) return true;
    }
    return false;
}

void add_covariance(std::span<const Eigen::Vector3d> from_mm,
                    std::span<const Eigen::Matrix3d> covariances_mm2, bool weighted,
                    Eigen::Index parameters, RigidFit& fit) {
    const auto freedom = static_cast<double>(3 * from_mm.size()) - static_cast<double>(parameters);
    const double of_residuals =
        freedom > 0.0 ? fit.rms_mm * fit.rms_mm * static_cast<double>(from_mm.size()) / freedom
                      : 0.0;
    // The estimate is A^-1 J^T W r: its covariance A^-1 (J^T W C W J) A^-1, which is A^-1 for W =
    // C^-1.
    Matrix7 normal = Matrix7::Zero();
    Matrix7 middle = Matrix7::Zero();
    for (std::size_t i = 0; i < from_mm.size(); ++i) {
        const Jacobian jacobian = jacobian_of(fit, from_mm[i]);
        if (covariances_mm2.empty()) {
            normal += jacobian.transpose().lazyProduct(jacobian);
            continue;
        }
        const Eigen::Matrix3d& covariance = covariances_mm2[i];
        const Eigen::Matrix3d weight =
            weighted ? covariance.inverse() : Eigen::Matrix3d(Eigen::Matrix3d::Identity());
        normal += jacobian.transpose() * weight * jacobian;
        middle += jacobian.transpose() * weight * covariance * weight * jacobian;
    }
    if (covariances_mm2.empty()) middle = of_residuals * normal;
    const Eigen::MatrixXd inverse = drr::inverse_of(normal.topLeftCorner(parameters, parameters));
    const Eigen::MatrixXd all =
        inverse * middle.topLeftCorner(parameters, parameters) * inverse.transpose();
    fit.covariance = all.topLeftCorner<6, 6>();
    if (parameters == 7) fit.scale_sd = std::sqrt(all(6, 6));
}

}  // namespace

RigidFit fit_rigid(std::span<const Eigen::Vector3d> from_mm, std::span<const Eigen::Vector3d> to_mm,
                   const RigidFitOptions& options,
                   std::span<const Eigen::Matrix3d> covariances_mm2) {
    drr::require(from_mm.size() == to_mm.size(), "a rigid fit needs pairs of points");
    drr::require(covariances_mm2.empty() || covariances_mm2.size() == to_mm.size(),
                 "a rigid fit needs a covariance for each point, or none");
    drr::require(!options.weighted || covariances_mm2.size() == to_mm.size(),
                 "a weighted rigid fit needs covariances");
    RigidFit fit;
    if (from_mm.size() < 3) return fit;
    if (!umeyama(from_mm, to_mm, options.with_scale, fit)) return fit;
    const Eigen::Index parameters = options.with_scale ? 7 : 6;
    if (options.weighted && !refine(from_mm, to_mm, covariances_mm2, parameters, fit)) return fit;
    const auto count = static_cast<double>(from_mm.size());
    double squares = 0.0;
    for (std::size_t i = 0; i < from_mm.size(); ++i) {
        const double distance = (moved(fit, from_mm[i]) - to_mm[i]).norm();
        squares += distance * distance;
        fit.mean_error_mm += distance / count;
    }
    fit.rms_mm = std::sqrt(squares / count);
    add_covariance(from_mm, covariances_mm2, options.weighted, parameters, fit);
    fit.ok = true;
    return fit;
}

}  // namespace stereo
