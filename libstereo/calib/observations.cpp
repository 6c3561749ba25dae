#include <drr/core/error.hpp>
#include <stereo/calib/observations.hpp>

namespace stereo {
namespace {

// What is wrong with an observation; nullptr for nothing.
const char* fault_of(const Observation& item, int views, int poses, std::size_t markers) {
    if (item.view < 0 || item.view >= views) return "observation of an unknown view";
    if (item.pose < 0 || item.pose >= poses) return "observation of an unknown pose";
    if (item.marker < 0 || item.marker >= static_cast<int>(markers))
        return "observation of an unknown marker";
    if (!item.pixel.allFinite()) return "an observed pixel must be finite";
    if (!(item.sd_px > 0.0)) return "an observation's standard deviation must be positive";
    return nullptr;
}

void validate_items(const std::vector<Observation>& items, int views, int poses,
                    std::size_t markers) {
    for (const auto& item : items)
        if (const char* const fault = fault_of(item, views, poses, markers))
            drr::require(false, fault);
}

}  // namespace

void Observations::validate() const {
    drr::require(view_count >= 1 && pose_count >= 1, "observations need a view and a pose");
    validate_items(items, view_count, pose_count, markers_in_phantom_mm.size());
    validate_items(wand.items, view_count, wand.frame_count, wand.beads_mm.size());
    drr::require(wand.beads_mm.empty() || (wand.beads_mm.size() >= 2 && wand.relative_sd > 0.0),
                 "a wand needs two beads and a standard deviation of its length");
}

ImagePoints points_of_image(const Observations& observations, int pose, int view) {
    return points_of_view(observations, view).at(static_cast<std::size_t>(pose));
}

std::vector<ImagePoints> points_of_view(const Observations& observations, int view) {
    std::vector<ImagePoints> images(static_cast<std::size_t>(observations.pose_count));
    for (ImagePoints& image : images) {
        image.points_in_phantom_mm.reserve(observations.markers_in_phantom_mm.size());
        image.pixels.reserve(observations.markers_in_phantom_mm.size());
    }
    for (const auto& item : observations.items) {
        if (item.view != view) continue;
        ImagePoints& image = images[static_cast<std::size_t>(item.pose)];
        image.points_in_phantom_mm.push_back(
            observations.markers_in_phantom_mm[static_cast<std::size_t>(item.marker)]);
        image.pixels.push_back(item.pixel);
    }
    return images;
}

}  // namespace stereo
