#include "outputs/calibration_error_report.hpp"

#include <fmt/format.h>

namespace tools {

nlohmann::ordered_json json_of(const stereo::CalibrationError& error) {
    const stereo::UnclaimedError& unclaimed = error.unclaimed();
    return {{"total_sd_px", error.total_sd_px()},
            {"field_sd_px", unclaimed.field_sd_px},
            {"field_length_px", unclaimed.field_length_px},
            {"local_sd_px", unclaimed.local_sd_px},
            {"detection_factor", unclaimed.detection_factor}};
}

std::string text_of(const stereo::CalibrationError& error) {
    const stereo::UnclaimedError& unclaimed = error.unclaimed();
    if (error.total_sd_px() == 0.0 && unclaimed.detection_factor == 1.0) return "";
    return fmt::format(
        "Calibration errors by their claim and epipolar distances: {:.3f} px a coordinate; what is "
        "expected of them is taken out.\nUnclaimed: {:.3f} px smooth over the images (alike within "
        "{:.0f} px), {:.3f} px of each detection; detections' own\nstandard deviations count "
        "{:.2f} "
        "times.\n",
        error.total_sd_px(), unclaimed.field_sd_px, unclaimed.field_length_px,
        unclaimed.local_sd_px, unclaimed.detection_factor);
}

}  // namespace tools
