#pragma once

#include <stereo/calib/calibration.hpp>
#include <stereo/study/truth.hpp>

#include <vector>

namespace stereo {

/// Errors of one calibrated view and the standard deviations that the calibration claims; these are
/// 0 where it claims none.
struct ViewErrors {
    Eigen::Vector3d source_mm = Eigen::Vector3d::Zero();  ///< stereo axes
    Eigen::Vector3d source_sd_mm = Eigen::Vector3d::Zero();
    double sdd_mm = 0.0;
    double sdd_sd_mm = 0.0;
    Eigen::Vector2d principal_point_px = Eigen::Vector2d::Zero();
    Eigen::Vector2d principal_point_sd_px = Eigen::Vector2d::Zero();
};

/// Errors of the calibrated geometry.
struct GeometryErrors {
    std::vector<ViewErrors> views;
    double stereo_angle_rad = 0.0;
    double stereo_angle_sd_rad = 0.0;
};

/// Compares two calibrated views with `truth`, whose world must be that of the calibration
/// (in_world_of_pose).
[[nodiscard]] GeometryErrors geometry_errors(const Calibration& calibration, const Truth& truth);

}  // namespace stereo
