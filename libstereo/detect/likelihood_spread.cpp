#include "likelihood_spread.hpp"

#include <drr/core/rng.hpp>

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

// Half of the places are the others' mirror images, so that a skewed likelihood favours no side.
constexpr int pairs = 200;
// Student's distribution with so many degrees of freedom has tails for what slides away.
constexpr int freedom = 5;
constexpr double wider = 1.2;
// Centres are followed so far: beyond lie few of the places, one of which would tell for all.
constexpr double reach_sd = 4.0;

}  // namespace

double spread_over_curvature(const ShadowFit& fit, const Eigen::MatrixXd& covariance,
                             std::size_t bead) {
    const auto size = static_cast<int>(covariance.rows());
    const Eigen::MatrixXd root = covariance.llt().matrixL();
    const int first = ParameterLayout::first_of_bead(bead);
    const double most = 0.5 * reach_sd * reach_sd * covariance.block<2, 2>(first, first).trace();
    ShadowFit explored = fit;
    drr::Rng rng(drr::RngKey{});
    double squares = 0.0, weights = 0.0, squares_of_normal = 0.0, weights_of_normal = 0.0;
    for (int i = 0; i < pairs; ++i) {
        Eigen::VectorXd direction(size);
        for (double& d : direction)
            d = rng.normal();
        double chi2 = 0.0;
        for (int k = 0; k < freedom; ++k)
            chi2 += std::pow(rng.normal(), 2);
        direction *= wider * std::sqrt(freedom / chi2);
        const double square = direction.squaredNorm();
        const double log_proposed =
            -0.5 * (freedom + size) * std::log1p(square / (wider * wider * freedom));
        const Eigen::VectorXd step = root * direction;
        const double center = step.segment<2>(first).squaredNorm();
        if (center > most) continue;
        const double of_normal = std::exp(-0.5 * square - log_proposed);
        for (const double sign : {1.0, -1.0}) {
            const double weight = std::exp(
                -0.5 * (explored.cost_after(sign * step) - fit.normal().cost) - log_proposed);
            squares += weight * center;
            weights += weight;
            squares_of_normal += of_normal * center;
            weights_of_normal += of_normal;
        }
    }
    return squares / weights / (squares_of_normal / weights_of_normal);
}

}  // namespace stereo
