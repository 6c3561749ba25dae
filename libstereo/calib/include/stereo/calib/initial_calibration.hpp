#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/calib/observations.hpp>

#include <string>
#include <vector>

namespace stereo {

/// A calibration good enough to start a bundle adjustment from.
struct InitialCalibration {
    std::vector<drr::CalibratedView> views;       ///< world = phantom in pose 0
    std::vector<drr::Rigid3> world_from_phantom;  ///< one per pose; pose 0 is the identity
    std::vector<bool> pose_known;                 ///< false: too few markers in that pose
    bool ok = false;
    std::string summary;
};

/// Starts from nothing but observations: a DLT for each image, the median of the intrinsics of each
/// view, the phantom's pose in each image for these, and the mean relative pose of the views.
[[nodiscard]] InitialCalibration initial_calibration(const Observations& observations);

}  // namespace stereo
