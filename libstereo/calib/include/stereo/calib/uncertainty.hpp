#pragma once

#include <stereo/calib/calibration.hpp>

#include <functional>
#include <span>
#include <vector>

namespace stereo {

/// A quantity that follows from calibrated views.
using ViewFunction = std::function<Eigen::VectorXd(std::span<const drr::CalibratedView>)>;

/// First-order covariance of f(views) from the covariance of a calibration, with derivatives by
/// central differences of a tenth of a standard deviation in each parameter of the views. Throws
/// drr::Error(usage) for a calibration without covariance.
[[nodiscard]] Eigen::MatrixXd propagate(const Calibration& calibration, const ViewFunction& f);

/// Standard deviations that a calibration claims for itself.
struct ViewPrecision {
    Eigen::Vector3d source_mm = Eigen::Vector3d::Zero();  ///< per world axis
    double focal_length_px = 0.0;
    Eigen::Vector2d principal_point_px = Eigen::Vector2d::Zero();
};
struct CalibrationPrecision {
    std::vector<ViewPrecision> views;
    double stereo_angle_rad = 0.0;  ///< of the first two views
    double baseline_mm = 0.0;       ///< between their sources
};
[[nodiscard]] CalibrationPrecision precision_of(const Calibration& calibration);

/// What a point that is triangulated with a calibration is worth, first order.
struct PointUncertainty {
    /// From the calibration alone: what all points near each other share.
    Eigen::Matrix3d of_calibration_mm2 = Eigen::Matrix3d::Zero();
    /// From pixel noise alone, with the views taken as exact.
    Eigen::Matrix3d of_pixels_mm2 = Eigen::Matrix3d::Zero();
    bool ok = false;  ///< false for parallel rays or a point behind a source

    [[nodiscard]] Eigen::Matrix3d total_mm2() const { return of_calibration_mm2 + of_pixels_mm2; }
};

/// The uncertainty of a point of the world that all views see with independent pixel noise, when it
/// is triangulated by least squares: with A = sum J^T J / sd^2 over the views and the derivatives P
/// of the projections by the parameters, the point moves by -A^-1 sum J^T P / sd^2.
[[nodiscard]] PointUncertainty point_uncertainty(const Calibration& calibration,
                                                 const Eigen::Vector3d& point_in_world_mm,
                                                 double sd_px);

/// How a point that is triangulated by least squares with these standard deviations, one a view,
/// moves with the parameters of the views: a row an axis of the world, mm, a column a parameter, in
/// the order of Calibration::parameters, which the views' lead. With A and P as in
/// point_uncertainty(), -A^-1 sum J^T P / sd^2. Throws drr::Error(usage) for a calibration without
/// covariance or another number of views.
[[nodiscard]] Eigen::MatrixXd point_derivatives(const Calibration& calibration,
                                                const Eigen::Vector3d& point_in_world_mm,
                                                std::span<const double> sd_px);

/// Derivatives of a point's projections (rows: u, v of each view) by the parameters of the views,
/// which are the first of the calibration's. Throws drr::Error(usage) for a calibration without
/// covariance.
[[nodiscard]] Eigen::MatrixXd projection_derivatives(const Calibration& calibration,
                                                     const Eigen::Vector3d& point_in_world_mm);

/// Covariance of the projections of a point into all views, px^2, view by view.
[[nodiscard]] Eigen::MatrixXd projection_covariance(const Calibration& calibration,
                                                    const Eigen::Vector3d& point_in_world_mm);

}  // namespace stereo
