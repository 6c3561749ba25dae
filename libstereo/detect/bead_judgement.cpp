#include "bead_judgement.hpp"

#include <drr/geometry/ball_projection.hpp>
#include <stereo/detect/localize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace stereo {
namespace {

constexpr std::array<const char*, bead_refusals> refusal_names = {
    "one_sided", "repeated",  "outside_field", "unlike_ball",  "no_fit",
    "faint",     "uncertain", "wrong_size",    "out_of_round", "poor_fit"};

double relative_residual(const FittedInGroup& fitted) {
    const BeadFit& fit = fitted.group;
    const double excess =
        fit.residual_rms * fit.residual_rms - fit.expected_noise * fit.expected_noise;
    return std::sqrt(std::max(0.0, excess)) / (fitted.bead.contrast * fit.background);
}

/// Whether a circle meets the border of the image or of the field.
bool is_clipped(const FitSetting& setting, const Eigen::Vector2d& center, double radius) {
    if (center.x() - radius < -0.5 || center.y() - radius < -0.5 ||
        center.x() + radius > setting.image.width() - 0.5 ||
        center.y() + radius > setting.image.height() - 0.5)
        return true;
    // The field is convex, and wide: eight points do.
    constexpr double diagonal = 0.7071;
    for (const Eigen::Vector2d& to : {Eigen::Vector2d(1, 0), Eigen::Vector2d(diagonal, diagonal),
                                      Eigen::Vector2d(0, 1), Eigen::Vector2d(-diagonal, diagonal)})
        for (const double side : {-radius, radius})
            if (!setting.field.contains(center.x() + side * to.x(), center.y() + side * to.y()))
                return true;
    return false;
}

}  // namespace

const char* name_of(BeadRefusal reason) noexcept {
    return refusal_names[static_cast<std::size_t>(reason)];
}

std::optional<BeadRefusal> refusal_of(const FitSetting& setting, const FittedInGroup& fitted,
                                      double leniency) {
    const BeadDetectorOptions& options = setting.options;
    const FittedBead& bead = fitted.bead;
    if (!fitted.group.converged) return BeadRefusal::no_fit;
    const Eigen::Vector2d& at = bead.shadow.center_px;
    if (!(at.x() > -0.5 && at.y() > -0.5 && at.x() < setting.image.width() - 0.5 &&
          at.y() < setting.image.height() - 0.5))
        return BeadRefusal::no_fit;
    if (!setting.field.contains(at.x(), at.y())) return BeadRefusal::outside;
    if (bead.contrast < options.min_contrast) return BeadRefusal::faint;
    if (bead.sd_if_white_px > leniency * options.max_center_sd_radii * bead.shadow.radius_px)
        return BeadRefusal::uncertain;
    const double diameter = 2.0 * bead.shadow.radius_px;
    // Saturation cuts the rim of a shadow off.
    const double smallest = setting.diameter_px / setting.diameter_factor /
                            (fitted.group.saturated_pixels > 0 ? setting.diameter_factor : 1.0);
    if (diameter < smallest || diameter > setting.diameter_px * setting.diameter_factor)
        return BeadRefusal::wrong_size;
    if (bead.ellipticity > leniency * options.max_ellipticity) return BeadRefusal::out_of_round;
    if (relative_residual(fitted) > leniency * options.max_relative_residual)
        return BeadRefusal::poor_fit;
    return std::nullopt;
}

BeadDetection detection_of(const FitSetting& setting, const FittedInGroup& fitted) {
    const FittedBead& bead = fitted.bead;
    const FlagOptions& flag = setting.options.flag;
    BeadDetection d;
    d.center_px = bead.shadow.center_px;
    if (setting.options.pinhole)
        d.center_px = drr::ball_center_px(
            *setting.options.pinhole, d.center_px, bead.shadow.radius_px,
            perspective_share(bead.shadow, fitted.group.blur_px, LocalizationMethod::ball_fit));
    d.radius_px = bead.shadow.radius_px;
    d.contrast = bead.contrast;
    d.covariance_px2 = bead.covariance_px2;
    d.ellipticity = bead.ellipticity;
    d.relative_residual = relative_residual(fitted);
    if (fitted.group.beads.size() > 1) d.flags |= bead_overlapped;
    if (is_clipped(setting, d.center_px, d.radius_px)) d.flags |= bead_clipped;
    const double noise = std::sqrt(setting.fit.noise.variance(fitted.group.background));
    if (d.contrast * fitted.group.background < flag.low_contrast_to_noise * noise)
        d.flags |= bead_low_contrast;
    if ((d.ellipticity > flag.ellipticity &&
         d.ellipticity > flag.significance * bead.ellipticity_sd) ||
        d.relative_residual > flag.relative_residual)
        d.flags |= bead_irregular;
    if (fitted.group.saturated_pixels > 0) d.flags |= bead_saturated;
    return d;
}

std::array<int, bead_refusals> BeadDetectorResult::refusals() const {
    std::array<int, bead_refusals> counts{};
    for (const RefusedCandidate& candidate : refused)
        ++counts[static_cast<std::size_t>(candidate.reason)];
    return counts;
}

std::string summary_of(const BeadDetectorResult& result) {
    std::string text =
        fmt::format("{} beads of {} candidates", result.beads.size(), result.candidates);
    const std::array<int, bead_refusals> counts = result.refusals();
    const char* separator = "; refused: ";
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 0) continue;
        std::string name = refusal_names[i];
        std::replace(name.begin(), name.end(), '_', ' ');
        text += fmt::format("{}{} {}", separator, counts[i], name);
        separator = ", ";
    }
    if (result.diameter_px > 0.0)
        text += fmt::format("; diameter {:.1f} px, blur {:.2f} px, veil {:.0f} %",
                            result.diameter_px, result.blur_px, 100.0 * result.veil_share);
    return text;
}

}  // namespace stereo
