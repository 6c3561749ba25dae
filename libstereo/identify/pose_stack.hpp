#pragma once

#include "joint_namings.hpp"

#include <optional>
#include <vector>

namespace stereo {

/// A pose whose names are certain.
struct CertainPose {
    std::span<const ViewProblem> views;
    const JointNaming* naming = nullptr;
    const IdentifyResult* result = nullptr;
};

/// What certain poses tell of the rig and of the phantom as built, which all poses of a stack
/// share: one fit to the named blobs of those that show most beads. None when the poses contradict
/// each other.
[[nodiscard]] std::optional<PriorKnowledge> learn_from(std::vector<CertainPose> poses,
                                                       std::span<const NominalView> nominal,
                                                       const IdentifyOptions& options);

/// The namings that compete for a pose when rig and phantom are known: those of the pose alone, and
/// the poses of the namings of each view, carried over to the others. The latter are kept in
/// `storage`.
[[nodiscard]] std::vector<JointNaming> join_views_of_known_rig(
    std::span<const ViewProblem> views, std::span<const ViewSearch> searches,
    const PriorKnowledge& knowledge, const std::vector<JointNaming>& alone,
    std::vector<std::vector<Naming>>& storage);

}  // namespace stereo
