#pragma once

#include "association.hpp"
#include "discovery.hpp"

#include <optional>
#include <span>
#include <vector>

namespace stereo {

/// A body in a frame: its pose from certain sightings, and all of them.
struct BodyInFrame {
    PoseEstimate pose;
    bool searched = false;
    std::vector<BeadSample> samples;  ///< one a bead
};

/// Of each body and frame; none where the body is not found.
using Sequence = std::vector<std::vector<std::optional<BodyInFrame>>>;

/// Finds all bodies in all frames: forward with predictions from earlier frames, then, where a body
/// was not found, backward with predictions from later ones. Where a prediction explains less than
/// half of what should be seen, or there is none, the body is searched by its distances among
/// `points`. A frame without a certain pose is left out.
[[nodiscard]] Sequence follow_bodies(std::span<const FrameView> frames,
                                     std::span<const std::vector<SpacePoint>> points,
                                     std::span<const Body> bodies, const TrackOptions& options,
                                     const drr::ProgressSink& progress);

/// The certain sightings of a body in a frame.
[[nodiscard]] std::vector<Sighting> certain_sightings(const FrameDetections& detections,
                                                      const Body& body,
                                                      std::span<const BeadSample> samples);

}  // namespace stereo
