#pragma once

#include <drr/core/log.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/phantom/marker_phantom.hpp>
#include <stereo/detect/bead_detector.hpp>
#include <stereo/identify/identify.hpp>

#include <span>
#include <vector>

namespace stereo {

/// What a laboratory knows before it calibrates: its phantom as designed, and the rig nominally.
struct LaboratoryKnowledge {
    MarkerConstellation design;
    std::vector<NominalView> nominal;
    double bead_diameter_px =
        0.0;  ///< expected in the images: the largest bead's, at the isocentre
};

[[nodiscard]] LaboratoryKnowledge laboratory_knowledge(const drr::MarkerPhantom& phantom,
                                                       const drr::StereoRigSpec& nominal);

/// Names the beads of a stack of poses of the phantom before the rig (identify_poses): `images`
/// holds what was found in the views of the first pose, then in those of the second, and so on.
/// Shadows nearer to each other than 0.7 of `known.bead_diameter_px` are taken to merge. One result
/// a pose.
[[nodiscard]] std::vector<IdentifyResult> identify_beads(
    std::span<const BeadDetectorResult* const> images, const LaboratoryKnowledge& known,
    const drr::ProgressSink& progress = {});

}  // namespace stereo
