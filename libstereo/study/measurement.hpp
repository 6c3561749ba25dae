#pragma once

#include <stereo/study/validation.hpp>

namespace stereo {

/// What a laboratory knows before it calibrates: its phantom as designed, and the rig nominally.
struct LaboratoryKnowledge {
    MarkerConstellation design;
    std::vector<NominalView> nominal;
    double bead_diameter_px = 0.0;  ///< expected in the images
};

[[nodiscard]] LaboratoryKnowledge laboratory_knowledge(const ExperimentSpec& spec,
                                                       const drr::StereoRigSpec& nominal);

/// Finds the beads of one radiograph: centres of the balls, not of their shadows, as far as the
/// nominal geometry of its view tells.
[[nodiscard]] BeadDetectorResult measure(const drr::Image<std::uint16_t>& image, int view,
                                         const LaboratoryKnowledge& known);

/// Names the beads of all views of one pose; fills their marker_of_bead.
[[nodiscard]] IdentifyResult identify_pose(std::span<ImageRecord> views,
                                           const LaboratoryKnowledge& known);

/// Named beads that can be trusted (not cut, not out of shape) of the poses [first, last).
[[nodiscard]] Observations observations_of(const std::vector<ImageRecord>& images,
                                           const LaboratoryKnowledge& known, int first, int last);

}  // namespace stereo
