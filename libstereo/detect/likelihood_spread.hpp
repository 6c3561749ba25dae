#pragma once

#include "shadow_fit.hpp"

namespace stereo {

/// What the curvature of chi-square at a fit's solution does not say of how far a bead's centre may
/// be off: the mean square of its distance from the solution under the likelihood (with the fit's
/// priors), over that under the normal distribution of that curvature. 1 where a bead is placed
/// well; a faint small one slides and grows within its noise. Both means are sums over the same
/// places, drawn from a wider distribution (importance sampling; Gelman et al., Bayesian Data
/// Analysis, 3rd ed. 2013, section 10.4), so that their ratio hardly depends on these. `covariance`
/// is of all parameters, by the curvature.
[[nodiscard]] double spread_over_curvature(const ShadowFit& fit, const Eigen::MatrixXd& covariance,
                                           std::size_t bead);

}  // namespace stereo
