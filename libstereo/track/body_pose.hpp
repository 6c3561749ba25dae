#pragma once

#include <stereo/track/track_beads.hpp>

#include <span>
#include <vector>

namespace stereo {

/// A bead's place in its body and how sure that is.
struct BodyBead {
    Eigen::Vector3d point_mm = Eigen::Vector3d::Zero();
    Eigen::Matrix3d covariance_mm2 = Eigen::Matrix3d::Zero();
};

/// A pose with the covariance that BodySample describes.
struct PoseEstimate {
    drr::Rigid3 world_from_body;
    Matrix6d covariance = Matrix6d::Zero();
};

/// A bead's pixel in a view as a pose predicts it.
struct PredictedPixel {
    Eigen::Vector2d pixel = Eigen::Vector2d::Zero();
    Eigen::Matrix<double, 2, 6> jacobian;  ///< by the pose
    Eigen::Matrix2d covariance_px2;        ///< of pose and bead together
    bool in_front = false;
};

[[nodiscard]] PredictedPixel predict_pixel(const drr::CalibratedView& view,
                                           const PoseEstimate& pose, const BodyBead& bead);

/// The pose moved by a rotation vector and a shift (rad, mm), as in BodySample.
[[nodiscard]] drr::Rigid3 moved(const drr::Rigid3& world_from_body,
                                const Eigen::Matrix<double, 6, 1>& step);

/// A bead seen by a view.
struct Sighting {
    std::size_t view = 0;
    BodyBead bead;
    MeasuredPixel seen;
};

struct FittedPose {
    PoseEstimate pose;
    /// How the pose moves with the pixels: columns u, v of each sighting, per px.
    Eigen::Matrix<double, 6, Eigen::Dynamic> by_pixels;
    double chi2 = 0.0;
    bool ok = false;  ///< false for fewer than three beads or no convergence
};

/// Least-squares pose of the sightings, weighted by the covariances of pixels and beads, by
/// Gauss-Newton from `initial`.
[[nodiscard]] FittedPose fit_body_pose(std::span<const drr::CalibratedView> views,
                                       std::span<const Sighting> sightings,
                                       const drr::Rigid3& initial);

/// Covariance of a fitted pose from the errors that a calibration has for all its sightings.
[[nodiscard]] Matrix6d shared_covariance(const FittedPose& fit, std::span<const Sighting> sightings,
                                         const CalibrationError& error);

/// The pose `frames` later under constant velocity: the motion of `before` to `last` over
/// `frames_between` of them, repeated; at rest without `before`.
[[nodiscard]] PoseEstimate predicted_pose(const PoseEstimate* before, std::size_t frames_between,
                                          const PoseEstimate& last, std::size_t frames,
                                          const TrackOptions& options);

}  // namespace stereo
