#pragma once

#include <stereo/calib/calibration.hpp>
#include <stereo/study/metrics.hpp>
#include <stereo/study/truth.hpp>

#include <vector>

namespace stereo {

/// A bead that was reconstructed from a pose that the calibration never saw.
struct HeldOutPoint {
    int pose = 0;
    int marker = 0;
    Eigen::Vector3d true_mm = Eigen::Vector3d::Zero();     ///< world
    Eigen::Vector3d found_mm = Eigen::Vector3d::Zero();    ///< world
    Eigen::Vector3d aligned_mm = Eigen::Vector3d::Zero();  ///< after the best rigid motion
    double reprojection_rms_px = 0.0;
};

/// How well held-out beads are reconstructed.
struct HeldOutScore {
    std::vector<HeldOutPoint> points;
    double reprojection_rms_px = 0.0;
    PointErrors absolute;  ///< in the world frame as calibrated
    PointErrors aligned;   ///< after the best rigid motion of all points onto the truth
    /// What the calibration's covariance and the triangulation predict for the same points and the
    /// noise that really was (bias 0 by definition). No counts where a calibration has no
    /// covariance.
    PointErrors predicted_absolute;
    PointErrors predicted_aligned;
    /// Of predicted_absolute, what the noise of the points' own pixels alone would give (3D).
    double predicted_points_rms_mm = 0.0;
    DistanceErrors distances;
    double spread_rms_mm = 0.0;  ///< of the true points about their centroid
    /// Size of the reconstructed set of points over that of the true one (least squares, aligned):
    /// what no reprojection shows.
    double scale = 1.0;
    /// Share of the points whose true place lies within the region of 95 % that the procedure
    /// claims for it, in the world as calibrated; NaN where it claims none.
    double coverage_95 = 0.0;
};

/// How large the noise is over the observations' standard deviations.
struct NoiseRatios {
    double real = 1.0;     ///< Localization::sigma_ratio
    double claimed = 1.0;  ///< what the procedure makes of them, e.g. Calibration::sigma0
};

/// Triangulates the beads of `held_out` that both views saw with `calibration` and compares them
/// with `truth`, whose world must be that of the calibration (in_world_of_pose). Pose 0 of
/// `held_out` is pose `first_pose` of the experiment. Fewer than three points give a score without
/// counts.
[[nodiscard]] HeldOutScore score_held_out(const Calibration& calibration,
                                          const Observations& held_out, int first_pose,
                                          const Truth& truth, const NoiseRatios& noise);

/// A bead that both views of a pose have seen.
struct BeadMatch {
    int pose = 0;
    int marker = 0;
    std::array<Eigen::Vector2d, 2> pixels;
    std::array<double, 2> sd_px{};
};

/// By pose, then marker.
[[nodiscard]] std::vector<BeadMatch> bead_matches(const Observations& observations);

}  // namespace stereo
