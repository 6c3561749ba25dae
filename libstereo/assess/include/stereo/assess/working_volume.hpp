#pragma once

#include <stereo/calib/calibration.hpp>
#include <stereo/recon/epipolar_comparison.hpp>

#include <vector>

namespace stereo {

/// The box, in the calibration's world, of the phantom's markers in all known poses: where a
/// calibration was measured. Throws drr::Error(usage) where that has no volume.
[[nodiscard]] WorkingVolume working_volume(const Calibration& calibration);

/// Its grid of points, x slowest.
[[nodiscard]] std::vector<Eigen::Vector3d> grid_points(const WorkingVolume& volume);

}  // namespace stereo
