#pragma once

#include "naming.hpp"

namespace stereo {

/// Probability that no more of the visible beads are accounted for than were, at the detection rate
/// of the options: tiny for a pose that fits only a part of the phantom.
[[nodiscard]] double plausibility(const ViewProblem& view, const Naming& naming);

/// What decides how many poses would fit by chance.
struct ChanceHits {
    double log10_poses = 0.0;  ///< through pairs of triples; infinite with fewer than 4 beads found
    int visible = 0;           ///< beads
    int found = 0;
    double hit_rate = 0.0;  ///< of a bead, were the blobs spread at random as densely as they lie
};

[[nodiscard]] ChanceHits chance_hits(const ViewProblem& view, const Naming& naming);

/// log10 of the number of poses expected to fit as many beads by chance ("number of false
/// alarms"): the poses through pairs of triples, times the binomial tail of the further beads
/// (after Moisan & Stival, IJCV 2004).
[[nodiscard]] double log10_chance(const ChanceHits& chance);

/// Below this, poses unrelated to one found are expected to fit as well a hundred times more rarely
/// than errors are allowed; what is related to it, the near symmetries give.
[[nodiscard]] double log10_chance_beyond_doubt(const IdentifyOptions& options);

}  // namespace stereo
