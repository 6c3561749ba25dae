#pragma once

#include <drr/geometry/rigid3.hpp>

#include <span>

namespace stereo {

/// The motion that carries one set of points onto another.
struct RigidFit {
    drr::Rigid3 to_from_from;  ///< to = scale * R from + t
    double scale = 1.0;
    double rms_mm = 0.0;  ///< root mean square distance that is left
    /// Mean distance that is left: radiostereometry's "mean error of rigid body fitting" (Valstar
    /// et al., "Guidelines for standardization of radiostereometry", Acta Orthop 2005; ISO 16087).
    double mean_error_mm = 0.0;
    /// How the points are spread: 1 / sqrt(sum of their squared distances from the line that is
    /// nearest to them all), of `from` (Soederkvist & Wedin, "Determining the movements of the
    /// skeleton using well-configured markers", J Biomech 1993). Radiostereometry gives it per
    /// metre and asks for less than 120 to 150.
    double condition_number_per_mm = 0.0;
    /// Of (rotation vector w, translation): the pose is exp(w) R and t, rad and mm. From the
    /// covariances of the points where those are given, else from the residuals, as independent and
    /// alike along all axes, over 3 n - 6 (3 n - 7 with scale). First order.
    Eigen::Matrix<double, 6, 6> covariance = Eigen::Matrix<double, 6, 6>::Zero();
    double scale_sd = 0.0;  ///< with_scale only, as the covariance
    /// False for fewer than 3 points or points on a line: the rotation is not determined.
    bool ok = false;
};

struct RigidFitOptions {
    bool with_scale = false;  ///< similarity instead of rigid motion
    /// Weighs the points by their covariances (maximum likelihood) instead of alike. Depth is known
    /// less well than what lies across the beams.
    bool weighted = false;
};

/// Least-squares motion of `from` onto `to` (Umeyama, "Least-squares estimation of transformation
/// parameters between two point patterns", PAMI 1991), and with `weighted` from there the minimum
/// of the sum of squared Mahalanobis distances. `covariances_mm2`: of the differences to - R from,
/// in the frame of `to`, one per point, independent of each other; or none. Throws
/// drr::Error(usage) when the counts differ, or when weighted without covariances.
[[nodiscard]] RigidFit fit_rigid(std::span<const Eigen::Vector3d> from_mm,
                                 std::span<const Eigen::Vector3d> to_mm,
                                 const RigidFitOptions& options = {},
                                 std::span<const Eigen::Matrix3d> covariances_mm2 = {});

}  // namespace stereo
