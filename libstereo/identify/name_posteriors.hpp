#pragma once

#include "joint_namings.hpp"

namespace stereo {

/// Takes away each name that is wrong with a probability above options.max_name_error, given the
/// naming as a whole. A marker's sightings in all views are weighed together, for each choice of
/// views in which its blob is a false one: where it is the marker's, it lies as the joint fit to
/// all other markers predicts, with the covariance of that fit, of the marker's place and of the
/// blobs. Where it is not, the marker is missing or is another blob that has no name.
void withhold_doubtful_names(std::span<const ViewProblem> views, const JointNaming& naming,
                             std::vector<ViewIdentity>& identities);

/// Takes away each name that namings of together more than options.max_name_error do not give:
/// those that say the same as a whole differ in single names.
void withhold_disputed_names(std::span<const ViewProblem> views,
                             const std::vector<JointNaming>& namings, const JointNaming& best,
                             std::vector<ViewIdentity>& identities);

/// Takes away each name of a blob whose shadow may be merged with that of a marker that is not seen
/// elsewhere in the view: one that the joint fit puts, within its uncertainty, nearer than
/// options.ambiguity_px. A view's own pose, from few beads, may put it far away.
void withhold_merged_names(std::span<const ViewProblem> views, const JointNaming& naming,
                           std::span<const MarkerPlace> places,
                           std::vector<ViewIdentity>& identities);

}  // namespace stereo
