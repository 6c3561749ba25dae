#include <drr/core/error.hpp>
#include <stereo/detect/bead_detector.hpp>

#include <fmt/format.h>

#include <cmath>

namespace stereo {
namespace {

void check(const FieldOptions& o) {
    drr::require(o.lowest_level > 0.0 && o.lowest_level <= o.highest_level && o.highest_level < 1.0,
                 "levels of the field's border must ascend between 0 and 1");
    drr::require(o.max_outside_grey > 0.0 && o.max_outside_grey < 1.0 && o.min_solidity > 0.0 &&
                     o.min_solidity <= 1.0 && o.min_outside_share >= 0.0 &&
                     o.min_outside_share < 1.0,
                 "max_outside_grey, min_solidity and min_outside_share must lie between 0 and 1");
    drr::require(o.margin_px >= 0.0 && o.margin_px <= 1000.0,
                 "the field's margin_px must be 0 to 1000");
}

void check(const CandidateSearchOptions& o) {
    drr::require(o.inner_scale > 0.0 && o.inner_scale < o.outer_scale && o.outer_scale <= 10.0,
                 "inner_scale must be positive and below outer_scale, which is at most 10");
    drr::require(o.scale_step > 1.0 && o.scale_step <= 4.0,
                 "scale_step must be above 1 and at most 4");
    drr::require(o.smallest_reduced_radius_px >= 1.0,
                 "smallest_reduced_radius_px must be at least 1");
    drr::require(o.ring_directions >= 4 && o.ring_directions <= 360 && o.shadowed_directions >= 0 &&
                     o.shadowed_directions <= o.bright_direction &&
                     o.bright_direction < o.ring_directions,
                 "0 <= shadowed_directions <= bright_direction < ring_directions was expected, of "
                 "4 to 360 directions");
    drr::require(o.ring_radius > 1.0 && o.least_response >= 0.0 && o.black_level >= 0.0 &&
                     o.least_side >= 0.0 && o.least_seen_contrast >= 0.0 && o.same_spot >= 0.0,
                 "ring_radius must be above 1 and no limit of the candidate search negative");
}

void check(const FirstLookOptions& o) {
    drr::require(o.max_relative_residual > 0.0 && o.min_contrast_share >= 0.0 &&
                     o.uncertainty_leniency > 0.0 && o.size_leniency >= 1.0 &&
                     o.reach_radii > 1.0 && o.reach_radii <= 5.0 && o.neighbour_depth > 0.0 &&
                     o.min_rim_share > 0.0 && o.min_rim_share <= 1.0,
                 "the first look's limits must be positive, reach_radii 1 to 5, min_rim_share at "
                 "most 1");
}

void check(const SizeSearchOptions& o) {
    drr::require(o.min_diameter_px >= 3.0, "min_diameter_px must be at least 3");
    drr::require(o.max_diameter_share > 0.0 && o.max_diameter_share <= 1.0,
                 "max_diameter_share must be above 0 and at most 1");
    drr::require(o.max_fits >= 1 && o.same_size_factor > 1.0,
                 "max_fits must be at least 1 and same_size_factor above 1");
}

void check(const FitStrategyOptions& o) {
    drr::require(o.beads_for_optics >= 1 && o.quick_iterations >= 1,
                 "beads_for_optics and quick_iterations must be at least 1");
    drr::require(o.starting_blur_radii > 0.0 && o.least_starting_blur_px >= 0.3,
                 "starting_blur_radii must be positive and least_starting_blur_px at least 0.3");
    drr::require(o.prior_log_blur > 0.0, "prior_log_blur must be positive");
    drr::require(o.vague_split_residual >= 0.0, "vague_split_residual must not be negative");
    drr::require(o.plain_share > 0.0, "plain_share must be positive");
    drr::require(o.sharp_edge_noise >= 0.0, "sharp_edge_noise must not be negative");
    drr::require(o.first_leniency >= 1.0, "first_leniency must be at least 1");
    drr::require(o.split_distance_radii > 0.0 && o.split_residual > 0.0 &&
                     o.split_ellipticity > 0.0 && o.split_elongation >= 1.0 &&
                     o.split_promise_leniency > 0.0,
                 "the limits of two beads in one blob must be positive");
}

}  // namespace

std::string bead_flags_text(std::uint32_t flags) {
    std::string text;
    const auto add = [&](std::uint32_t flag, const char* name) {
        if ((flags & flag) == 0) return;
        if (!text.empty()) text += '+';
        text += name;
    };
    add(bead_overlapped, "overlapped");
    add(bead_clipped, "clipped");
    add(bead_low_contrast, "low_contrast");
    add(bead_irregular, "irregular");
    add(bead_saturated, "saturated");
    return text.empty() ? "ok" : text;
}

void BeadDetectorOptions::validate() const {
    drr::require(diameter_px == 0.0 || (diameter_px >= 3.0 && diameter_px <= 2000.0),
                 fmt::format("the expected bead diameter must be 3 to 2000 px, or 0 to estimate "
                             "it, not {}",
                             diameter_px));
    drr::require(
        diameter_factor > 1.0 && diameter_factor <= 4.0,
        fmt::format("diameter_factor must be above 1 and at most 4, not {}", diameter_factor));
    drr::require(min_contrast > 0.0 && min_contrast < 1.0,
                 fmt::format("min_contrast must lie between 0 and 1, not {}", min_contrast));
    drr::require(
        blur_px == 0.0 || (blur_px >= 0.3 && (diameter_px == 0.0 || blur_px <= diameter_px)),
        fmt::format("blur_px must be 0 (estimate) or 0.3 to the diameter, not {}", blur_px));
    drr::require(max_relative_residual > 0.0, "max_relative_residual must be positive");
    drr::require(max_ellipticity > 0.0 && max_ellipticity < 1.0,
                 "max_ellipticity must lie between 0 and 1");
    drr::require(max_center_sd_radii > 0.0, "max_center_sd_radii must be positive");
    drr::require(min_significance >= 0.0, "min_significance must not be negative");
    drr::require(saturated_share > 0.0, "saturated_share must be positive");
    drr::require(!std::isinf(black_grey), "black_grey must be finite, or NaN for the default");
    check(field);
    check(search);
    check(first_look);
    check(size);
    check(fit);
}

}  // namespace stereo
