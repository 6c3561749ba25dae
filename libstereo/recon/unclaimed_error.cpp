#include "unclaimed_error.hpp"

#include <Eigen/Cholesky>
#include <ceres/ceres.h>

#include <cmath>

namespace stereo {
namespace {

// The field's length is known beforehand within this factor, as a standard deviation.
constexpr double length_factor = 3.0;
// How far the detections' standard deviations may be off: errors of rendered beads are 0.9 to 1.3
// of theirs (docs/uncertainty.md).
constexpr double claim_factor = 1.5;

/// Minus the log likelihood (Rasmussen & Williams 2006, eq. 5.8 and 5.9) and the prior of the
/// length, in the logarithms of the field's variance, its length and the local variance.
class MinusLogLikelihood final : public ceres::FirstOrderFunction {
  public:
    MinusLogLikelihood(const EpipolarDistances& distances, double length_px)
        : d_(distances), log_length_(std::log(length_px)) {}

    [[nodiscard]] int NumParameters() const override { return 4; }

    bool Evaluate(const double* x, double* cost, double* gradient) const override {
        const double length2 = std::exp(2.0 * x[1]);
        const double field2 = std::exp(x[0]);
        const double local2 = std::exp(x[2]);
        const double factor2 = std::exp(2.0 * x[3]);
        if (!std::isfinite(length2 + field2 + local2 + factor2)) return false;
        const Eigen::Index n = d_.px.size();
        Eigen::MatrixXd field = Eigen::MatrixXd::Zero(n, n);
        Eigen::MatrixXd by_log_length = Eigen::MatrixXd::Zero(n, n);
        for (std::size_t v = 0; v < 2; ++v) {
            const Eigen::ArrayXXd share =
                field2 * d_.shared[v].array() * (-0.5 / length2 * d_.apart_px2[v].array()).exp();
            field.array() += share;
            by_log_length.array() += share * d_.apart_px2[v].array() / length2;
        }
        Eigen::MatrixXd covariance = d_.claimed_px2 + field;
        covariance.diagonal() += factor2 * d_.detected_px2;
        covariance.diagonal().array() += local2;
        const Eigen::LLT<Eigen::MatrixXd> root(covariance);
        if (root.info() != Eigen::Success) return false;
        const Eigen::VectorXd weighed = root.solve(d_.px);
        const double off = (x[1] - log_length_) / std::log(length_factor);
        const double scaled = x[3] / std::log(claim_factor);
        cost[0] = root.matrixLLT().diagonal().array().log().sum() + 0.5 * weighed.dot(d_.px) +
                  0.5 * off * off + 0.5 * scaled * scaled;
        if (!std::isfinite(cost[0])) return false;
        if (gradient == nullptr) return true;
        const Eigen::MatrixXd g =
            root.solve(Eigen::MatrixXd::Identity(n, n)) - weighed * weighed.transpose();
        gradient[0] = 0.5 * g.cwiseProduct(field).sum();
        gradient[1] = 0.5 * g.cwiseProduct(by_log_length).sum() + off / std::log(length_factor);
        gradient[2] = 0.5 * g.trace() * local2;
        gradient[3] = factor2 * g.diagonal().dot(d_.detected_px2) + scaled / std::log(claim_factor);
        return true;
    }

  private:
    const EpipolarDistances& d_;
    double log_length_;
};

}  // namespace

double field_correlation(double apart_px2, double length_px) {
    return std::exp(-0.5 * apart_px2 / (length_px * length_px));
}

UnclaimedError most_likely_unclaimed_error(const EpipolarDistances& distances, double length_px) {
    // Either may be all of it; the search starts from halves.
    const double variance = distances.px.squaredNorm() / static_cast<double>(distances.px.size());
    constexpr double least_px2 = 1e-10;
    const double half = std::log(std::max(0.5 * variance, least_px2));
    std::array<double, 4> x{half, std::log(length_px), half, 0.0};
    const ceres::GradientProblem problem(new MinusLogLikelihood(distances, length_px));
    ceres::GradientProblemSolver::Options options;
    options.logging_type = ceres::SILENT;
    options.function_tolerance = 1e-8;
    ceres::GradientProblemSolver::Summary summary;
    ceres::Solve(options, problem, x.data(), &summary);
    return {std::exp(0.5 * x[0]), std::exp(x[1]), std::exp(0.5 * x[2]), std::exp(x[3])};
}

}  // namespace stereo
