#pragma once

#include "joint_namings.hpp"

namespace stereo {

/// The probabilities that a name is wrong.
struct NameError {
    double false_blob = 1.0;    ///< the blob is not the marker's, nor another's
    double other_marker = 0.0;  ///< it shows another marker, alone or merged with the one named

    [[nodiscard]] double any() const { return 1.0 - (1.0 - false_blob) * (1.0 - other_marker); }
    /// What may be wrong beside.
    void add(const NameError& more) {
        false_blob = 1.0 - (1.0 - false_blob) * (1.0 - more.false_blob);
        other_marker = 1.0 - (1.0 - other_marker) * (1.0 - more.other_marker);
    }
};

/// Per view and blob; false where a blob has no name.
using NameErrors = std::vector<std::vector<NameError>>;

/// Adds to the error of each name the probability that its blob shows another marker near by, alone
/// or merged with the one named: two shadows nearer than options.ambiguity_px are seen as one,
/// midway. Pair by pair; both markers lie as the joint fit to all others predicts, and as their own
/// sightings in other views say. Those of the other marker may be false, and its blobs there ones
/// without a name.
void add_errors_by_neighbours(std::span<const ViewProblem> views, const JointNaming& naming,
                              std::span<const MarkerPlace> places, NameErrors& errors);

}  // namespace stereo
