#include "bead_judgement.hpp"
#include "candidate_fits.hpp"
#include "candidates.hpp"
#include "first_look.hpp"
#include "grey_range.hpp"
#include "irradiated_field.hpp"
#include "shadow_groups.hpp"
#include "size_estimate.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <stereo/detect/bead_detector.hpp>
#include <stereo/detect/grey_noise.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace stereo {
namespace {

/// Diameters that are looked for.
struct SizeRange {
    double smallest_px = 0.0;
    double largest_px = 0.0;
    bool unknown = false;  ///< all that are plausible, rather than those near the expected one
};

/// Grey values over black, as fit_beads() wants them.
drr::Image<float> over_black(const drr::Image<float>& image, float black, bool dark) {
    drr::Image<float> result(image.width(), image.height());
    std::transform(image.pixels().begin(), image.pixels().end(), result.pixels().begin(),
                   [&](float grey) { return dark ? grey - black : black - grey; });
    return result;
}

BeadShadow shadow_of(const FirstLook& look) {
    // An opaque shadow's attenuation is unknown; a fit starts from 95 % of depth as well.
    constexpr double least_contrast = 0.02;
    constexpr double most_contrast = 0.95;
    const double contrast = std::clamp(look.contrast, least_contrast, most_contrast);
    return {look.center_px, look.radius_px, -std::log(1.0 - contrast)};
}

/// Why a candidate is no bead as far as the first look can tell.
std::optional<BeadRefusal> refusal_at_first(const FirstLook& look, const IrradiatedField& field,
                                            const SizeRange& sizes,
                                            const BeadDetectorOptions& options) {
    const FirstLookOptions& limits = options.first_look;
    if (!field.contains(look.center_px.x(), look.center_px.y())) return BeadRefusal::outside;
    if (look.relative_residual > limits.max_relative_residual) return BeadRefusal::unlike;
    if (look.contrast < limits.min_contrast_share * options.min_contrast) return BeadRefusal::faint;
    if (look.center_sd_px >
        limits.uncertainty_leniency * options.max_center_sd_radii * look.radius_px)
        return BeadRefusal::uncertain;
    const double diameter = 2.0 * look.radius_px;
    if (diameter * limits.size_leniency < sizes.smallest_px ||
        diameter > limits.size_leniency * sizes.largest_px)
        return BeadRefusal::wrong_size;
    return std::nullopt;
}

SizeRange all_sizes(const drr::Image<float>& image, const SizeSearchOptions& size) {
    const double largest = size.max_diameter_share * std::min(image.width(), image.height());
    return {size.min_diameter_px, std::max(size.min_diameter_px, largest), true};
}

/// Radii of the scales that see a range of sizes.
std::vector<double> scale_radii(const SizeRange& sizes, const BeadDetectorOptions& options) {
    // The response is wide: about an expected size, scales half way to the limits, on a logarithmic
    // axis, cover them.
    const double inwards = sizes.unknown ? 1.0 : std::sqrt(options.diameter_factor);
    return geometric_steps(0.5 * sizes.smallest_px * inwards, 0.5 * sizes.largest_px / inwards,
                           options.search.scale_step);
}

/// What candidates are looked for in.
struct SearchImage {
    const drr::Image<float>& image;  ///< over black, the field extended
    const IrradiatedField& field;
    const GreyNoise& noise;
};

// Where only the strongest beads matter, so many candidates are looked at before asking whether
// they are enough.
constexpr std::size_t looks_at_once = 256;
constexpr std::size_t all_of_them = std::numeric_limits<std::size_t>::max();

/// Candidates that may be beads as far as the first look can tell, strongest first, until there are
/// `enough`; the others that were looked at become those that `result` refuses.
std::vector<BeadShadow> plausible_shadows(const SearchImage& in, const SizeRange& sizes,
                                          const BeadDetectorOptions& options, std::size_t enough,
                                          BeadDetectorResult& result) {
    const ScaleSpace space =
        make_scale_space(in.image, scale_radii(sizes, options), options.search);
    const CandidateResult found = find_candidates(
        space, in.field,
        {options.min_contrast, options.min_significance, sizes.unknown, options.search});
    result.candidates = found.extrema;
    result.refused.clear();
    for (const BeadCandidate& candidate : found.one_sided)
        result.refused.push_back({candidate.center_px, BeadRefusal::one_sided});
    for (const BeadCandidate& candidate : found.repeated)
        result.refused.push_back({candidate.center_px, BeadRefusal::repeated});
    std::vector<BeadShadow> shadows;
    std::span<const BeadCandidate> left = found.candidates;
    while (!left.empty() && shadows.size() < enough) {
        const auto now =
            left.first(enough == all_of_them ? left.size() : std::min(left.size(), looks_at_once));
        left = left.subspan(now.size());
        for (const FirstLook& look : look_at(space, now, in.noise, options.first_look)) {
            const auto reason = refusal_at_first(look, in.field, sizes, options);
            if (reason)
                result.refused.push_back({look.center_px, *reason});
            else
                shadows.push_back(shadow_of(look));
        }
    }
    return shadows;
}

/// Whether it matters little how pixels see sharp edges.
bool noise_hides_edges(const drr::Image<float>& grey, const BeadFitOptions& fit,
                       const FitStrategyOptions& limits) {
    if (std::isfinite(fit.saturation)) return false;
    const auto top = static_cast<double>(brightest_of(grey));
    return std::sqrt(fit.noise.variance(top)) > limits.sharp_edge_noise * top;
}

bool on_plain_background(const std::vector<FittedInGroup>& beads, double share) {
    const auto plain = std::count_if(beads.begin(), beads.end(), [](const FittedInGroup& fitted) {
        return fitted.group.plain_background;
    });
    return static_cast<double>(plain) >= share * static_cast<double>(beads.size());
}

/// The image with NaN in place of the beads.
drr::Image<float> without_shadows(const FitSetting& setting,
                                  const std::vector<FittedInGroup>& beads) {
    drr::Image<float> result = setting.image;
    for (const FittedInGroup& fitted : beads) {
        const Eigen::Vector2d& center = fitted.bead.shadow.center_px;
        const double reach = shadow_reach_px(fitted.bead.shadow, setting.fit.blur_px);
        const int last_row = std::min(result.height() - 1, static_cast<int>(center.y() + reach));
        const int last_column = std::min(result.width() - 1, static_cast<int>(center.x() + reach));
        for (int row = std::max(0, static_cast<int>(center.y() - reach)); row <= last_row; ++row)
            for (int column = std::max(0, static_cast<int>(center.x() - reach));
                 column <= last_column; ++column)
                if ((Eigen::Vector2d(column, row) - center).squaredNorm() < reach * reach)
                    result(column, row) = std::numeric_limits<float>::quiet_NaN();
    }
    return result;
}

}  // namespace

BeadDetectorResult detect_beads(const drr::Image<float>& image,
                                const BeadDetectorOptions& options) {
    options.validate();
    drr::require(!image.empty(), "an image for bead detection is empty");
    drr::require(all_finite(image), "an image for bead detection has values that are not finite");
    const bool given = !std::isnan(options.black_grey);
    const auto black = given ? static_cast<float>(options.black_grey)
                             : (options.dark ? 0.0F : brightest_of(image));
    const bool as_it_is = options.dark && black == 0.0F;
    const drr::Image<float> shifted =
        as_it_is ? drr::Image<float>() : over_black(image, black, options.dark);
    const drr::Image<float>& grey = as_it_is ? image : shifted;
    const IrradiatedField field = find_irradiated_field(grey, options.field);
    const drr::Image<float> extended =
        field.whole() ? drr::Image<float>() : extended_beyond(field, grey);
    const drr::Image<float> measured =
        field.whole() ? drr::Image<float>()
                      : replaced_beyond(field, grey, std::numeric_limits<float>::quiet_NaN());
    // Black carries no noise to learn from.
    const GreyNoise noise =
        estimate_noise(field.whole() ? grey : replaced_beyond(field, grey, 0.0F));

    BeadDetectorResult result;
    result.irradiated_share = field.share;
    FitSetting setting{field.whole() ? grey : measured, field, options, options.diameter_px,
                       options.diameter_factor,         {}};
    setting.fit.noise = noise;
    setting.fit.wide_rim = options.wide_rim;
    setting.fit.background_field = options.background_field;
    setting.fit.saturation = saturation_of(grey, options.saturated_share);
    if (noise_hides_edges(grey, setting.fit, options.fit)) setting.fit.sharp_parts = 1;
    const SearchImage search{field.whole() ? grey : extended, field, noise};
    if (options.diameter_px == 0.0) {
        const std::optional<double> diameter = estimate_diameter(
            setting, plausible_shadows(search, all_sizes(image, options.size), options,
                                       static_cast<std::size_t>(options.size.max_fits), result));
        if (!diameter) {
            result.summary = summary_of(result);
            return result;
        }
        setting.diameter_px = *diameter;
    }
    result.diameter_px = setting.diameter_px;
    const SizeRange sizes{setting.diameter_px / options.diameter_factor,
                          setting.diameter_px * options.diameter_factor};
    std::vector<BeadShadow> starts = plausible_shadows(search, sizes, options, all_of_them, result);
    // A faint bead's radius at first look is uncertain: half way to the expected one is a better
    // start.
    for (BeadShadow& start : starts)
        start.radius_px = std::sqrt(start.radius_px * 0.5 * setting.diameter_px);
    setting.fit.prior_radius_px = 0.5 * setting.diameter_px;
    setting.fit.prior_log_radius = std::log(options.diameter_factor);
    setting.fit.fit_blur = options.blur_px == 0.0;
    setting.fit.blur_px =
        setting.fit.fit_blur ? std::max(options.fit.least_starting_blur_px,
                                        options.fit.starting_blur_radii * 0.5 * setting.diameter_px)
                             : options.blur_px;
    const ImageOptics optics = estimate_optics(setting, starts);
    setting.fit.fit_blur = false;
    setting.fit.blur_px = optics.blur_px;
    setting.fit.veil_share = optics.veil_share;
    result.blur_px = optics.blur_px;
    result.veil_share = optics.veil_share;
    std::vector<FittedInGroup> found = fit_candidates(setting, starts, result.refused);
    // Faint shadows look like smooth noise.
    setting.fit.noise.correlation =
        estimate_correlation(without_shadows(setting, found), setting.fit.noise);
    setting.fit.wide_rim = options.wide_rim || on_plain_background(found, options.fit.plain_share);
    const std::vector<FittedInGroup> beads = fit_jointly(setting, std::move(found), result.refused);
    for (const FittedInGroup& fitted : beads)
        result.beads.push_back(detection_of(setting, fitted));
    result.candidates = static_cast<int>(result.beads.size() + result.refused.size());
    std::sort(result.beads.begin(), result.beads.end(),
              [](const BeadDetection& a, const BeadDetection& b) {
                  return a.center_px.y() != b.center_px.y() ? a.center_px.y() < b.center_px.y()
                                                            : a.center_px.x() < b.center_px.x();
              });
    result.summary = summary_of(result);
    return result;
}

}  // namespace stereo
