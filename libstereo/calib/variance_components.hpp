#pragma once

#include "bundle_problem.hpp"

namespace stereo {

/// Multiplies the standard deviations of each view's observations by a factor of its own, so that
/// its residuals are as large as their share of the degrees of freedom says, and minimizes anew, in
/// turn until the factors stand: with N the normal matrix and N_v the part of view v,
/// sum (r / sd)^2 over 2 n_v - trace(N^-1 N_v) (Foerstner, "Ein Verfahren zur Schaetzung von
/// Varianz- und Kovarianzkomponenten", AVN 86 (1979) 446). Returns the factors, 1 where a view has
/// no degrees of freedom left. `observations` are those of the problem.
[[nodiscard]] std::vector<double> balance_views(BundleProblem& problem, Observations& observations);

}  // namespace stereo
