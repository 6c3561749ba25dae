#include "size_estimate.hpp"

#include <drr/core/parallel.hpp>

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

struct Vote {
    double diameter_px = 0.0;
    double weight = 0.0;
};

double weighted_median(const std::vector<Vote>& ascending) {
    double total = 0.0;
    for (const Vote& vote : ascending)
        total += vote.weight;
    double sum = 0.0;
    for (const Vote& vote : ascending) {
        sum += vote.weight;
        if (2.0 * sum >= total) return vote.diameter_px;
    }
    return ascending.back().diameter_px;
}

}  // namespace

std::optional<double> estimate_diameter(const FitSetting& setting,
                                        const std::vector<BeadShadow>& starts) {
    const BeadDetectorOptions& options = setting.options;
    const std::size_t count =
        std::min(starts.size(), static_cast<std::size_t>(options.size.max_fits));
    std::vector<Vote> votes(count);
    drr::parallel_for(count, [&](std::size_t i) {
        FitSetting own = setting;
        own.diameter_px = 2.0 * starts[i].radius_px;
        own.diameter_factor = options.diameter_factor;
        own.fit.prior_radius_px = starts[i].radius_px;
        own.fit.prior_log_radius = std::log(own.diameter_factor);
        own.fit.fit_blur = options.blur_px == 0.0;
        own.fit.blur_px = options.blur_px > 0.0
                              ? options.blur_px
                              : std::max(options.fit.least_starting_blur_px,
                                         options.fit.starting_blur_radii * starts[i].radius_px);
        own.fit.claims = false;
        own.fit.thin = true;
        own.fit.background_field = false;
        own.fit.max_background_order = 2;
        const BeadFit fit = fit_beads(own.image, {starts[i]}, own.fit);
        if (fit.beads.empty() || refusal_of(own, {fit.beads.front(), fit})) return;
        votes[i] = {2.0 * fit.beads.front().shadow.radius_px, fit.beads.front().contrast};
    });
    std::erase_if(votes, [](const Vote& vote) { return vote.weight == 0.0; });
    std::sort(votes.begin(), votes.end(),
              [](const Vote& a, const Vote& b) { return a.diameter_px < b.diameter_px; });
    std::vector<Vote> best;
    double most = 0.0;
    for (auto first = votes.begin(); first != votes.end(); ++first) {
        double sum = 0.0;
        auto last = first;
        for (; last != votes.end() &&
               last->diameter_px <= options.size.same_size_factor * first->diameter_px;
             ++last)
            sum += last->weight;
        if (sum > most) {
            most = sum;
            best.assign(first, last);
        }
    }
    if (best.empty()) return std::nullopt;
    return weighted_median(best);
}

}  // namespace stereo
