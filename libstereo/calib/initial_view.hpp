#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/calib/calibration_options.hpp>
#include <stereo/calib/observations.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stereo {

/// Intrinsics of one view and the phantom's pose in each of its images.
struct InitialView {
    drr::Pinhole pinhole;
    std::vector<std::optional<drr::Rigid3>> view_from_phantom;  ///< one per pose
    std::string undetermined;  ///< why nothing could be found; empty when ok
};

/// From images of markers in space: a DLT for each, and the median of the intrinsics. From images
/// of markers on a plane: homographies (Zhang, "A flexible new technique for camera calibration",
/// PAMI 2000) with square pixels; where these leave the focal length open, the principal point is
/// taken for the image's middle, and where that does not help, the focal length for
/// `focal_length_guess` image widths. A focal length that is known beforehand takes the place of
/// one that is more than three of its standard deviations off, or of the guess. Four markers are
/// enough for a pose once intrinsics are known.
[[nodiscard]] InitialView initial_view(const Observations& observations, int view,
                                       std::span<const FocalLengthPrior> known = {});

}  // namespace stereo
