#pragma once

#include <Eigen/Core>
#include <nlohmann/json.hpp>

namespace stereo {

using Json = nlohmann::ordered_json;

/// A vector as a list of numbers, a matrix as a list of its rows.
template <class Derived>
Json array(const Eigen::MatrixBase<Derived>& m) {
    Json out = Json::array();
    if constexpr (Derived::ColsAtCompileTime == 1) {
        for (Eigen::Index i = 0; i < m.rows(); ++i)
            out.push_back(m(i));
    } else {
        for (Eigen::Index i = 0; i < m.rows(); ++i)
            out.push_back(array(m.row(i).transpose().eval()));
    }
    return out;
}

}  // namespace stereo
