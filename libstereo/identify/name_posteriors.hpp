#pragma once

#include "joint_namings.hpp"

namespace stereo {

/// Takes away each name that is wrong with a probability above options.max_name_error, given the
/// naming as a whole. A marker's residuals in all views are weighed together, for each choice of
/// views in which its blob is a false one: where it is the marker's, the residuals against the
/// pose fitted to the other blobs have that fit's covariance, the blobs' noise, and one common
/// offset in space, the as-built error; so blobs of two views that no place near the design
/// explains do not keep the name in both. Where it is not, the marker is missing or is another blob
/// that has no name.
void withhold_doubtful_names(std::span<const ViewProblem> views, const JointNaming& naming,
                             std::vector<ViewIdentity>& identities, const IdentifyOptions& options);

}  // namespace stereo
