#pragma once

#include <Eigen/Core>

#include <optional>
#include <vector>

namespace stereo {

/// What is known beside the images, each with its standard deviation.
struct FocalLengthPrior {
    int view = 0;
    double focal_length_px = 0.0;  ///< SDD over pixel pitch
    double sd_px = 0.0;
};
struct PrincipalPointPrior {
    int view = 0;
    Eigen::Vector2d principal_point_px = Eigen::Vector2d::Zero();
    double sd_px = 0.0;
};
/// The angle between the central rays of two views.
struct StereoAnglePrior {
    int view_a = 0;
    int view_b = 1;
    double angle_rad = 0.0;
    double sd_rad = 0.0;
};
/// A distance between two markers of the phantom that was measured, with calliper or ruler. It
/// frees the size of the phantom, which nothing in the images tells.
struct MeasuredDistance {
    int marker_a = 0;
    int marker_b = 1;
    double distance_mm = 0.0;
    double sd_mm = 0.0;
};

struct CalibrationPriors {
    std::vector<FocalLengthPrior> focal_lengths;
    std::vector<PrincipalPointPrior> principal_points;
    std::vector<StereoAnglePrior> stereo_angles;
    std::vector<MeasuredDistance> distances;
    /// Standard deviation of the phantom's true size over its design; a value above 0 frees it.
    double phantom_scale_sd = 0.0;
    /// Of each coordinate of a marker about its design, in bundle_phantom. So far the frame of the
    /// design is known from the beads as built; sources and points carry that.
    double placement_sd_mm = 0.1;
};

/// What a residual of s standard deviations costs (rho of its square): s^2; Huber's, linear beyond
/// the threshold; Cauchy's, logarithmic.
enum class Loss { squared, huber, cauchy };

/// What the covariance takes the noise for.
enum class NoiseScale {
    /// sd_px times sigma0: only the ratios of sd_px matter. The default, since one detector's
    /// claims, right or wrong, are so alike for all images that it sees.
    estimated,
    declared,  ///< sd_px
    /// sd_px times a factor of each view, estimated with the calibration (variance components):
    /// where views differ, as a flat panel beside an intensifier does. Weights follow.
    per_view
};

/// What the covariance takes the errors of the markers of one image for. The estimates are the
/// same; dlt, opencv and resection know the first only.
enum class ErrorModel {
    independent_markers,
    /// Correlated by exp(-distance in the phantom / a length that the residuals tell). For detected
    /// beads: neighbours stand in like surroundings, which draw them the same way.
    correlated_neighbours
};

struct CalibrationOptions {
    bool square_pixels = true;       ///< fy = fx; X-ray detectors have square pixels
    bool shared_intrinsics = false;  ///< one focal length and principal point for all views
    Loss loss = Loss::squared;
    /// Where Huber's and Cauchy's loss turn, in standard deviations of a coordinate. Of a Gaussian
    /// error in the plane 1 in 90 is longer than 3.
    double loss_sigmas = 3.0;
    /// Observations whose residual exceeds this many robust standard deviations (from the median
    /// absolute residual) are rejected; 0 keeps all. At 6, Gaussian noise loses 1 in 6e7.
    double outlier_sigmas = 6.0;
    int max_iterations = 100;
    bool covariance = true;
    NoiseScale noise = NoiseScale::estimated;
    ErrorModel errors = ErrorModel::independent_markers;
    CalibrationPriors priors = {};

    /// Throws drr::Error(usage); the counts are those of the observations.
    void validate(int view_count, int marker_count) const;
};

}  // namespace stereo
