#pragma once

#include <drr/core/image.hpp>
#include <drr/core/log.hpp>
#include <stereo/calib/calibration.hpp>
#include <stereo/calib/uncertainty.hpp>
#include <stereo/detect/bead_detector.hpp>
#include <stereo/identify/identify.hpp>
#include <stereo/recon/fundamental.hpp>
#include <stereo/study/experiment.hpp>
#include <stereo/study/held_out.hpp>
#include <stereo/study/observed.hpp>
#include <stereo/study/view_errors.hpp>

#include <array>
#include <functional>
#include <string>
#include <vector>

namespace stereo {

/// One image as the procedure saw it.
struct ImageRecord {
    int pose = 0;
    int view = 0;
    BeadDetectorResult detection;
    std::vector<int> marker_of_bead;  ///< one per detected bead: index of the marker or -1
};

struct EpipolarCheck {
    std::vector<Eigen::Vector2d> a_px;  ///< matched beads of all calibration poses, view 0
    std::vector<Eigen::Vector2d> b_px;  ///< and view 1
    FundamentalEstimate ransac;
    Eigen::Matrix3d calibrated = Eigen::Matrix3d::Zero();  ///< F that the calibration implies
    EpipolarStatistics of_calibrated;                      ///< all matches against it
    /// Root mean square distance of exact projections under the calibration from the epipolar
    /// lines of the RANSAC matrix: how far the two matrices disagree where the beads were.
    double difference_rms_px = 0.0;
    bool warning = false;  ///< the calibration's RMS is above 1 px
};

/// All that came out of an experiment.
struct ValidationResult {
    ExperimentSpec spec;
    Truth truth;
    std::vector<NominalView> nominal;  ///< what the procedure was told
    double nominal_sdd_mm = 0.0;
    double nominal_stereo_angle_rad = 0.0;
    std::vector<ImageRecord> images;         ///< pose by pose, view 0 then 1
    std::vector<IdentifyResult> identities;  ///< one per pose
    std::array<drr::Image<std::uint16_t>, 2> first_pose_images;
    Localization localization;
    Observations calibration_observations;
    Calibration calibration;
    std::vector<ViewErrors> view_errors;
    double stereo_angle_error_rad = 0.0;
    double stereo_angle_sd_rad = 0.0;
    EpipolarCheck epipolar;
    std::vector<HeldOutPoint> held_out;
    double held_out_reprojection_rms_px = 0.0;
    PointErrors absolute;  ///< in the world frame as calibrated
    PointErrors aligned;   ///< after the best rigid motion of all held-out points onto the truth
    /// What the calibration's covariance and the triangulation predict for the same points and the
    /// localization noise that the detector really had: its standard deviations times
    /// Localization::sigma_ratio (bias 0 by definition).
    PointErrors predicted_absolute;
    PointErrors predicted_aligned;
    double expected_depth_resolution_mm = 0.0;  ///< Z^2 delta_d / (B f) at the isocentre
    DistanceErrors distances;
    bool ok = false;
    std::string summary;  ///< one line; says what failed when not ok
};

struct ValidationHooks {
    drr::ProgressSink progress;
    /// Called once for each rendered image, from any thread.
    RadiographSink image;
};

/// Runs an experiment: renders it, measures the images as a laboratory would (with the phantom's
/// design and nominal values only), calibrates on the calibration poses, and compares all with the
/// truth. A procedure that fails is a result that is not ok.
[[nodiscard]] ValidationResult validate_experiment(const ExperimentSpec& spec,
                                                   const ValidationHooks& hooks = {});

}  // namespace stereo
