#include "candidate_fits.hpp"

#include "background_order.hpp"
#include "blob_shape.hpp"
#include "fit_report.hpp"
#include "shadow_groups.hpp"

#include <drr/core/order_statistics.hpp>
#include <drr/core/parallel.hpp>
#include <stereo/detect/localize.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace stereo {
namespace {

/// Options of a rough fit: enough to tell beads from others, and a start for the exact one.
BeadFitOptions rough_fit(const FitSetting& setting) {
    const BeadDetectorOptions& options = setting.options;
    BeadFitOptions rough = setting.fit;
    rough.tolerance_px = 0.02;
    rough.least_gain = 0.02;
    rough.claims = false;
    rough.thin = true;
    // Twice as far from the expected size as a bead may be.
    rough.most_growth = 2.0 * setting.diameter_factor;
    rough.least_attenuation = -std::log(1.0 - 0.5 * options.min_contrast);
    rough.max_background_order = 2;
    // The exact fit starts where this one ends, with the weights that belong there.
    rough.rounds = 1;
    return rough;
}

/// Both beads of a fit of two, where both are beads side by side.
std::vector<FittedInGroup> both_beads(const FitSetting& setting, const BeadFit& fit) {
    const FitStrategyOptions& limits = setting.options.fit;
    if (!fit.converged) return {};
    const BeadShadow& a = fit.beads[0].shadow;
    const BeadShadow& b = fit.beads[1].shadow;
    if ((a.center_px - b.center_px).norm() <
        limits.split_distance_radii * std::max(a.radius_px, b.radius_px))
        return {};
    std::vector<FittedInGroup> both;
    for (const FittedBead& bead : fit.beads) {
        both.push_back({bead, fit});
        if (refusal_of(setting, both.back()) ||
            bead.ellipticity > limits.split_ellipticity * setting.options.max_ellipticity)
            return {};
    }
    return both;
}

/// A blob that is no ball may be two beads: itself and one of the candidates that touch it, or two
/// side by side along its long axis. `one`: its fit as one ball, which may have failed.
std::vector<FittedInGroup> split(const FitSetting& setting, const BeadFitOptions& rough,
                                 const BeadShadow& start, const std::vector<BeadShadow>& beside,
                                 const BeadFit& one, double most_residual) {
    const FitStrategyOptions& limits = setting.options.fit;
    const double radius = 0.5 * setting.diameter_px;
    BeadFitOptions options = rough;
    options.background_field = false;
    if (one.converged)
        options.most_promised_chi2_per_dof =
            limits.split_promise_leniency * most_residual * most_residual * one.chi2_per_dof;
    const auto beads_of = [&](const BeadFit& fit) {
        return one.converged && fit.residual_rms > most_residual * one.residual_rms
                   ? std::vector<FittedInGroup>{}
                   : both_beads(setting, fit);
    };
    for (const BeadShadow& other : beside) {
        std::vector<FittedInGroup> both =
            beads_of(fit_beads(setting.image, {start, other}, options));
        if (!both.empty()) return both;
    }
    BeadShadow blob = start;
    const auto shape = blob_shape(setting.image, start.center_px, radius);
    if (shape && shape->elongation > limits.split_elongation) {
        blob.center_px = shape->center_px;
        return beads_of(split_blob(setting.image, blob, shape->long_axis, radius, options));
    }
    if (!one.converged) return {};
    const FittedBead& ball = one.beads.front();
    return beads_of(split_blob(setting.image, ball.shadow, ball.long_axis, radius, options));
}

/// The starts that touch start `i`.
std::vector<BeadShadow> starts_beside(std::size_t i, const std::vector<BeadShadow>& starts,
                                      double blur_px) {
    std::vector<BeadShadow> result;
    for (std::size_t j = 0; j < starts.size(); ++j)
        if (j != i && touch(starts[i], starts[j], blur_px)) result.push_back(starts[j]);
    return result;
}

struct CandidateFit {
    std::vector<FittedInGroup> beads;  // none, one, or two of a blob
    BeadRefusal reason = BeadRefusal::no_fit;
};

CandidateFit fit_candidate(const FitSetting& setting, const BeadFitOptions& rough,
                           const BeadShadow& start, const std::vector<BeadShadow>& beside,
                           const std::vector<BeadShadow>& known) {
    std::vector<BeadShadow> group = {start};
    std::vector<Disc> discs;
    for (const BeadShadow& other : known) {
        if (touch(start, other, rough.blur_px)) {
            if (group.size() < max_joint_beads) group.push_back(other);
        } else if (in_reach(start, other, rough.blur_px)) {
            discs.push_back({other.center_px, shadow_reach_px(other, rough.blur_px)});
        }
    }
    const FitStrategyOptions& limits = setting.options.fit;
    BeadFitOptions options = rough;
    // Two beads as one creep, and are worth the time.
    if (group.size() > 1 && 0.5 * setting.diameter_px >= limits.resolved_radius_px)
        options.max_iterations = limits.quick_iterations;
    ShadowFit shadow(setting.image, group, options, discs);
    BeadFit fit = fit_structured_background(shadow) ? report(shadow) : BeadFit{};
    if (fit.beads.empty())
        return {group.size() == 1
                    ? split(setting, rough, start, beside, fit, limits.vague_split_residual)
                    : std::vector<FittedInGroup>{},
                BeadRefusal::no_fit};
    const FittedInGroup one{fit.beads.front(), fit};
    // What passes the lenient limits of a first fit may still be two beads.
    const std::optional<BeadRefusal> doubt = refusal_of(setting, one);
    const std::optional<BeadRefusal> reason = refusal_of(setting, one, limits.first_leniency);
    const auto unlike_one_ball = [](const std::optional<BeadRefusal>& refusal) {
        return refusal == BeadRefusal::out_of_round || refusal == BeadRefusal::poor_fit ||
               refusal == BeadRefusal::wrong_size;
    };
    // What can hardly be placed as one ball is texture, or two balls.
    const bool vague = doubt == BeadRefusal::uncertain &&
                       (reason == BeadRefusal::uncertain || unlike_one_ball(reason));
    if (group.size() == 1 && (vague || unlike_one_ball(doubt))) {
        std::vector<FittedInGroup> both =
            split(setting, rough, start, beside, fit,
                  vague ? limits.vague_split_residual : limits.split_residual);
        if (!both.empty()) return {std::move(both), {}};
    }
    if (reason) return {{}, *reason};
    // Of three candidates two are none, and the field costs more than all before it.
    take_field_in(shadow, fit);
    return {{{fit.beads.front(), fit}}, {}};
}

/// The round in which each shadow is fitted: after the stronger ones near it.
std::vector<int> rounds_of(const std::vector<BeadShadow>& starts, double blur_px) {
    std::vector<int> round(starts.size(), 0);
    for (std::size_t i = 0; i < starts.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (in_reach(starts[i], starts[j], blur_px) || in_reach(starts[j], starts[i], blur_px))
                round[i] = std::max(round[i], round[j] + 1);
    return round;
}

}  // namespace

ImageOptics estimate_optics(const FitSetting& setting, const std::vector<BeadShadow>& starts) {
    BeadFitOptions free = setting.fit;
    free.claims = false;
    free.fit_veil = true;
    free.background_field = false;
    free.max_background_order = 2;
    const auto wanted = static_cast<std::size_t>(setting.options.fit.beads_for_optics);
    std::vector<double> blurs;
    std::vector<double> veils;
    for (std::size_t first = 0; first < starts.size() && blurs.size() < wanted; first += wanted) {
        std::vector<BeadFit> fits(std::min(wanted, starts.size() - first));
        drr::parallel_for(fits.size(), [&](std::size_t i) {
            fits[i] = fit_beads(setting.image, {starts[first + i]}, free);
        });
        for (const BeadFit& fit : fits) {
            if (fit.beads.empty() || blurs.size() == wanted ||
                refusal_of(setting, {fit.beads.front(), fit}))
                continue;
            blurs.push_back(fit.blur_px);
            veils.push_back(fit.veil_share);
        }
    }
    // Where no single bead tells, two that touch may: found as one ball of the starting blur.
    BeadFitOptions held = rough_fit(setting);
    held.fit_blur = false;
    BeadFitOptions pair = rough_fit(setting);
    pair.fit_veil = true;
    for (std::size_t i = 0; i < std::min(wanted, starts.size()) && blurs.empty(); ++i) {
        const BeadFit one = fit_beads(setting.image, {starts[i]}, held);
        const auto both = split(setting, pair, starts[i], starts_beside(i, starts, free.blur_px),
                                one, setting.options.fit.split_residual);
        if (both.empty()) continue;
        blurs.push_back(both.front().group.blur_px);
        veils.push_back(both.front().group.veil_share);
    }
    if (blurs.empty()) return {setting.fit.blur_px, setting.fit.veil_share};
    return {drr::median(std::move(blurs)), drr::median(std::move(veils))};
}

std::vector<FittedInGroup> fit_candidates(const FitSetting& setting,
                                          const std::vector<BeadShadow>& starts,
                                          std::vector<RefusedCandidate>& refused) {
    const BeadFitOptions rough = rough_fit(setting);
    const std::vector<int> round = rounds_of(starts, rough.blur_px);
    const int rounds = round.empty() ? 0 : *std::max_element(round.begin(), round.end()) + 1;
    std::vector<FittedInGroup> beads;
    std::vector<BeadShadow> known;
    const auto is_known = [&](const FittedInGroup& fitted) {
        const BeadShadow& shadow = fitted.bead.shadow;
        // Nearer than half a radius is the same bead again.
        return std::any_of(known.begin(), known.end(), [&](const BeadShadow& other) {
            return (other.center_px - shadow.center_px).norm() <
                   0.5 * std::min(other.radius_px, shadow.radius_px);
        });
    };
    for (int r = 0; r < rounds; ++r) {
        std::vector<std::size_t> now;
        for (std::size_t i = 0; i < starts.size(); ++i)
            if (round[i] == r) now.push_back(i);
        std::vector<CandidateFit> fits(now.size());
        drr::parallel_for(now.size(), [&](std::size_t k) {
            fits[k] = fit_candidate(setting, rough, starts[now[k]],
                                    starts_beside(now[k], starts, rough.blur_px), known);
        });
        for (std::size_t k = 0; k < now.size(); ++k) {
            if (fits[k].beads.empty())
                refused.push_back({starts[now[k]].center_px, fits[k].reason});
            for (FittedInGroup& fitted : fits[k].beads) {
                if (is_known(fitted)) {
                    refused.push_back({fitted.bead.shadow.center_px, BeadRefusal::repeated});
                    continue;
                }
                known.push_back(fitted.bead.shadow);
                beads.push_back(std::move(fitted));
            }
        }
    }
    return beads;
}

}  // namespace stereo
