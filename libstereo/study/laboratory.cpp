#include <stereo/study/laboratory.hpp>

#include <algorithm>

namespace stereo {

LaboratoryKnowledge laboratory_knowledge(const drr::MarkerPhantom& phantom,
                                         const drr::StereoRigSpec& nominal) {
    LaboratoryKnowledge known;
    double diameter_mm = 0.0;
    for (const auto& bead : phantom.beads) {
        known.design.beads_mm.push_back(bead.center_mm);
        known.design.radii_mm.push_back(0.5 * bead.diameter_mm);
        diameter_mm = std::max(diameter_mm, bead.diameter_mm);
    }
    for (const auto& reference : phantom.references) {
        known.design.references_mm.push_back(reference.center_mm);
        known.design.radii_mm.push_back(0.5 * reference.diameter_mm);
    }
    for (const auto& view : drr::make_stereo_rig(nominal)) {
        const drr::CalibratedView calibrated = view.calibrated();
        known.nominal.push_back({calibrated.pinhole, calibrated.view_from_world.rotation,
                                 calibrated.width_px, calibrated.height_px});
    }
    known.bead_diameter_px =
        diameter_mm * nominal.sdd_mm / nominal.source_isocentre_mm / nominal.pixel_pitch_mm.x();
    return known;
}

std::vector<IdentifyResult> identify_beads(std::span<const BeadDetectorResult* const> images,
                                           const LaboratoryKnowledge& known,
                                           const drr::ProgressSink& progress) {
    std::vector<ViewBlobs> blobs;
    for (const BeadDetectorResult* image : images) {
        blobs.emplace_back();
        for (const BeadDetection& bead : image->beads) {
            blobs.back().centers_px.push_back(bead.center_px);
            blobs.back().radii_px.push_back(bead.radius_px);
        }
    }
    IdentifyOptions options;
    options.ambiguity_px = 0.7 * known.bead_diameter_px;
    return identify_poses(blobs, known.design, known.nominal, options, progress);
}

}  // namespace stereo
