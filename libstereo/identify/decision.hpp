#pragma once

#include "joint_namings.hpp"

#include <vector>

namespace stereo {

/// The answer for one pose from its joint namings, of which there is at least one.
[[nodiscard]] IdentifyResult decide(std::span<const ViewProblem> views,
                                    const std::vector<JointNaming>& namings,
                                    const PriorKnowledge& knowledge);

}  // namespace stereo
