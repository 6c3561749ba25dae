#pragma once

#include <stereo/calib/bundle.hpp>

#include <functional>
#include <span>
#include <vector>

namespace stereo {

/// A quantity that follows from calibrated views.
using ViewFunction = std::function<Eigen::VectorXd(std::span<const drr::CalibratedView>)>;

/// First-order covariance of f(views) from the covariance of a calibration, with derivatives by
/// central differences of a tenth of a standard deviation in each parameter of the views. Throws
/// drr::Error(usage) for a calibration without covariance.
[[nodiscard]] Eigen::MatrixXd propagate(const BundleResult& calibration, const ViewFunction& f);

/// Standard deviations that a calibration claims for itself.
struct ViewPrecision {
    Eigen::Vector3d source_mm = Eigen::Vector3d::Zero();  ///< per world axis
    double focal_length_px = 0.0;
    Eigen::Vector2d principal_point_px = Eigen::Vector2d::Zero();
};
struct CalibrationPrecision {
    std::vector<ViewPrecision> views;
    double stereo_angle_rad = 0.0;  ///< of the first two views
};
[[nodiscard]] CalibrationPrecision precision_of(const BundleResult& calibration);

}  // namespace stereo
