#pragma once

#include "joint_namings.hpp"

namespace stereo {

/// What weighs against a naming of several views that one of them may show two or three of the
/// beads only, and others than it names there: the sum of the likelihoods of all pairs and triples
/// of blobs with as many beads, each fitted jointly with the naming of the other view, over that of
/// the naming. Left out are those that share two names with it or put the phantom nearer or farther
/// by more than half than another view does. Stops when it is above `enough`.
[[nodiscard]] double weight_of_lesser_rivals(std::span<const ViewProblem> views,
                                             std::span<const double> clutter_per_px2,
                                             const PriorKnowledge& knowledge,
                                             const JointNaming& naming, std::size_t in_view,
                                             double enough);

}  // namespace stereo
