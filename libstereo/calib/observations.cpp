#include <drr/core/error.hpp>
#include <stereo/calib/observations.hpp>

namespace stereo {

void Observations::validate() const {
    drr::require(view_count >= 1 && pose_count >= 1, "observations need a view and a pose");
    for (const auto& item : items) {
        drr::require(item.view >= 0 && item.view < view_count, "observation of an unknown view");
        drr::require(item.pose >= 0 && item.pose < pose_count, "observation of an unknown pose");
        drr::require(
            item.marker >= 0 && item.marker < static_cast<int>(markers_in_phantom_mm.size()),
            "observation of an unknown marker");
        drr::require(item.pixel.allFinite(), "an observed pixel must be finite");
        drr::require(item.sd_px > 0.0, "an observation's standard deviation must be positive");
    }
}

ImagePoints points_of_image(const Observations& observations, int pose, int view) {
    ImagePoints result;
    for (const auto& item : observations.items) {
        if (item.pose != pose || item.view != view) continue;
        result.points_in_phantom_mm.push_back(
            observations.markers_in_phantom_mm[static_cast<std::size_t>(item.marker)]);
        result.pixels.push_back(item.pixel);
    }
    return result;
}

}  // namespace stereo
