#pragma once

#include <stereo/assess/rig_parameters.hpp>
#include <stereo/assess/significance.hpp>
#include <stereo/assess/working_volume.hpp>

#include <optional>
#include <string>
#include <vector>

namespace stereo {

/// What changes about a point when one calibration takes the place of another.
struct PointDifference {
    Eigen::Vector3d point_mm = Eigen::Vector3d::Zero();  ///< in the first calibration's world
    /// From the point to where the second calibration puts its images, after the best rigid motion.
    Eigen::Vector3d difference_mm = Eigen::Vector3d::Zero();
    /// What both calibrations' covariances predict for it, the rigid motion taken out.
    Eigen::Matrix3d covariance_mm2 = Eigen::Matrix3d::Zero();
    Significance significance;  ///< 3 degrees of freedom
};

/// The difference of two calibrations of one rig.
struct CalibrationComparison {
    std::vector<std::string> names;  ///< of RigParameters
    Eigen::VectorXd difference;      ///< second minus first
    Eigen::VectorXd sd;              ///< of the difference
    /// Of all of them together: whether the rig changed at all. Needs no volume and no gauge.
    Significance significance;

    /// Over the grid of the volume; empty for one view. Points that either calibration puts behind
    /// a source are left out.
    std::vector<PointDifference> points;
    drr::Rigid3 first_from_second;  ///< the best motion between the worlds over that grid
    double rms_mm = 0.0;            ///< of the differences' length
    double max_mm = 0.0;
    double expected_rms_mm = 0.0;  ///< by the covariances, were there no change
    /// Derivatives of the motion (turn, shift in the first world) by the parameters of the first's
    /// and then the second's views.
    Eigen::MatrixXd motion_derivatives;
    std::string summary;  ///< one line
};

/// Compares two independent calibrations: in the parameters that do not depend on the world, and as
/// a map over the volume, given in the first's world. A point of the first world is projected by
/// the first calibration, and the second triangulates these pixels by least squares; the rigid
/// motion that brings both sets nearest is taken out, since the worlds are different poses of a
/// phantom. Covariances are first order. Errors that both share (the phantom's design, a detector's
/// distortion) do not show. Throws drr::Error(usage) as rig_parameters, and where fewer than three
/// points of the volume can be triangulated.
[[nodiscard]] CalibrationComparison compare_calibrations(const Calibration& first,
                                                         const Calibration& second,
                                                         const WorkingVolume& volume);

/// The same at any point of the first world; none where it cannot be triangulated.
[[nodiscard]] std::optional<PointDifference> difference_at(const CalibrationComparison& comparison,
                                                           const Calibration& first,
                                                           const Calibration& second,
                                                           const Eigen::Vector3d& point_mm);

}  // namespace stereo
