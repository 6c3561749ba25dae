#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/track/track_beads.hpp>

#include <span>
#include <string>

namespace tools {

/// The bytes of a PNG: what each view saw over all frames, certain sightings of a bead joined by a
/// line in the colour of its body, with its name; rings are ambiguous sightings, grey dots
/// detections that no body explains.
[[nodiscard]] std::string track_picture(const stereo::TrackResult& tracks,
                                        std::span<const stereo::FrameDetections> frames);

}  // namespace tools
