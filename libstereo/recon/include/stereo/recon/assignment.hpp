#pragma once

#include <Eigen/Core>

#include <cstddef>
#include <vector>

namespace stereo {

/// The column of each row in the one-to-one assignment of least total cost, for a square matrix of
/// finite numbers: Hungarian method by shortest augmenting paths (Jonker & Volgenant, Computing 38,
/// 1987), O(n^3). Throws drr::Error(usage) for a matrix that is not square.
[[nodiscard]] std::vector<std::size_t> least_assignment(const Eigen::MatrixXd& cost);

/// What an assignment costs.
[[nodiscard]] double assignment_cost(const Eigen::MatrixXd& cost,
                                     const std::vector<std::size_t>& column_of_row);

}  // namespace stereo
