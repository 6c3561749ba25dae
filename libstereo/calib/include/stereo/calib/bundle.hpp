#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/calib/observations.hpp>

#include <string>
#include <vector>

namespace stereo {

struct BundleOptions {
    bool square_pixels = true;  ///< fy = fx; X-ray detectors have square pixels
    /// Observations whose residual exceeds this many robust standard deviations (from the median
    /// absolute residual) are rejected; 0 keeps all. At 6, Gaussian noise loses 1 in 6e7.
    double outlier_sigmas = 6.0;
    int max_iterations = 100;

    void validate() const;
};

/// Calibration of all views over all poses of the phantom at once.
struct BundleResult {
    std::vector<drr::CalibratedView> views;       ///< world = phantom in pose 0
    std::vector<drr::Rigid3> world_from_phantom;  ///< one per pose; pose 0 is the identity
    std::vector<bool> pose_known;                 ///< false: the pose had too few markers
    std::vector<Eigen::Vector2d> residuals_px;    ///< observed - projected, one per observation
    std::vector<bool> used;                       ///< one per observation; false: rejected
    std::size_t rejected_count = 0;               ///< outliers among the known poses' observations
    double rms_px = 0.0;                          ///< of the length of the used residuals
    /// How much larger the noise is than the observations' sd_px say: sqrt(sum (r/sd)^2 / (2n -
    /// p)).
    double sigma0 = 0.0;
    /// Covariance of the parameters, with sigma0: for each view f, [fy/fx], cx, cy (px), the
    /// rotation vector of a left-multiplied turn of view_from_world (rad) and its translation (mm);
    /// then for each known pose but the first the same six of world_from_phantom.
    Eigen::MatrixXd covariance;
    int parameters_per_view = 9;  ///< 9 with square pixels, else 10
    bool ok = false;              ///< converged and all parameters are determined
    int iterations = 0;
    std::string summary;
};

/// Bundle adjustment: minimizes the squared reprojection residuals, in units of sd_px, over
/// intrinsics, view poses and phantom poses with Ceres, from initial_calibration(). The phantom's
/// marker positions are taken as exact.
[[nodiscard]] BundleResult bundle(const Observations& observations,
                                  const BundleOptions& options = {});

}  // namespace stereo
