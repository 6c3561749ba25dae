#include "background_order.hpp"

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

// Standard deviations of chi-square by which the rim's residuals may exceed those under and next to
// the bead.
constexpr double rim_significance = 4.0;

bool minimize_in(ShadowFit& fit, FitReach reach) {
    bool converged = false;
    for (int round = 0; round < fit.options().rounds; ++round) {
        converged = fit.prepare(reach) && fit.minimize();
        if (!converged) return false;
    }
    return converged;
}

/// Whether the next order promises to explain more than noise would.
bool demands_more(ShadowFit& fit) {
    const int order = fit.at().order;
    const int free = fit.window().free;
    if (free <= 2 * fit.layout().size(order + 1)) return false;
    const double by_noise = (coefficients(order + 1) - coefficients(order)) *
                            fit.options().noise.correlation.low_frequency_power();
    // Schwarz's criterion: each parameter costs the logarithm of the number of data.
    return fit.promise_of_order(order + 1) > std::log(static_cast<double>(free)) * by_noise;
}

/// Whether the residuals beyond the narrow reach are as small as those within it.
bool rim_is_plain(const ShadowFit& fit) {
    struct Sum {
        double squares = 0.0;
        int count = 0;
    };
    Sum near, rim;
    const auto& pixels = fit.window().pixels;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        bool inside = false;
        for (std::size_t b = 0; b < fit.layout().beads && !inside; ++b) {
            const BeadShadow& bead = fit.at().beads[b];
            inside = (Eigen::Vector2d(pixels[i].x, pixels[i].y) - bead.center_px).norm() <
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
    if (minimize_in(fit, FitReach::wide)) return rim_is_plain(fit) && !demands_more(fit);
    fit.restart();
    return false;
}

bool fit_structured_background(ShadowFit& fit) {
    if (!minimize_in(fit, FitReach::narrow)) return false;
    if (fit.options().thin) return true;
    while (fit.at().order < std::min(fit.options().max_background_order, highest_background) &&
           demands_more(fit) && fit.minimize_with_order(fit.at().order + 1)) {
    }
    return true;
}

}  // namespace stereo
