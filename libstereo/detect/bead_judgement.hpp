#pragma once

#include "irradiated_field.hpp"

#include <stereo/detect/bead_detector.hpp>
#include <stereo/detect/subpixel.hpp>

#include <optional>
#include <string>

namespace stereo {

/// What the fits of one image share.
struct FitSetting {
    const drr::Image<float>& image;  ///< over black; NaN outside the field
    const IrradiatedField& field;
    const BeadDetectorOptions& options;
    double diameter_px = 0.0;  ///< that is looked for
    double diameter_factor = 1.6;
    BeadFitOptions fit;
};

/// A bead and the fit of the group it was fitted in.
struct FittedInGroup {
    FittedBead bead;
    BeadFit group;
};

/// Why a fitted candidate is no bead; nothing for a good one. `leniency` widens the limits on
/// quality.
[[nodiscard]] std::optional<BeadRefusal> refusal_of(const FitSetting& setting,
                                                    const FittedInGroup& fitted,
                                                    double leniency = 1.0);

/// The result for a bead that is not refused, with its flags.
[[nodiscard]] BeadDetection detection_of(const FitSetting& setting, const FittedInGroup& fitted);

/// One line about what was found and what was refused.
[[nodiscard]] std::string summary_of(const BeadDetectorResult& result);

}  // namespace stereo
