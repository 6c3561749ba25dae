#include "shadow_fit.hpp"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <limits>

namespace stereo {
namespace {

// Under a bead the background is no darker than this part of its surroundings: else it would take
// the bead's place.
constexpr double least_background = 0.05;
// Until then a fit may stray.
constexpr int first_steps = 2;
constexpr double first_damping = 1e-3;
// A pixel's own aperture is 0.2887 px; a fit may err by a little below it, and no more: the
// profile's table has to resolve the blur, that of the parts of a pixel as well.
constexpr double min_blur_px = 0.2875;
constexpr double least_level = 1e-30;  // of a black image

}  // namespace

ShadowFit::ShadowFit(const drr::Image<float>& image, const std::vector<BeadShadow>& start,
                     const BeadFitOptions& options, const std::vector<Disc>& excluded)
    : image_(image),
      options_(options),
      excluded_(excluded),
      origin_(start.front().center_px.array().round()),
      model_({start.size(), options.fit_blur, options.fit_veil}) {
    start_.blur = std::max(min_blur_px, options.blur_px);
    for (std::size_t j = 0; j < start.size(); ++j) {
        start_.beads[j] = start[j];
        start_.beads[j].center_px -= origin_;
    }
    at_ = start_;
}

void ShadowFit::restart() {
    at_ = start_;
    background_level_ = 0.0;
}

bool ShadowFit::prepare(FitReach reach) {
    gather(image_, beads(), origin_, at_.blur, reach, excluded_, options_, window_);
    if (window_.free <= 2 * size()) return false;
    if (background_level_ == 0.0) {
        background_level_ = level_outside(window_, beads(), at_.blur);
        at_.veil = options_.veil_share * background_level_;
        at_.background.setZero();
        at_.background[0] = background_level_ - at_.veil;
    }
    at_.parts = PixelParts::at(at_.blur, options_.sharp_parts);
    at_.rescale(window_.reach_px);
    model_.weigh(at_, options_.noise, window_);
    evaluate(at_, normal_);
    return true;
}

/// The model's normal equations and those of the priors.
void ShadowFit::evaluate(const ShadowParameters& p, NormalEquations& result) {
    model_.evaluate(p, window_, result);
    const auto prior = [&](int index, double pull, double inverse_sd) {
        result.cost += pull * pull;
        result.hessian(index, index) += inverse_sd * inverse_sd;
        result.gradient[index] -= pull * inverse_sd;
    };
    const auto log_prior = [&](int index, double value, double center, double sd) {
        prior(index, std::log(value / center) / sd, 1.0 / sd);
    };
    // Over the reach of the fit each term may change the background by this much of itself.
    const double level = std::max(background_level_, least_level);
    const double background_inverse_sd = 1.0 / (options_.prior_background * level);
    const double start_veil = options_.veil_share * background_level_;
    for (int k = 0; k < coefficients(p.order); ++k)
        prior(layout().first_of_background() + k,
              (p.background[k] - (k == 0 ? background_level_ - start_veil : 0.0)) *
                  background_inverse_sd,
              background_inverse_sd);
    if (options_.fit_blur) log_prior(layout().blur(), p.blur, start_.blur, options_.prior_log_blur);
    if (options_.fit_veil) {
        const double inverse_sd = 1.0 / (options_.prior_veil_share * level);
        prior(layout().veil(), (p.veil - start_veil) * inverse_sd, inverse_sd);
    }
    for (std::size_t b = 0; b < layout().beads; ++b) {
        const int first = ParameterLayout::first_of_bead(b);
        const double radius =
            options_.prior_radius_px > 0.0 ? options_.prior_radius_px : start_.beads[b].radius_px;
        log_prior(first + 2, p.beads[b].radius_px, radius, options_.prior_log_radius);
        log_prior(first + 3, p.beads[b].attenuation, start_.beads[b].attenuation,
                  options_.prior_log_attenuation);
    }
}

ShadowParameters ShadowFit::moved(const ShadowParameters& p, const ParameterVector& step) const {
    // A factor of e in one step is enough for any parameter, and keeps exp() in range.
    const auto factor = [](double s) { return std::exp(std::clamp(s, -1.0, 1.0)); };
    ShadowParameters q = p;
    q.background.head(coefficients(p.order)) += step.tail(coefficients(p.order));
    if (options_.fit_blur) q.blur = std::max(min_blur_px, p.blur * factor(step[layout().blur()]));
    if (options_.fit_veil) q.veil += step[layout().veil()];
    for (std::size_t b = 0; b < layout().beads; ++b) {
        const int k = ParameterLayout::first_of_bead(b);
        q.beads[b].center_px += step.segment<2>(k);
        q.beads[b].radius_px *= factor(step[k + 2]);
        q.beads[b].attenuation *= factor(step[k + 3]);
    }
    return q;
}

bool ShadowFit::near_start(const ShadowParameters& p) const {
    for (std::size_t b = 0; b < layout().beads; ++b) {
        const BeadShadow& bead = p.beads[b];
        const double r = start_.beads[b].radius_px;
        if (!((bead.center_px - start_.beads[b].center_px).norm() <= r + 1.0)) return false;
        if (!(bead.radius_px > r / 8.0 && bead.radius_px < r * 8.0)) return false;
        if (!(bead.attenuation > 1e-4 && bead.attenuation < 1e3)) return false;
        if (!(p.background_at(bead.center_px.x(), bead.center_px.y()) >
              least_background * background_level_))
            return false;
    }
    return p.blur < 8.0 * start_.blur;
}

/// Whether the first bead, for which the fit is made, fades away or takes another size.
bool ShadowFit::hopeless(const ShadowParameters& p) const {
    const double growth = p.beads[0].radius_px / start_.beads[0].radius_px;
    return p.beads[0].attenuation < options_.least_attenuation ||
           std::max(growth, 1.0 / growth) > options_.most_growth;
}

bool ShadowFit::minimize(double tolerance_sd) {
    const double most_promised = options_.most_promised_chi2_per_dof * window_.free;
    double damping = first_damping;
    bool settled = false;
    bool at_trial = false;  // residuals and derivatives are those of a step that was not taken
    for (int iteration = 0; iteration < options_.max_iterations; ++iteration) {
        ParameterMatrix damped = normal_.hessian;
        damped.diagonal() *= 1.0 + damping;
        const ParameterVector step = damped.ldlt().solve(normal_.gradient);
        if (!step.allFinite()) return false;
        if (damping <= first_damping) {  // a more damped step promises less
            const double promise = normal_.gradient.dot(step);
            // The square of the step in standard deviations as the residuals tell them.
            if (promise <= tolerance_sd * tolerance_sd * normal_.cost / window_.free) {
                if (at_trial) evaluate(at_, normal_);
                return true;
            }
            if (normal_.cost - promise > most_promised) return false;
        }
        double center_step = 0.0;
        for (std::size_t b = 0; b < layout().beads; ++b)
            center_step =
                std::max(center_step, step.segment<2>(ParameterLayout::first_of_bead(b)).norm());
        const ShadowParameters next = moved(at_, step);
        const bool possible = near_start(next);
        if (possible) evaluate(next, trial_);
        if (possible && trial_.cost <= normal_.cost) {
            at_trial = false;
            const double gain = normal_.cost - trial_.cost;
            at_ = next;
            std::swap(normal_, trial_);
            damping = std::max(1e-9, damping * 0.1);
            settled = center_step < options_.tolerance_px;
            if (iteration >= first_steps && hopeless(at_)) return false;
            if (center_step < options_.tolerance_px && gain <= options_.least_gain * normal_.cost)
                return true;
        } else {
            // At the minimum, as near as the interpolated derivatives can tell.
            if (possible && center_step < options_.tolerance_px &&
                normal_.gradient.dot(step) <= options_.least_gain * normal_.cost) {
                evaluate(at_, normal_);
                return true;
            }
            at_trial = at_trial || possible;
            damping *= 10.0;
            if (damping > 1e7) return false;
        }
    }
    // A sharp edge leaves radius, blur and attenuation a narrow, bent valley to creep along.
    if (!settled || at_.parts.along == 1) return false;
    evaluate(at_, normal_);
    return true;
}

ShadowFit::Promises ShadowFit::promises(int highest) {
    ShadowParameters raised = at_;
    raised.order = highest;
    evaluate(raised, trial_);
    // A lower order's equations are the first ones of a higher order's, and so are their factors.
    const ParameterVector forward = trial_.hessian.llt().matrixL().solve(trial_.gradient);
    Promises result{};
    for (int order = at_.order; order <= highest; ++order)
        result[static_cast<std::size_t>(order)] = forward.head(layout().size(order)).squaredNorm();
    return result;
}

double ShadowFit::cost_after(const ParameterVector& step) {
    const ShadowParameters there = moved(at_, step);
    if (!near_start(there)) return std::numeric_limits<double>::infinity();
    evaluate(there, trial_);
    return trial_.cost;
}

bool ShadowFit::minimize_with_order(int order) {
    const ShadowParameters before = at_;
    at_.order = order;
    evaluate(at_, normal_);
    if (minimize(options_.tolerance_sd)) return true;
    at_ = before;
    evaluate(at_, normal_);
    return false;
}

}  // namespace stereo
