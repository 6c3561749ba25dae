#pragma once

#include <Eigen/Core>
#include <nlohmann/json.hpp>

#include <vector>

namespace tools {

/// A vector as a list of numbers.
[[nodiscard]] inline nlohmann::ordered_json json_list(const Eigen::VectorXd& vector) {
    return std::vector<double>(vector.data(), vector.data() + vector.size());
}

/// A matrix as a list of its rows.
template <class Matrix>
[[nodiscard]] nlohmann::ordered_json json_rows(const Matrix& matrix) {
    nlohmann::ordered_json result = nlohmann::ordered_json::array();
    for (Eigen::Index row = 0; row < matrix.rows(); ++row)
        result.push_back(json_list(matrix.row(row).transpose()));
    return result;
}

}  // namespace tools
