#pragma once

#include "joint_fit.hpp"
#include "view_search.hpp"

namespace stereo {

/// Searches each view once more whose best naming chance may have given: for poses turned as the
/// namings of another view and the rig say. What few beads tell a view alone is one of very many
/// poses; with its rotation known it is one of few. Adds to the searches.
void search_agreeing(std::span<const ViewProblem> views, const RigKnowledge& rig,
                     std::vector<ViewSearch>& searches);

}  // namespace stereo
