#pragma once

#include "bundle_problem.hpp"

namespace stereo {

/// How the errors of the markers of one image hang together: the correlation of two markers'
/// errors along one axis is exp(-d / length), d their distance in the phantom. Neighbours stand in
/// like surroundings, a wall of the same bricks, and are drawn the same way by them.
struct NeighbourCorrelation {
    double length_mm = 0.0;  ///< 0: independent
    double variance = 1.0;   ///< of an error over its sd_px
    /// Of the gradient at the minimum, for errors as large as sd_px says.
    Eigen::MatrixXd gradient_covariance;
};

/// The correlation that maximizes the restricted likelihood of the residuals (Patterson & Thompson,
/// "Recovery of inter-block information when block sizes are unequal", Biometrika 58 (1971) 545),
/// which knows what the fit has taken from them. `problem` stands in its minimum and has more
/// measured numbers than parameters.
[[nodiscard]] NeighbourCorrelation estimate_neighbour_correlation(const BundleProblem& problem);

}  // namespace stereo
