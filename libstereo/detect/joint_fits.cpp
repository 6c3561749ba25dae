#include "candidate_fits.hpp"
#include "shadow_groups.hpp"
#include "shadow_pixels.hpp"

#include <drr/core/parallel.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace stereo {
namespace {

struct Bead {
    FittedInGroup fitted;
    bool settled = false;  // its fit took place among the beads that are left
};

struct Refit {
    std::vector<std::size_t> group;
    FittedInGroup fitted;
    std::optional<BeadRefusal> refusal;
};

Refit refit(const FitSetting& setting, std::size_t i, const std::vector<BeadShadow>& shadows) {
    BeadFitOptions options = setting.fit;
    options.rounds = 1;
    options.fit_blur = true;
    options.fit_veil = true;
    options.prior_log_blur = setting.options.fit.prior_log_blur;
    options.most_growth = 2.0 * setting.diameter_factor;
    options.least_attenuation = -std::log(1.0 - 0.5 * setting.options.min_contrast);
    Refit result;
    result.group = touching(i, shadows, options.blur_px);
    if (result.group.size() == 1 &&
        PixelParts::at(options.blur_px, options.sharp_parts).along == 1 &&
        0.5 * setting.diameter_px >= setting.options.fit.resolved_radius_px)
        options.max_iterations = setting.options.fit.quick_iterations;
    std::vector<BeadShadow> start;
    for (const std::size_t j : result.group)
        start.push_back(shadows[j]);
    const BeadFit fit = fit_beads(setting.image, start, options,
                                  shadows_beside(result.group, shadows, options.blur_px));
    if (fit.beads.empty()) {
        result.refusal = BeadRefusal::no_fit;
        return result;
    }
    result.fitted = {fit.beads.front(), fit};
    result.refusal = refusal_of(setting, result.fitted);
    return result;
}

}  // namespace

std::vector<FittedInGroup> fit_jointly(const FitSetting& setting, std::vector<FittedInGroup> fitted,
                                       std::vector<RefusedCandidate>& refused) {
    std::vector<Bead> beads;
    for (FittedInGroup& bead : fitted)
        beads.push_back({std::move(bead), false});
    for (bool all_kept = false; !all_kept;) {
        all_kept = true;
        std::vector<BeadShadow> shadows;
        for (const Bead& bead : beads)
            shadows.push_back(bead.fitted.bead.shadow);
        std::vector<Refit> refits(beads.size());
        drr::parallel_for(beads.size(), [&](std::size_t i) {
            if (!beads[i].settled) refits[i] = refit(setting, i, shadows);
        });
        std::vector<std::size_t> kept;
        std::vector<std::size_t> dropped;
        for (std::size_t i = 0; i < beads.size(); ++i) {
            // It may have failed because of what it was fitted with: the fainter one goes first.
            const bool has_worse =
                std::any_of(refits[i].group.begin(), refits[i].group.end(), [&](std::size_t j) {
                    return j != i && refits[j].refusal &&
                           beads[j].fitted.bead.contrast < beads[i].fitted.bead.contrast;
                });
            if (refits[i].refusal && !has_worse) {
                refused.push_back({shadows[i].center_px, *refits[i].refusal});
                dropped.push_back(i);
            } else {
                kept.push_back(i);
            }
        }
        all_kept = dropped.empty();
        std::vector<Bead> left;
        for (const std::size_t i : kept) {
            Bead& bead = beads[i];
            const bool good = !refits[i].refusal;
            if (good && !bead.settled) bead.fitted = std::move(refits[i].fitted);
            // Those near a refused one are fitted once more.
            bead.settled = good && std::none_of(dropped.begin(), dropped.end(), [&](std::size_t j) {
                               return in_reach(shadows[i], shadows[j], setting.fit.blur_px);
                           });
            left.push_back(std::move(bead));
        }
        beads = std::move(left);
    }
    fitted.clear();
    for (Bead& bead : beads)
        fitted.push_back(std::move(bead.fitted));
    return fitted;
}

}  // namespace stereo
