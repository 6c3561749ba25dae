#include "measurement.hpp"

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

// Such centres may be off by more than their noise.
constexpr std::uint32_t distrusted = bead_overlapped | bead_clipped | bead_irregular;

}  // namespace

BeadDetectorResult measure(const drr::Image<std::uint16_t>& image, int view,
                           const LaboratoryKnowledge& known) {
    drr::Image<float> grey(image.width(), image.height());
    std::copy(image.pixels().begin(), image.pixels().end(), grey.pixels().begin());
    BeadDetectorOptions options;
    options.diameter_px = known.bead_diameter_px;
    options.pinhole = known.nominal[static_cast<std::size_t>(view)].pinhole;
    return detect_beads(grey, options);
}

std::vector<IdentifyResult> identify_images(std::span<ImageRecord> images,
                                            const LaboratoryKnowledge& known,
                                            const drr::ProgressSink& progress) {
    std::vector<const BeadDetectorResult*> found;
    for (const auto& image : images)
        found.push_back(&image.detection);
    std::vector<IdentifyResult> results = identify_beads(found, known, progress);
    const std::size_t views = known.nominal.size();
    for (std::size_t i = 0; i < images.size(); ++i)
        images[i].marker_of_bead = results[i / views].views[i % views].marker_of_blob;
    return results;
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
