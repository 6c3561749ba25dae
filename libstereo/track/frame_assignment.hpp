#pragma once

#include "association.hpp"

#include <optional>
#include <span>
#include <vector>

namespace stereo {

/// A body as it is placed in a frame, and what of it was seen there.
struct PlacedBody {
    std::span<const BodyBead> beads;
    PoseEstimate pose;
    std::vector<BeadSample> samples;  ///< one a bead; ambiguous as far as the body alone can say
};

/// Settles which detection is which bead among all bodies of a frame: in each view the one-to-one
/// assignment of greatest log odds at the bodies' poses (Hungarian method). A sighting is ambiguous
/// when forbidding it costs less than certain_log_odds, or when the body alone had chosen
/// otherwise.
void assign_frame(const FrameView& frame, std::vector<PlacedBody>& bodies,
                  const TrackOptions& options);

}  // namespace stereo
