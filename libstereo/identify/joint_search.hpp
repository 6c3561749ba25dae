#pragma once

#include "joint_namings.hpp"

namespace stereo {

/// Names the blobs of several views once more, as the joint fits of their best namings put the
/// markers: what one view shows is weighed with what the others say of the pose. Adds to the
/// searches.
void search_jointly(std::span<const ViewProblem> views, const PriorKnowledge& knowledge,
                    std::vector<ViewSearch>& searches);

}  // namespace stereo
