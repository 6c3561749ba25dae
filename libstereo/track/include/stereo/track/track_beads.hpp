#pragma once

#include <drr/core/log.hpp>
#include <drr/geometry/pinhole.hpp>
#include <stereo/recon/calibration_error.hpp>
#include <stereo/recon/triangulate.hpp>

#include <array>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stereo {

using Matrix6d = Eigen::Matrix<double, 6, 6>;

/// What both views show at one instant: anonymous pixels, true beads and false ones.
using FrameDetections = std::array<std::vector<MeasuredPixel>, 2>;

/// Beads of one rigid body whose places in it are known.
struct BeadLayout {
    std::string name;
    std::vector<std::string> bead_names;
    std::vector<Eigen::Vector3d> beads_mm;  ///< in the body's frame
};

struct TrackOptions {
    /// Errors of calibration and undistortion, standard deviation of one pixel coordinate. It is
    /// added to the detections' covariances in all decisions. Once beads are tracked,
    /// CalibrationError::total_sd_px() takes its place if that is less ...
    double model_sd_px = 0.5;
    /// ... but not less than this: shadows over bone edges are off by more than they say.
    double least_model_sd_px = 0.15;
    /// Gates of all decisions, in standard deviations.
    double max_sigma = 4.0;
    /// Probability that a bead is detected in a view.
    double detection_probability = 0.8;
    /// A sighting is certain when its odds against all others are e to this power (1000 to 1).
    double certain_log_odds = 7.0;

    /// Largest distance between two beads of one body. Limits how far a body that is found by its
    /// rigidity may reach.
    double max_extent_mm = 60.0;
    /// Fewer beads make no body of their own.
    std::size_t min_beads = 3;
    /// How well the places of a layout's beads are known.
    double layout_sd_mm = 0.05;

    /// By how much a body's motion may change from one frame to the next: standard deviations of
    /// its shift along one axis and of its turn about one.
    double step_sd_mm = 3.0;
    double step_sd_rad = 0.08;
    /// Without a sighting for more frames the body is searched for anew, wherever it is.
    std::size_t max_gap_frames = 10;

    /// Throws drr::Error(usage).
    void validate() const;
};

/// Index of a detection where there is none.
inline constexpr std::size_t no_detection = std::numeric_limits<std::size_t>::max();

/// A bead in one frame.
struct BeadSample {
    /// Of each view: index among the frame's detections, or no_detection.
    std::array<std::size_t, 2> detection{no_detection, no_detection};
    /// Of each view: another detection, or none, is nearly as likely. Not used for anything else.
    std::array<bool, 2> ambiguous{false, false};
    /// From certain sightings in both views, with TrackResult::calibration_error taken out and in
    /// the covariance.
    std::optional<Triangulation> point;

    [[nodiscard]] bool seen(std::size_t view) const { return detection[view] != no_detection; }
    [[nodiscard]] bool certain(std::size_t view) const { return seen(view) && !ambiguous[view]; }
};

struct BeadTrack {
    std::string name;
    std::size_t body = 0;
    Eigen::Vector3d in_body_mm = Eigen::Vector3d::Zero();
    Eigen::Matrix3d in_body_covariance_mm2 = Eigen::Matrix3d::Zero();
    std::vector<BeadSample> samples;  ///< one a frame
};

/// A body's pose in one frame.
struct BodySample {
    drr::Rigid3 world_from_body;
    /// Of a rotation vector about the body's origin and of that origin, in the world, rad and mm:
    /// X = t + d_t + exp(d_w) R x. For the body's layout as it is: of the detections, times chi2
    /// per degree of freedom where that is above 1, and of the calibration's errors.
    Matrix6d covariance = Matrix6d::Zero();
    /// Of the certain sightings as detected, length of the 2D residuals of the pose that fits them
    /// best: errors of the calibration and of synchronization show.
    double rms_px = 0.0;
    std::size_t sightings = 0;  ///< certain ones, both views together
    bool searched = false;      ///< found by its rigid distances alone, without prediction
};

struct BodyTrack {
    std::string name;
    bool known = false;                              ///< its layout was given
    std::vector<std::size_t> beads;                  ///< indices into TrackResult::beads
    std::vector<std::optional<BodySample>> samples;  ///< one a frame; none where it is not found
};

struct TrackResult {
    std::vector<BodyTrack> bodies;
    std::vector<BeadTrack> beads;
    /// By its claim and the epipolar distances of beads seen in both views.
    CalibrationError calibration_error;
    /// Of each frame and view: detections that are no sighting, neither certain nor ambiguous.
    std::vector<std::array<std::size_t, 2>> unexplained;
    std::size_t certain = 0;    ///< sightings
    std::size_t ambiguous = 0;  ///< sightings
    std::string summary;        ///< one line
};

/// Follows the beads of rigid bodies over frames of two calibrated views (docs/tracking.md).
///
/// Pairs of detections that epipolar geometry allows give candidate points. Bodies without a layout
/// are discovered: sets of candidates that one rigid motion carries from frame to frame; layouts in
/// `known` name their beads, others are called m001, m002, ... A body's pose is predicted by
/// constant velocity, or found anew by its distances; its detections are chosen jointly, by
/// branching over them while the pose narrows (joint compatibility, Neira & Tardos, IEEE Trans.
/// Robotics and Automation 17, 2001; log odds as Reid, IEEE Trans. Automatic Control 24, 1979), and
/// then among all bodies by the best assignment in each view. What a rival explains nearly as well
/// is ambiguous. `claim` is what the calibration says of its own errors, if it does.
///
/// Throws drr::Error(usage) for no frame, pixels that are not finite, covariances that are
/// singular, or layouts of fewer than three beads. No body found is an outcome: `bodies` is empty.
[[nodiscard]] TrackResult track_beads(std::span<const drr::CalibratedView> views,
                                      std::span<const FrameDetections> frames,
                                      std::span<const BeadLayout> known = {},
                                      const TrackOptions& options = {},
                                      const drr::ProgressSink& progress = {},
                                      const CalibrationClaim& claim = {});

}  // namespace stereo
