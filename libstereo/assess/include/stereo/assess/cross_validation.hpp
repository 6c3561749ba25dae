#pragma once

#include <stereo/calib/calibration.hpp>
#include <stereo/recon/reconstruction_error.hpp>

#include <string>
#include <vector>

namespace stereo {

/// A pose of the phantom seen through a calibration that did not know it.
struct HeldOutPose {
    int pose = 0;
    std::size_t count = 0;  ///< observations; one that the fit calls an outlier is left out
    double rms_px = 0.0;    ///< of the length of the residuals, with the phantom's pose fitted
    double chi_square = 0.0;
    int degrees_of_freedom = 0;  ///< measured numbers less the pose's six
    /// What `chi_square` is expected to be: degrees of freedom times sigma0^2, and what the
    /// covariance of the calibration adds (0 where it has none).
    double expected_chi_square = 0.0;
    /// Of the beads that two views or more show, triangulated, against the phantom: beads, their
    /// error after the best rigid motion (of any number of views; none of one).
    std::size_t triangulated = 0;
    double rigid_rms_mm = 0.0;
    double max_mm = 0.0;
    double scale = 1.0;  ///< of the phantom over what was triangulated
    double scale_sd = 0.0;
};

/// What calibrations are worth on poses that they did not see.
struct CrossValidation {
    int folds = 0;
    std::vector<HeldOutPose> poses;  ///< by pose; those too poor to be judged are left out
    double rms_px = 0.0;             ///< over all held-out observations
    double fitted_rms_px = 0.0;      ///< of the calibrations over the poses that they saw
    /// sqrt(sum chi_square / sum expected): above 1, the model misses something that poses differ
    /// in.
    double ratio = 0.0;
    double rigid_rms_mm = 0.0;  ///< root mean square over all triangulated beads, length in space
    bool ok = false;            ///< every fold has a calibration
    std::string summary;        ///< one line
};

/// Holds out poses in turn: pose p in fold p % folds. The other folds are calibrated; in each
/// held-out pose the phantom's pose is fitted to all views at once (six numbers, which no
/// calibration can know), and what is left is judged in pixels and, triangulated bead by bead and
/// brought onto the phantom by the best rigid motion, in space. Throws drr::Error(usage) unless 2
/// <= folds <= poses, and as calibrate().
[[nodiscard]] CrossValidation cross_validate(Procedure procedure, const Observations& observations,
                                             const CalibrationOptions& options, int folds);

}  // namespace stereo
