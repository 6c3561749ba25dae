#pragma once

#include <drr/geometry/marker_sights.hpp>
#include <drr/geometry/pinhole.hpp>

namespace stereo {

/// Where a phantom is in a view, and how far the view's nominal focal length is off.
struct ViewPose {
    drr::Rigid3 view_from_phantom;
    double log_focal = 0.0;  ///< logarithm of true over nominal focal length
};

[[nodiscard]] drr::Pinhole scaled(const drr::Pinhole& nominal, double log_focal);

struct ViewPoseFit {
    ViewPose pose;
    /// Of the rotation vector by which the orientation may be off and of the translation, both in
    /// the view frame (rad, mm), and of log_focal.
    Eigen::Matrix<double, 7, 7> covariance = Eigen::Matrix<double, 7, 7>::Zero();

    [[nodiscard]] Eigen::Matrix3d rotation_covariance() const {
        return covariance.topLeftCorner<3, 3>();
    }
};

/// The most probable pose and focal length for given sights and a normal prior of `log_focal_sd`
/// about the nominal focal length: Levenberg-Marquardt on seven parameters from `initial`. The
/// prior decides where depth and focal length cannot be told apart (flat or small phantoms).
[[nodiscard]] ViewPoseFit fit_pose_and_focal(const drr::MarkerSights& sights,
                                             const drr::Pinhole& nominal, const ViewPose& initial,
                                             double log_focal_sd, int max_iterations);

}  // namespace stereo
