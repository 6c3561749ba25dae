#include "background_order.hpp"

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

// Standard deviations of chi-square by which the rim's residuals may exceed those under and next to
// the bead.
constexpr double rim_significance = 4.0;
// So near to the minimum, in standard deviations, a higher order's promise is told from that of the
// steps left.
constexpr double enough_to_ask_sd = 1.0;

bool minimize_in(ShadowFit& fit, FitReach reach, double tolerance_sd) {
    bool converged = false;
    for (int round = 0; round < fit.options().rounds; ++round) {
        converged = fit.prepare(reach) && fit.minimize(tolerance_sd);
        if (!converged) return false;
    }
    return converged;
}

/// The order up to which each, up to `highest`, promises to explain more than noise would.
int demanded_order(ShadowFit& fit, int highest) {
    const auto free = static_cast<double>(fit.window().free);
    int order = fit.at().order;
    while (highest > order && free <= 2.0 * fit.layout().size(highest))
        --highest;
    if (highest <= order) return order;
    const ShadowFit::Promises promise = fit.promises(highest);
    const auto demands_more = [&](int than) {
        const double by_noise = (coefficients(than + 1) - coefficients(than)) *
                                fit.options().noise.correlation.low_frequency_power();
        const auto at = static_cast<std::size_t>(than);
        // Schwarz's criterion: each parameter costs the logarithm of the number of data.
        return promise[at + 1] - promise[at] > std::log(free) * by_noise;
    };
    while (order < highest && demands_more(order))
        ++order;
    return order;
}

bool demands_more(ShadowFit& fit) {
    return demanded_order(fit, fit.at().order + 1) > fit.at().order;
}

/// Whether the residuals beyond the narrow reach are as small as those within it.
bool rim_is_plain(const ShadowFit& fit) {
    struct Sum {
        double squares = 0.0;
        int count = 0;
    };
    Sum near, rim;
    for (std::size_t i = 0; i < fit.window().count; ++i) {
        bool inside = false;
        for (std::size_t b = 0; b < fit.layout().beads && !inside; ++b) {
            const BeadShadow& bead = fit.at().beads[b];
            inside = (fit.window().place(i) - bead.center_px).norm() <
                     reach_px(FitReach::narrow, bead.radius_px, fit.at().blur);
        }
        Sum& sum = inside ? near : rim;
        const double residual = fit.model().residuals()[static_cast<Eigen::Index>(i)];
        sum.squares += residual * residual;
        ++sum.count;
    }
    if (near.count == 0 || rim.count == 0) return true;
    // Of the ratio of two chi-squares over their counts, noise that is not white included.
    const double sd = std::sqrt((2.0 / near.count + 2.0 / rim.count) *
                                fit.options().noise.correlation.chi_square_excess());
    return rim.squares / rim.count <= (1.0 + rim_significance * sd) * near.squares / near.count;
}

}  // namespace

bool fit_plain_background(ShadowFit& fit) {
    if (minimize_in(fit, FitReach::wide, fit.options().tolerance_sd))
        return rim_is_plain(fit) && !demands_more(fit);
    fit.restart();
    return false;
}

bool fit_structured_background(ShadowFit& fit) {
    const int highest =
        fit.options().thin ? 2 : std::min(fit.options().max_background_order, highest_background);
    const double tolerance_sd = fit.options().tolerance_sd;
    if (highest == 2) return minimize_in(fit, FitReach::narrow, tolerance_sd);
    if (!minimize_in(fit, FitReach::narrow, std::max(tolerance_sd, enough_to_ask_sd))) return false;
    // Plain backgrounds are the rule: all orders are asked only where the next one is needed.
    for (bool raised = true; raised && fit.at().order < highest && demands_more(fit);) {
        const int before = fit.at().order;
        int order = demanded_order(fit, highest);
        while (order > before && !fit.minimize_with_order(order))
            --order;
        raised = order > before;
    }
    return fit.at().order > 2 || fit.minimize(tolerance_sd);
}

}  // namespace stereo
