#include "height_equations.hpp"

#include <cmath>
#include <utility>

namespace stereo {
namespace {

// Pivots are 1 to 1e9 or so: the product of so many is a number yet, and takes one logarithm.
constexpr Eigen::Index pivots_at_once = 16;

}  // namespace

HeightEquations::HeightEquations(Eigen::MatrixXd seen, Eigen::VectorXd pull)
    : pull_(std::move(pull)),
      reflections_(std::move(seen)),
      diagonal_(reflections_.cols()),
      beside_(reflections_.cols()),
      turned_pull_(pull_) {
    tridiagonalize({reflections_.data(), static_cast<std::size_t>(reflections_.cols()),
                    static_cast<std::size_t>(reflections_.rows())},
                   diagonal_.data(), beside_.data());
    turn(reflections(), Turn::into_basis, turned_pull_.data(), 1);
}

Reflections HeightEquations::reflections() const {
    return {reflections_.data(), static_cast<std::size_t>(reflections_.cols()),
            static_cast<std::size_t>(reflections_.rows())};
}

HeightEquations::Solution HeightEquations::at(double ratio) const {
    Solution solution;
    double below = 0.0;  // the pivot before, in 1 + r S = L D L^T
    double inverse = 0.0;
    double forward = 0.0;
    double pivots = 1.0;
    for (Eigen::Index i = 0; i < diagonal_.size(); ++i) {
        const double beside = i > 0 ? ratio * beside_[i - 1] : 0.0;
        below = beside * inverse;
        const double pivot = 1.0 + ratio * diagonal_[i] - beside * below;
        inverse = 1.0 / pivot;
        forward = turned_pull_[i] - below * forward;
        solution.gain += ratio * forward * forward * inverse;
        pivots *= pivot;
        if (i % pivots_at_once == 0) {
            solution.log_determinant += std::log(pivots);
            pivots = 1.0;
        }
    }
    solution.log_determinant += std::log(pivots);
    return solution;
}

Eigen::Matrix<double, Eigen::Dynamic, 3> HeightEquations::solve(
    double ratio, Eigen::Matrix<double, Eigen::Dynamic, 3> b) const {
    turn(reflections(), Turn::into_basis, b.data(), 3);
    // 1 + r S = L D L^T, L below its diagonal.
    const Eigen::Index n = diagonal_.size();
    Eigen::ArrayXd below(n);
    Eigen::ArrayXd pivot = 1.0 + ratio * diagonal_;
    for (Eigen::Index i = 1; i < n; ++i) {
        const double beside = ratio * beside_[i - 1];
        below[i] = beside / pivot[i - 1];
        pivot[i] -= beside * below[i];
        b.row(i) -= below[i] * b.row(i - 1);
    }
    b.topRows(n).array().colwise() /= pivot;
    for (Eigen::Index i = n - 1; i > 0; --i)
        b.row(i - 1) -= below[i] * b.row(i);
    turn(reflections(), Turn::out_of_basis, b.data(), 3);
    return b;
}

}  // namespace stereo
