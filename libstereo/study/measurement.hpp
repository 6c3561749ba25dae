#pragma once

#include <stereo/study/laboratory.hpp>
#include <stereo/study/validation.hpp>

namespace stereo {

/// Finds the beads of one radiograph: centres of the balls, not of their shadows, as far as the
/// nominal geometry of its view tells.
[[nodiscard]] BeadDetectorResult measure(const drr::Image<std::uint16_t>& image, int view,
                                         const LaboratoryKnowledge& known);

/// Names the beads of all images, which stand pose by pose: fills their marker_of_bead. One result
/// a pose.
[[nodiscard]] std::vector<IdentifyResult> identify_images(std::span<ImageRecord> images,
                                                          const LaboratoryKnowledge& known,
                                                          const drr::ProgressSink& progress);

/// Named beads that can be trusted (not cut, not out of shape) of the poses [first, last).
[[nodiscard]] Observations observations_of(const std::vector<ImageRecord>& images,
                                           const LaboratoryKnowledge& known, int first, int last);

}  // namespace stereo
