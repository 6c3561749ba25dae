#pragma once

#include "body_pose.hpp"

#include <array>
#include <span>
#include <vector>

namespace stereo {

/// The detection of each bead in each view.
using BeadDetections = std::vector<std::array<std::size_t, 2>>;

/// One way to explain a frame by one body.
struct Association {
    BeadDetections detection;
    PoseEstimate pose;
    double log_odds = 0.0;  ///< against: all detections are something else
    std::size_t sightings = 0;
};

/// The frame's detections as all decisions see them, with TrackOptions::model_sd_px added.
struct FrameView {
    std::span<const drr::CalibratedView> views;
    FrameDetections detections;
    /// Of each view: false detections expected in a square pixel. All of them count as such, since
    /// a body need not be there.
    std::array<double, 2> clutter_per_px2{};
};

[[nodiscard]] FrameView frame_view(std::span<const drr::CalibratedView> views,
                                   const FrameDetections& detections, const TrackOptions& options);

/// Log odds that a detection at this place is the bead, over its being something else and the bead
/// not detected; `chi2` of the distance under `covariance_px2`.
[[nodiscard]] double sighting_log_odds(double chi2, const Eigen::Matrix2d& covariance_px2,
                                       double clutter_per_px2, const TrackOptions& options);

/// The best ways to choose detections for the beads of a body, for a pose known beforehand up to
/// its covariance; the best first, never empty. Beads are taken one after the other, those with the
/// fewest detections in reach first; each branches into these and "not detected", and each choice
/// narrows the pose by a Kalman update. The most likely branches are kept.
[[nodiscard]] std::vector<Association> associate(const FrameView& frame,
                                                 std::span<const BodyBead> beads,
                                                 const PoseEstimate& prior,
                                                 const TrackOptions& options);

/// Of each bead and view: probability of the first association's choice among all of them.
[[nodiscard]] std::vector<std::array<double, 2>> choice_probabilities(
    std::span<const Association> associations);

}  // namespace stereo
