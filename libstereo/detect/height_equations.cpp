#include "height_equations.hpp"

namespace stereo {

HeightEquations::HeightEquations(const Eigen::MatrixXd& seen, const Eigen::VectorXd& pull)
    : pull_(pull) {
    if (pull.size() == 0) return;
    form_.compute(seen);
    diagonal_ = form_.diagonal();
    beside_ = form_.subDiagonal();
    turned_pull_ = form_.matrixQ().adjoint() * pull;
}

HeightEquations::Factors HeightEquations::factors(double ratio) const {
    Factors result{1.0 + ratio * diagonal_, ratio * beside_};
    for (Eigen::Index i = 1; i < result.diagonal.size(); ++i) {
        const double beside = result.below[i - 1];
        result.below[i - 1] = beside / result.diagonal[i - 1];
        result.diagonal[i] -= beside * result.below[i - 1];
    }
    return result;
}

HeightEquations::Solution HeightEquations::at(double ratio) const {
    if (pull_.size() == 0) return {};
    const Factors f = factors(ratio);
    Solution solution;
    double forward = 0.0;
    for (Eigen::Index i = 0; i < f.diagonal.size(); ++i) {
        forward = turned_pull_[i] - (i > 0 ? f.below[i - 1] * forward : 0.0);
        solution.gain += ratio * forward * forward / f.diagonal[i];
    }
    solution.log_determinant = f.diagonal.log().sum();
    return solution;
}

Eigen::Matrix<double, 3, Eigen::Dynamic> HeightEquations::solve(
    double ratio, const Eigen::Matrix<double, 3, Eigen::Dynamic>& rows) const {
    if (pull_.size() == 0) return rows;
    const Factors f = factors(ratio);
    // Column by column: Eigen's reflections of several at once first multiply them out, which costs
    // more than three columns do.
    Eigen::Matrix<double, Eigen::Dynamic, 3> x(rows.cols(), 3);
    for (Eigen::Index k = 0; k < 3; ++k)
        x.col(k) = form_.matrixQ().adjoint() * rows.row(k).transpose();
    const Eigen::Index n = x.rows();
    for (Eigen::Index i = 1; i < n; ++i)
        x.row(i) -= f.below[i - 1] * x.row(i - 1);
    x.array().colwise() /= f.diagonal;
    for (Eigen::Index i = n - 1; i > 0; --i)
        x.row(i - 1) -= f.below[i - 1] * x.row(i);
    Eigen::Matrix<double, 3, Eigen::Dynamic> result(3, n);
    for (Eigen::Index k = 0; k < 3; ++k)
        result.row(k) = (form_.matrixQ() * x.col(k)).transpose();
    return result;
}

}  // namespace stereo
