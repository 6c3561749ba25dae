#include "measurement.hpp"

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

// Such centres may be off by more than their noise.
constexpr std::uint32_t distrusted = bead_overlapped | bead_clipped | bead_irregular;

}  // namespace

LaboratoryKnowledge laboratory_knowledge(const ExperimentSpec& spec,
                                         const drr::StereoRigSpec& nominal) {
    LaboratoryKnowledge known;
    double diameter_mm = 0.0;
    for (const auto& bead : spec.phantom.beads) {
        known.design.beads_mm.push_back(bead.center_mm);
        known.design.radii_mm.push_back(0.5 * bead.diameter_mm);
        diameter_mm = std::max(diameter_mm, bead.diameter_mm);
    }
    for (const auto& reference : spec.phantom.references) {
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

BeadDetectorResult measure(const drr::Image<std::uint16_t>& image, int view,
                           const LaboratoryKnowledge& known) {
    drr::Image<float> grey(image.width(), image.height());
    std::copy(image.pixels().begin(), image.pixels().end(), grey.pixels().begin());
    BeadDetectorOptions options;
    options.diameter_px = known.bead_diameter_px;
    options.pinhole = known.nominal[static_cast<std::size_t>(view)].pinhole;
    return detect_beads(grey, options);
}

IdentifyResult identify_pose(std::span<ImageRecord> views, const LaboratoryKnowledge& known) {
    std::vector<ViewBlobs> blobs;
    for (const auto& image : views) {
        blobs.emplace_back();
        for (const auto& bead : image.detection.beads) {
            blobs.back().centers_px.push_back(bead.center_px);
            blobs.back().radii_px.push_back(bead.radius_px);
        }
    }
    // Shadows nearer to each other than this merge.
    IdentifyOptions options;
    options.ambiguity_px = 0.7 * known.bead_diameter_px;
    IdentifyResult result = identify_markers(blobs, known.design, known.nominal, options);
    for (std::size_t v = 0; v < views.size(); ++v)
        views[v].marker_of_bead = v < result.views.size()
                                      ? result.views[v].marker_of_blob
                                      : std::vector<int>(blobs[v].centers_px.size(), -1);
    return result;
}

Observations observations_of(const std::vector<ImageRecord>& images,
                             const LaboratoryKnowledge& known, int first, int last) {
    Observations observations;
    observations.markers_in_phantom_mm = known.design.beads_mm;
    observations.view_count = static_cast<int>(known.nominal.size());
    observations.pose_count = last - first;
    observations.width_px = known.nominal[0].width_px;
    observations.height_px = known.nominal[0].height_px;
    const int beads = static_cast<int>(known.design.beads_mm.size());
    for (const auto& image : images) {
        if (image.pose < first || image.pose >= last) continue;
        for (std::size_t i = 0; i < image.marker_of_bead.size(); ++i) {
            const int marker = image.marker_of_bead[i];
            const BeadDetection& bead = image.detection.beads[i];
            if (marker < 0 || marker >= beads || (bead.flags & distrusted) != 0) continue;
            // geometric mean of the two principal standard deviations
            const double sd_px = std::pow(bead.covariance_px2.determinant(), 0.25);
            observations.items.push_back(
                {image.pose - first, image.view, marker, bead.center_px, sd_px});
        }
    }
    return observations;
}

}  // namespace stereo
