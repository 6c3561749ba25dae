#pragma once

#include "pose_and_focal.hpp"

namespace stereo {

/// Normal equations of a pose and a focal length, from weighted residuals r and their derivatives J
/// by the update view_from_phantom <- exp(w) R, t + dt (rad, mm), log_focal + df.
struct PoseEquations {
    Eigen::Matrix<double, 7, 7> normal = Eigen::Matrix<double, 7, 7>::Zero();    ///< J^T J
    Eigen::Matrix<double, 7, 1> gradient = Eigen::Matrix<double, 7, 1>::Zero();  ///< J^T r
    double cost = 0.0;  ///< r^T r; infinite when a marker is not in front of the source
};

/// Those of the sights alone. In registers of as many numbers as the machine has.
[[nodiscard]] PoseEquations pose_equations(const drr::MarkerSights& sights,
                                           const drr::Pinhole& nominal, const ViewPose& pose);

}  // namespace stereo
