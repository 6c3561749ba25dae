#pragma once

#include <drr/geometry/rigid3.hpp>

#include <Eigen/Core>

#include <optional>
#include <variant>
#include <vector>

namespace drr {

struct TimedPose {
    double time_s = 0.0;
    Rigid3 world_from_body;
};

/// Poses at times. Between two of them the body's origin moves on a straight line and the body
/// turns about a fixed axis, both evenly (slerp); before the first and after the last it rests.
struct ListedMotion {
    std::vector<TimedPose> poses;  ///< at least one, times ascending
};

/// A sine: the motion at a time is its amplitude times sin(2 pi frequency t + phase).
struct Oscillation {
    double frequency_hz = 0.0;
    double phase_rad = 0.0;
};

/// A turn about an axis of the world and a glide along it, together a screw; either may be zero.
/// They are rates per second, or amplitudes where there is an oscillation.
struct ScrewMotion {
    Rigid3 start;  ///< world_from_body where turn and glide are zero
    Eigen::Vector3d axis = Eigen::Vector3d::UnitZ();                ///< of any length
    Eigen::Vector3d through_in_world_mm = Eigen::Vector3d::Zero();  ///< a point of the axis
    double turn_rad = 0.0;
    double glide_mm = 0.0;
    std::optional<Oscillation> oscillation;
};

/// How a body moves.
using Motion = std::variant<ListedMotion, ScrewMotion>;

/// A body at rest.
[[nodiscard]] Motion rest(const Rigid3& world_from_body);

/// Throws Error(usage) for no pose, times that do not ascend, an axis without direction, and
/// numbers that are not finite.
void validate(const Motion& motion);

/// The pose at a time.
[[nodiscard]] Rigid3 world_from_body(const Motion& motion, double time_s);

}  // namespace drr
