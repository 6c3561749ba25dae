#include <drr/geometry/c_arm.hpp>

#include <cmath>

namespace drr {
namespace {

constexpr double pi = std::numbers::pi;

// World from view of a beam along +y, upright: x_view = +x, y_view = -z, z_view = +y.
Eigen::Matrix3d beam_to_posterior() {
    Eigen::Matrix3d world_from_view;
    world_from_view << 1.0, 0.0, 0.0,  //
        0.0, 0.0, 1.0,                 //
        0.0, -1.0, 0.0;
    return world_from_view;
}

Eigen::Quaterniond turn(double angle_rad, const Eigen::Vector3d& axis) {
    return Eigen::Quaterniond(Eigen::AngleAxisd(angle_rad, axis));
}

}  // namespace

Eigen::Quaterniond world_from_view_rotation(const CArmAngles& angles) {
    return turn(angles.primary_rad - pi, Eigen::Vector3d::UnitZ()) *
           turn(angles.secondary_rad, Eigen::Vector3d::UnitX()) *
           Eigen::Quaterniond(beam_to_posterior()) *
           turn(angles.detector_rotation_rad, Eigen::Vector3d::UnitZ());
}

CArmAngles c_arm_angles(const XrayView& view) {
    // A turn about the view's z, carried over to the world, is one about y.
    const EulerZxy euler =
        euler_zxy(view.view_from_world.matrix().transpose() * beam_to_posterior().transpose());
    CArmAngles angles{euler.z_rad + pi, euler.x_rad, euler.y_rad};
    if (angles.primary_rad > pi) angles.primary_rad -= 2.0 * pi;
    return angles;
}

}  // namespace drr
