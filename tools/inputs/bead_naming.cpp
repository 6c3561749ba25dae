#include "inputs/bead_naming.hpp"

#include <drr/core/error.hpp>
#include <drr/phantom/phantom_yaml.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tools {
namespace {

// Six points determine a projection matrix (11 parameters, two equations each).
constexpr std::size_t least_beads = 6;

}  // namespace

KnownPhantom read_known_phantom(const std::filesystem::path& phantom_path,
                                const std::filesystem::path& rig_path) {
    const drr::MarkerPhantom phantom = drr::read_phantom(phantom_path);
    if (phantom.beads.size() < least_beads)
        throw drr::Error(drr::ErrorCode::invalid_file,
                         fmt::format("the phantom has {} beads; at least {} are needed to tell "
                                     "which is which",
                                     phantom.beads.size(), least_beads),
                         phantom_path.string());
    const drr::StereoRigSpec rig = drr::read_rig(rig_path);
    KnownPhantom known;
    double diameter_mm = 0.0;
    for (const drr::Marker& bead : phantom.beads) {
        known.design.beads_mm.push_back(bead.center_mm);
        known.design.radii_mm.push_back(0.5 * bead.diameter_mm);
        known.names.push_back(std::to_string(bead.id));
        diameter_mm = std::max(diameter_mm, bead.diameter_mm);
    }
    for (const drr::Marker& reference : phantom.references) {
        known.design.references_mm.push_back(reference.center_mm);
        known.design.radii_mm.push_back(0.5 * reference.diameter_mm);
        known.names.push_back(reference.name.empty() ? std::to_string(reference.id)
                                                     : reference.name);
    }
    for (const drr::XrayView& view : drr::make_stereo_rig(rig)) {
        const drr::CalibratedView calibrated = view.calibrated();
        known.views.push_back({calibrated.pinhole, calibrated.view_from_world.rotation,
                               calibrated.width_px, calibrated.height_px});
    }
    known.bead_diameter_px =
        diameter_mm * rig.sdd_mm / rig.source_isocentre_mm / rig.pixel_pitch_mm.x();
    return known;
}

BeadNames name_beads(const KnownPhantom& known,
                     const std::vector<const stereo::BeadDetectorResult*>& images,
                     double diameter_px, std::size_t first_view) {
    BeadNames names;
    std::vector<stereo::ViewBlobs> blobs;
    std::vector<stereo::NominalView> views;
    std::size_t fewest = images.front()->beads.size();
    for (std::size_t i = 0; i < images.size(); ++i) {
        blobs.emplace_back();
        for (const stereo::BeadDetection& bead : images[i]->beads) {
            blobs.back().centers_px.push_back(bead.center_px);
            blobs.back().radii_px.push_back(bead.radius_px);
        }
        views.push_back(known.views.at(first_view + i));
        names.markers.emplace_back(images[i]->beads.size());
        fewest = std::min(fewest, images[i]->beads.size());
    }
    if (fewest < least_beads) {
        names.summary =
            fmt::format("not identified: {} beads, at least {} are needed", fewest, least_beads);
        return names;
    }
    // Shadows nearer to each other than this merge.
    stereo::IdentifyOptions options;
    options.ambiguity_px = 0.7 * diameter_px;
    const stereo::IdentifyResult result =
        stereo::identify_markers(blobs, known.design, views, options);
    names.ok = result.ok;
    names.summary = result.summary;
    if (!result.ok) return names;
    for (std::size_t v = 0; v < result.views.size(); ++v)
        for (std::size_t i = 0; i < names.markers[v].size(); ++i) {
            const int marker = result.views[v].marker_of_blob[i];
            if (marker >= 0) names.markers[v][i] = known.names[static_cast<std::size_t>(marker)];
        }
    return names;
}

}  // namespace tools
