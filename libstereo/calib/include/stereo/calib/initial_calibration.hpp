#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/calib/calibration_options.hpp>
#include <stereo/calib/observations.hpp>

#include <span>
#include <string>
#include <vector>

namespace stereo {

/// A calibration good enough to start a bundle adjustment from.
struct InitialCalibration {
    std::vector<drr::CalibratedView> views;       ///< world = phantom in `world_pose`
    std::vector<drr::Rigid3> world_from_phantom;  ///< one per pose; identity for world_pose
    std::vector<bool> pose_known;                 ///< false: too few markers in that pose
    int world_pose = 0;                           ///< the first pose that is known
    std::vector<std::string> undetermined;        ///< why there is none, one sentence each
    bool ok = false;
    std::string summary;
};

/// Starts from observations: the intrinsics of each view (initial_view), the phantom's
/// pose in each image for these, and the views linked to each other by the poses that they share,
/// one view to the next: no pose has to be seen by all of them. Focal lengths that are known
/// beforehand are started from where the observations contradict them or tell none.
[[nodiscard]] InitialCalibration initial_calibration(const Observations& observations,
                                                     std::span<const FocalLengthPrior> known = {});

}  // namespace stereo
