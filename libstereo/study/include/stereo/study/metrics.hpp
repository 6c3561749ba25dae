#pragma once

#include <Eigen/Core>

#include <span>
#include <vector>

namespace stereo {

/// Errors of reconstructed points, in axes that are right for stereo: x along the baseline, y
/// across it (both lateral), z along the mean beam (depth).
struct PointErrors {
    std::size_t count = 0;
    Eigen::Vector3d bias_mm = Eigen::Vector3d::Zero();       ///< mean
    Eigen::Vector3d precision_mm = Eigen::Vector3d::Zero();  ///< standard deviation
    Eigen::Vector3d rms_mm = Eigen::Vector3d::Zero();
    double max_mm = 0.0;  ///< largest length of an error

    [[nodiscard]] double lateral_rms_mm() const;  ///< of one lateral axis: sqrt((x^2 + y^2) / 2)
    [[nodiscard]] double depth_rms_mm() const { return rms_mm.z(); }
    [[nodiscard]] double total_rms_mm() const { return rms_mm.norm(); }
};

/// Errors of the distances between beads of one pose, over all pairs and poses.
struct DistanceErrors {
    std::size_t count = 0;
    double bias_mm = 0.0;
    double precision_mm = 0.0;
    double rms_mm = 0.0;
    double max_mm = 0.0;
};

/// Statistics of `errors_mm`, turned into the stereo axes by `stereo_from_world`.
[[nodiscard]] PointErrors point_errors(std::span<const Eigen::Vector3d> errors_mm,
                                       const Eigen::Matrix3d& stereo_from_world);

/// Distances between the found points against those between the true ones; `group` keeps apart
/// points of different poses. The three spans are of equal length.
[[nodiscard]] DistanceErrors distance_errors(std::span<const Eigen::Vector3d> found_mm,
                                             std::span<const Eigen::Vector3d> true_mm,
                                             std::span<const int> group);

}  // namespace stereo
