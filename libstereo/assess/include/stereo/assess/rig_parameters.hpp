#pragma once

#include <stereo/calib/calibration.hpp>

#include <span>
#include <string>
#include <vector>

namespace stereo {

/// What a calibration says whatever its world: intrinsics, and the motion from view 0 to each other
/// view. Two calibrations can be compared in these; 12 numbers for two views with square pixels.
struct RigParameters {
    /// "view0.focal_length_px", "view0.principal_u_px", ... ("views." where all views share them),
    /// "view1.turn_x_rad", "view1.shift_x_mm": view 1 from view 0, the turn a rotation vector from
    /// the left of the first calibration's motion, so that it is 0 there.
    std::vector<std::string> names;
    Eigen::VectorXd values;
    Eigen::MatrixXd covariance;
};

/// Of calibrations of one rig, in the same order of parameters. Throws drr::Error(usage) when they
/// differ in their number of views or one has no covariance.
[[nodiscard]] std::vector<RigParameters> rig_parameters(std::span<const Calibration> calibrations);

}  // namespace stereo
