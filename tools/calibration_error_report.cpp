#include "calibration_error_report.hpp"

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
    // Below what any detector tells.
    constexpr double worth_saying_px = 0.002;
    if (error.total_sd_px() < worth_saying_px) return "";
    const stereo::UnclaimedError& unclaimed = error.unclaimed();
    return fmt::format(
        "Calibration errors by their claim and epipolar distances: {:.3f} px; unclaimed of it "
        "{:.3f} px alike within {:.0f} px, taken out as far as distances tell, and {:.3f} px of "
        "each detection, whose own standard deviations are right by a factor of {:.2f}.\n",
        error.total_sd_px(), unclaimed.field_sd_px, unclaimed.field_length_px,
        unclaimed.local_sd_px, unclaimed.detection_factor);
}

}  // namespace tools
