#pragma once

#include "joint_namings.hpp"

namespace stereo {

/// Names the blobs of several views once more, as the joint fits of the best of their `namings`
/// (join_views() of the searches) put the markers: what one view shows is weighed with what the
/// others say of the pose. Adds to the searches, which the namings then point into no longer;
/// whether there was anything to add.
[[nodiscard]] bool search_jointly(std::span<const ViewProblem> views,
                                  std::span<const JointNaming> namings,
                                  std::vector<ViewSearch>& searches);

}  // namespace stereo
