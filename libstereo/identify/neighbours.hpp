#pragma once

#include "joint_namings.hpp"

namespace stereo {

/// Probabilities that names are wrong, per view and blob; 1 where a blob has none.
using NameErrors = std::vector<std::vector<double>>;

/// Adds to the error of each name the probability that its blob shows another marker near by, alone
/// or merged with the one named: two shadows nearer than options.ambiguity_px are seen as one,
/// midway. Pair by pair; both markers lie as the joint fit to all others predicts, and as their own
/// sightings in other views say.
void add_errors_by_neighbours(std::span<const ViewProblem> views, const JointNaming& naming,
                              std::span<const MarkerPlace> places, NameErrors& errors);

}  // namespace stereo
