#pragma once

#include "bead_judgement.hpp"

#include <vector>

namespace stereo {

/// What all shadows of an image have in common.
struct ImageOptics {
    double blur_px = 0.0;
    double veil_share = 0.0;
};

/// Medians over the first beads_for_optics of the starting shadows that fit with their veil (and
/// blur, unless the fit holds it) free; where none does those of the first two that touch and fit
/// so, or else the starting values.
[[nodiscard]] ImageOptics estimate_optics(const FitSetting& setting,
                                          const std::vector<BeadShadow>& starts);

/// Fits each starting shadow (strongest first) by itself, roughly, with the stronger ones that
/// turned out to be beads modelled where they touch it and masked where they are near. A blob that
/// is no ball is tried as two, with a start that touches it or by itself. Returns the beads; others
/// join `refused`.
[[nodiscard]] std::vector<FittedInGroup> fit_candidates(const FitSetting& setting,
                                                        const std::vector<BeadShadow>& starts,
                                                        std::vector<RefusedCandidate>& refused);

/// Fits all beads again to the end with their neighbours known, those that touch jointly, until
/// none is refused that another's fit relied on.
[[nodiscard]] std::vector<FittedInGroup> fit_jointly(const FitSetting& setting,
                                                     std::vector<FittedInGroup> beads,
                                                     std::vector<RefusedCandidate>& refused);

}  // namespace stereo
