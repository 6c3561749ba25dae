#pragma once

#include "neighbours.hpp"

namespace stereo {

/// The probability that each name of the best of namings is wrong, given that the best is right as
/// a whole. A marker's sightings in all views are weighed together, for each choice of views in
/// which its blob is a false one: where it is the marker's, it lies as the joint fit to all other
/// markers predicts, with the covariance of that fit, of the marker's place and of the blobs. Where
/// it is not, the marker is missing or is another blob that has no name. Namings that say the same
/// as a whole differ in single names: those that do not give a name add to its error. So do markers
/// near by (add_errors_by_neighbours).
[[nodiscard]] NameErrors name_errors(std::span<const ViewProblem> views,
                                     const std::vector<JointNaming>& namings,
                                     const JointNaming& best, std::span<const MarkerPlace> places);

/// The names of a naming and their errors; none where those are above the options' bounds.
void set_names(const JointNaming& naming, const NameErrors& errors, const IdentifyOptions& options,
               std::vector<ViewIdentity>& identities);

}  // namespace stereo
