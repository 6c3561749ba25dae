#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/calib/calibration_options.hpp>
#include <stereo/calib/observations.hpp>
#include <stereo/calib/parameters.hpp>

#include <string>
#include <vector>

namespace stereo {

/// The calibration procedures, over the same observations.
enum class Procedure {
    dlt,            ///< "dlt": 11 parameters for each view, from the world pose alone
    opencv,         ///< "opencv": calibrateCamera for each view, then stereoCalibrate
    resection,      ///< "resection": each view by itself over all poses
    bundle,         ///< "bundle": all views and poses at once, markers as designed
    bundle_phantom  ///< "bundle-phantom": the markers' places as well
};

/// The name by which files and the command line know a procedure, and back. Throws
/// drr::Error(usage) for an unknown name, with those that are known.
[[nodiscard]] const char* name_of(Procedure procedure);
[[nodiscard]] Procedure procedure_of(const std::string& name);

/// What a calibration found, whatever the procedure. The world is the phantom's frame, as designed,
/// in the pose `world_pose`: that is the gauge, in which all positions and their covariance are
/// given. SDD, principal points, the motion from one view to another, stereo angle, baseline,
/// fundamental matrix and distances do not depend on it.
struct Calibration {
    Procedure procedure = Procedure::bundle;
    std::vector<drr::CalibratedView> views;
    /// One per pose; identity for `world_pose`. Of a resection: as the first view that saw it has
    /// it. A DLT knows the world pose only.
    std::vector<drr::Rigid3> world_from_phantom;
    std::vector<bool> pose_known;  ///< false: the pose shows too few markers
    int world_pose = 0;
    /// As designed, or as refined.
    std::vector<Eigen::Vector3d> markers_in_phantom_mm;
    double phantom_scale = 1.0;  ///< already in the markers: true size over design

    std::vector<Eigen::Vector2d> residuals_px;  ///< observed - projected, one per observation
    std::vector<bool> used;                     ///< one per observation; false: rejected
    std::size_t rejected_count = 0;             ///< outliers among the known poses' observations
    double rms_px = 0.0;                        ///< of the length of the used residuals
    int degrees_of_freedom = 0;                 ///< measured numbers minus parameters
    /// How much larger the noise is than the observations' sd_px say: sqrt(sum (r/sd)^2 / degrees
    /// of freedom).
    double sigma0 = 0.0;
    /// NoiseScale::per_view: what sd_px were multiplied by, of each view; sigma0 is what is left.
    std::vector<double> view_noise;
    /// ErrorModel::correlated_neighbours: the length; 0 where errors are independent.
    double correlation_length_mm = 0.0;
    double wand_scale = 1.0;  ///< true size of the wand over what it was told to be
    int wand_frames = 0;      ///< that took part
    /// Chance of a sum of squares at least as far from its expectation, were sd_px right.
    double noise_p_value = 0.0;

    /// What the covariance is about, in its order: views first, then phantom_scale, wand_scale and
    /// markers, then poses. Empty where a procedure failed; of dlt, opencv and resection the views'
    /// alone.
    std::vector<Parameter> parameters;
    Eigen::MatrixXd covariance;

    /// What cannot be known from these observations, one sentence each; empty when ok.
    std::vector<std::string> undetermined;
    bool ok = false;  ///< converged and all parameters are determined
    int iterations = 0;
    std::string summary;  ///< one line
};

/// Calibrates with the procedure of that name. Failure (too few markers, a degenerate set, no
/// convergence) is a result that is not ok and says why; throws drr::Error(usage) for observations
/// or options that are out of their range. docs/calibration.md describes the procedures.
[[nodiscard]] Calibration calibrate(Procedure procedure, const Observations& observations,
                                    const CalibrationOptions& options = {});

}  // namespace stereo
