#pragma once

#include <Eigen/Geometry>

namespace stereo {

/// A right-handed frame (axes as columns) with its first axis along a and its second in the plane
/// of a and b, which must not be parallel.
inline Eigen::Matrix3d right_handed_frame(const Eigen::Vector3d& a, const Eigen::Vector3d& b) {
    Eigen::Matrix3d axes;
    axes.col(0) = a.normalized();
    axes.col(2) = a.cross(b).normalized();
    axes.col(1) = axes.col(2).cross(axes.col(0));
    return axes;
}

}  // namespace stereo
