#include "inputs/bead_naming.hpp"

#include <drr/core/error.hpp>
#include <drr/phantom/phantom_yaml.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <span>

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
    KnownPhantom known{stereo::laboratory_knowledge(phantom, drr::read_rig(rig_path)), {}};
    for (const drr::Marker& bead : phantom.beads)
        known.names.push_back(std::to_string(bead.id));
    for (const drr::Marker& reference : phantom.references)
        known.names.push_back(reference.name.empty() ? std::to_string(reference.id)
                                                     : reference.name);
    return known;
}

void name_beads(const KnownPhantom& known, std::vector<ImageOutcome>& images, std::size_t views,
                const drr::ProgressSink& progress) {
    std::vector<std::size_t> first_of_frames;
    std::vector<const stereo::BeadDetectorResult*> found;
    for (std::size_t first = 0; first < images.size(); first += views) {
        const auto frame = std::span(images).subspan(first, views);
        if (std::all_of(frame.begin(), frame.end(),
                        [](const ImageOutcome& image) { return image.result.has_value(); })) {
            first_of_frames.push_back(first);
            for (const ImageOutcome& image : frame)
                found.push_back(&*image.result);
        } else {
            for (ImageOutcome& image : frame)
                image.identity = "not identified: an image could not be read";
        }
    }
    stereo::LaboratoryKnowledge in_images = known.laboratory;
    in_images.nominal.clear();
    for (std::size_t v = 0; v < views; ++v)
        in_images.nominal.push_back(
            known.laboratory.nominal.at(static_cast<std::size_t>(images[v].view)));
    const auto results = stereo::identify_beads(found, in_images, progress);
    for (std::size_t frame = 0; frame < results.size(); ++frame)
        for (std::size_t v = 0; v < views; ++v) {
            ImageOutcome& image = images[first_of_frames[frame] + v];
            image.identity = results[frame].summary;
            for (const int marker : results[frame].views[v].marker_of_blob)
                image.markers.push_back(marker < 0 ? std::string()
                                                   : known.names[static_cast<std::size_t>(marker)]);
        }
}

}  // namespace tools
