#pragma once

#include "bundle_state.hpp"

namespace stereo {

/// The inverse of a normal matrix, or why there is none.
struct NormalInverse {
    Eigen::MatrixXd inverse;
    std::vector<std::string> undetermined;  ///< one sentence for each combination; empty when ok
};

/// Inverts a normal matrix after scaling its diagonal to 1. Where that has eigenvalues of rounding
/// size, their vectors are the combinations of parameters that the observations leave open, said
/// in words of the rig.
[[nodiscard]] NormalInverse invert_normal_matrix(const Eigen::MatrixXd& normal,
                                                 const std::vector<Parameter>& parameters,
                                                 const BundleState& state);

/// What an inverse says that is beyond its own first order: where a combination of the views'
/// numbers (of SDD and distances in parts of themselves, of turns in radians) and of sizes has a
/// standard deviation above a quarter, as where a small object leaves rays all but parallel, error
/// bars mean nothing. A sentence in words of the rig; empty where all is well.
[[nodiscard]] std::vector<std::string> beyond_first_order(const Eigen::MatrixXd& covariance,
                                                          const std::vector<Parameter>& parameters,
                                                          const BundleState& state);

}  // namespace stereo
