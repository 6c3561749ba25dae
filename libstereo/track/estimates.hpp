#pragma once

#include "sequence.hpp"

#include <optional>
#include <span>
#include <vector>

namespace stereo {

/// The pose of a body by its certain sightings, from the one that it has.
[[nodiscard]] FittedPose fit_pose(std::span<const drr::CalibratedView> views,
                                  const FrameView& frame, const Body& body,
                                  const BodyInFrame& here);

/// The point of a bead that both views see for certain.
[[nodiscard]] std::optional<Triangulation> seen_point(const FrameView& frame,
                                                      const BeadSample& sample);

/// The pixels, as detected, of all beads that both views see for certain.
[[nodiscard]] std::vector<PixelPair> certain_pairs(const Sequence& sequence,
                                                   std::span<const FrameDetections> detections);

/// Takes the expected error out of all certain sightings and puts the local one into their
/// covariances: `frames` then hold what estimates are made of.
void take_out(const CalibrationError& error, std::span<const Body> bodies, const Sequence& sequence,
              std::span<const FrameDetections> detections, std::vector<FrameView>& frames);

/// All bodies and beads as they are in the frames, from what take_out() left.
[[nodiscard]] TrackResult track_result(std::span<const Body> bodies, const Sequence& sequence,
                                       std::span<const FrameDetections> detections,
                                       std::span<const FrameView> frames,
                                       const CalibrationError& error);

}  // namespace stereo
