#include <drr/core/error.hpp>
#include <drr/scene/motion.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace drr {
namespace {

void require_finite(const Rigid3& pose) {
    require(pose.translation_mm.allFinite() && pose.rotation.coeffs().allFinite(),
            "the poses of a motion must be finite");
}

void check(const ListedMotion& motion) {
    require(!motion.poses.empty(), "a motion needs at least one pose");
    for (const TimedPose& pose : motion.poses) {
        require_finite(pose.world_from_body);
        require(std::isfinite(pose.time_s), "the times of a motion must be finite");
    }
    for (std::size_t n = 1; n < motion.poses.size(); ++n)
        require(motion.poses[n - 1].time_s < motion.poses[n].time_s,
                "the times of a motion must ascend");
}

void check(const ScrewMotion& motion) {
    require_finite(motion.start);
    require(motion.axis.allFinite() && motion.axis.norm() > 0.0,
            "the axis of a motion must have a direction");
    require(motion.through_in_world_mm.allFinite() && std::isfinite(motion.turn_rad) &&
                std::isfinite(motion.glide_mm),
            "the numbers of a motion must be finite");
    if (motion.oscillation)
        require(std::isfinite(motion.oscillation->frequency_hz) &&
                    std::isfinite(motion.oscillation->phase_rad),
                "frequency and phase of a motion must be finite");
}

Rigid3 pose_at(const ListedMotion& motion, double time_s) {
    const auto& poses = motion.poses;
    const auto next =
        std::upper_bound(poses.begin(), poses.end(), time_s,
                         [](double time, const TimedPose& pose) { return time < pose.time_s; });
    if (next == poses.begin()) return poses.front().world_from_body;
    if (next == poses.end()) return poses.back().world_from_body;
    const TimedPose& a = *(next - 1);
    const double share = (time_s - a.time_s) / (next->time_s - a.time_s);
    return {a.world_from_body.rotation.slerp(share, next->world_from_body.rotation),
            a.world_from_body.translation_mm +
                share * (next->world_from_body.translation_mm - a.world_from_body.translation_mm)};
}

Rigid3 pose_at(const ScrewMotion& motion, double time_s) {
    double amount = time_s;
    if (motion.oscillation)
        amount = std::sin(2.0 * std::numbers::pi * motion.oscillation->frequency_hz * time_s +
                          motion.oscillation->phase_rad);
    const Eigen::Vector3d axis = motion.axis.normalized();
    const Eigen::Quaterniond turn = rotation_from_vector(amount * motion.turn_rad * axis);
    const Eigen::Vector3d& p = motion.through_in_world_mm;
    return Rigid3(turn, p - turn * p + amount * motion.glide_mm * axis) * motion.start;
}

}  // namespace

Motion rest(const Rigid3& world_from_body) {
    return ListedMotion{{{0.0, world_from_body}}};
}

void validate(const Motion& motion) {
    std::visit([](const auto& kind) { check(kind); }, motion);
}

Rigid3 world_from_body(const Motion& motion, double time_s) {
    return std::visit([&](const auto& kind) { return pose_at(kind, time_s); }, motion);
}

}  // namespace drr
