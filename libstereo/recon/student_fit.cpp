#include "student_fit.hpp"

#include <stereo/recon/epipolar_pairs.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace stereo {
namespace {

struct Tails {
    double scale = 0.0;
    double freedom = 0.0;  // nu: 1 is Cauchy's distribution, 100 all but Gauss's
    [[nodiscard]] double weight(double r) const {
        return (freedom + 1.0) / (freedom + r * r / (scale * scale));
    }
};

// The scale of maximum likelihood for a given nu, by its fixed point.
Tails scaled(double freedom, const std::vector<double>& residuals) {
    constexpr int most_steps = 200;
    constexpr double settled = 1e-9;
    double squares = 0.0;
    for (const double r : residuals)
        squares += r * r;
    const auto count = static_cast<double>(residuals.size());
    // Below this all distances are rounding.
    constexpr double least_scale = 1e-9;
    Tails tails{std::max(std::sqrt(squares / count), least_scale), freedom};
    for (int step = 0; step < most_steps; ++step) {
        double sum = 0.0;
        for (const double r : residuals)
            sum += tails.weight(r) * r * r;
        const double scale = std::max(std::sqrt(sum / count), least_scale);
        const double change = std::abs(scale / tails.scale - 1.0);
        tails.scale = scale;
        if (change < settled) break;
    }
    return tails;
}

double log_likelihood(const Tails& tails, const std::vector<double>& residuals) {
    const double nu = tails.freedom;
    double sum = static_cast<double>(residuals.size()) *
                 (std::lgamma(0.5 * (nu + 1.0)) - std::lgamma(0.5 * nu) -
                  0.5 * std::log(nu * std::numbers::pi) - std::log(tails.scale));
    for (const double r : residuals)
        sum -= 0.5 * (nu + 1.0) * std::log1p(r * r / (nu * tails.scale * tails.scale));
    return sum;
}

Tails tails_of(const std::vector<double>& residuals) {
    // The likelihood is flat: between neighbours of these the estimate hardly changes.
    constexpr std::array freedoms{1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0, 100.0};
    Tails best;
    double most = -std::numeric_limits<double>::infinity();
    for (const double freedom : freedoms) {
        const Tails tails = scaled(freedom, residuals);
        const double value = log_likelihood(tails, residuals);
        if (!(value > most)) continue;
        most = value;
        best = tails;
    }
    return best;
}

// Huber's factor of standard deviations for p parameters fitted to n residuals ("Robust
// Statistics", 1981, section 7.6): 1 + p / n var(psi') / E(psi')^2. psi' of Student's t is
// (nu + 1) / nu (2 c - 1) c with c = nu / (nu + r^2), a Beta(nu / 2, 1 / 2).
double huber_factor(double freedom, double parameters, double count) {
    std::array<double, 5> moment{1.0};
    for (std::size_t k = 1; k < moment.size(); ++k) {
        const double j = static_cast<double>(k) - 1.0;
        moment[k] = moment[k - 1] * (freedom + 2.0 * j) / (freedom + 1.0 + 2.0 * j);
    }
    const double scale = (freedom + 1.0) / freedom;
    const double mean = scale * (2.0 * moment[2] - moment[1]);
    const double square = scale * scale * (4.0 * moment[4] - 4.0 * moment[3] + moment[2]);
    return 1.0 + parameters / count * (square / (mean * mean) - 1.0);
}

}  // namespace

FundamentalFit fit_student(const Eigen::Matrix3d& start, std::span<const MeasuredPixel> a,
                           std::span<const MeasuredPixel> b, double gate_px,
                           const FundamentalFitOptions& options) {
    constexpr int most_rounds = 50;
    constexpr double settled = 1e-9;  // of a matrix of norm 1
    FundamentalFitOptions unit = options;
    unit.noise_known = true;  // the root in units of the scale
    FundamentalFit fit;
    fit.fundamental = start;
    for (int round = 0; round < most_rounds; ++round) {
        std::vector<MeasuredPixel> near_a;
        std::vector<MeasuredPixel> near_b;
        std::vector<double> residuals;
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (!(std::abs(sampson_distance_px(fit.fundamental, a[i].pixel, b[i].pixel)) < gate_px))
                continue;
            near_a.push_back(a[i]);
            near_b.push_back(b[i]);
            residuals.push_back(epipolar_sigma(fit.fundamental, a[i], b[i]));
        }
        if (residuals.empty()) return {};
        const Tails tails = tails_of(residuals);
        for (std::size_t i = 0; i < residuals.size(); ++i) {
            near_a[i].covariance_px2 /= tails.weight(residuals[i]);
            near_b[i].covariance_px2 /= tails.weight(residuals[i]);
        }
        const Eigen::Matrix3d before = fit.fundamental;
        fit = fit_fundamental(before, near_a, near_b, unit);
        if (!fit.ok) return fit;
        // The scale of maximum likelihood is too small by what the seven parameters took.
        const auto count = static_cast<double>(residuals.size());
        constexpr double parameters = 7.0;
        fit.sigma0 = tails.scale * std::sqrt(count / (count - parameters));
        // Weights have the mean 1, so that the weighed information stands for J^T J.
        fit.root *= fit.sigma0 * std::sqrt((tails.freedom + 3.0) / (tails.freedom + 1.0)) *
                    huber_factor(tails.freedom, parameters, count);
        if (std::min((fit.fundamental - before).norm(), (fit.fundamental + before).norm()) <
            settled)
            break;
    }
    return fit;
}

}  // namespace stereo
