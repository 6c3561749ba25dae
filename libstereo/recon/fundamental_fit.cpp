// fit_fundamental() and fit_affine_fundamental(): least squares by Ceres.

#include "normalization.hpp"

#include <drr/core/error.hpp>
#include <drr/geometry/decompositions.hpp>
#include <drr/geometry/rigid3.hpp>
#include <stereo/recon/fundamental.hpp>
#include <stereo/recon/match_correction.hpp>

#include <Eigen/LU>
#include <ceres/ceres.h>

#include <cmath>

namespace stereo {
namespace {

using RowMajor3 = Eigen::Matrix<double, 3, 3, Eigen::RowMajor>;
using Entries = Eigen::Matrix<double, 9, 1>;  // row by row

// A direction that changes the residuals less than this, relative to the one that changes them
// most, is not determined: the root of the rounding of a double.
constexpr double undetermined = 1e-8;

Entries entries_of(const Eigen::Matrix3d& matrix) {
    const RowMajor3 rows = matrix;
    return Eigen::Map<const Entries>(rows.data());
}

// F = U0 exp(u) diag(1, s, 0) exp(v)^T V0^T of parameters (u, v, s).
struct RankTwo {
    static constexpr int ambient = 7;
    static constexpr int freedom = 7;
    Eigen::Matrix3d u0;
    Eigen::Matrix3d v0;

    [[nodiscard]] Eigen::Matrix3d matrix(const double* p) const {
        return u0 * turned(p) * Eigen::Vector3d(1.0, p[6], 0.0).asDiagonal() *
               turned(p + 3).transpose() * v0.transpose();
    }
    [[nodiscard]] Eigen::Matrix<double, 9, ambient> derivative(const double* p) const {
        const Eigen::Matrix3d u = turned(p);
        const Eigen::Matrix3d v = turned(p + 3);
        const Eigen::DiagonalMatrix<double, 3> middle(1.0, p[6], 0.0);
        const Eigen::Matrix3d by_u = drr::left_jacobian(Eigen::Map<const Eigen::Vector3d>(p));
        const Eigen::Matrix3d by_v = drr::left_jacobian(Eigen::Map<const Eigen::Vector3d>(p + 3));
        Eigen::Matrix<double, 9, ambient> result;
        for (Eigen::Index k = 0; k < 3; ++k) {
            result.col(k) = entries_of(u0 * drr::cross_matrix(by_u.col(k)) * u * middle *
                                       v.transpose() * v0.transpose());
            result.col(3 + k) =
                entries_of(u0 * u * middle * (v0 * drr::cross_matrix(by_v.col(k)) * v).transpose());
        }
        result.col(6) = entries_of(u0 * u.col(1) * (v0 * v.col(1)).transpose());
        return result;
    }

  private:
    static Eigen::Matrix3d turned(const double* rotation_vector) {
        return drr::rotation_from_vector(Eigen::Map<const Eigen::Vector3d>(rotation_vector))
            .toRotationMatrix();
    }
};

// (a, b, c, d, e) of norm 1: F = [0 0 a; 0 0 b; c d e].
struct Affine {
    static constexpr int ambient = 5;
    static constexpr int freedom = 4;

    [[nodiscard]] static Eigen::Matrix3d matrix(const double* p) {
        Eigen::Matrix3d f = Eigen::Matrix3d::Zero();
        f.topRightCorner<2, 1>() = Eigen::Vector2d(p[0], p[1]);
        f.row(2) = Eigen::RowVector3d(p[2], p[3], p[4]);
        return f;
    }
    [[nodiscard]] static Eigen::Matrix<double, 9, ambient> derivative(const double* /*p*/) {
        Eigen::Matrix<double, 9, ambient> result;
        for (Eigen::Index k = 0; k < ambient; ++k) {
            const Eigen::Matrix<double, ambient, 1> one =
                Eigen::Matrix<double, ambient, 1>::Unit(k);
            result.col(k) = entries_of(matrix(one.data()));
        }
        return result;
    }
};

struct Distance {
    double value;
    Eigen::Matrix3d by_fundamental;
};

// Sampson's, in standard deviations.
Distance sampson(const Eigen::Matrix3d& f, const MeasuredPixel& a, const MeasuredPixel& b) {
    const Eigen::Vector3d in_a = a.pixel.homogeneous();
    const Eigen::Vector3d in_b = b.pixel.homogeneous();
    const Eigen::Vector2d line_b = (f * in_a).head<2>();
    const Eigen::Vector2d line_a = (f.transpose() * in_b).head<2>();
    const Eigen::Vector2d spread_b = b.covariance_px2 * line_b;
    const Eigen::Vector2d spread_a = a.covariance_px2 * line_a;
    const double sd = std::sqrt(line_b.dot(spread_b) + line_a.dot(spread_a));
    Distance distance{in_b.dot(f * in_a) / sd, in_b * in_a.transpose() / sd};
    const double share = distance.value / (sd * sd);
    distance.by_fundamental.topRows<2>() -= share * spread_b * in_a.transpose();
    distance.by_fundamental.leftCols<2>() -= share * in_b * spread_a.transpose();
    return distance;
}

// The distance of one match in its standard deviations, by the parameters of a model.
template <class Model>
class Residual : public ceres::SizedCostFunction<1, Model::ambient> {
  public:
    Residual(const Model& model, const MeasuredPixel& a, const MeasuredPixel& b,
             FundamentalCost cost)
        : model_(model), a_(a), b_(b), cost_(cost) {}

    bool Evaluate(double const* const* parameters, double* residual,
                  double** jacobians) const override {
        const Eigen::Matrix3d f = model_.matrix(parameters[0]);
        Distance distance{};
        if (cost_ == FundamentalCost::sampson) {
            distance = sampson(f, a_, b_);
        } else {
            const CorrectedMatch match = correct_match(f, a_, b_);
            distance = {match.distance, match.by_fundamental};
        }
        residual[0] = distance.value;
        if (jacobians && jacobians[0]) {
            Eigen::Map<Eigen::Matrix<double, 1, Model::ambient>> jacobian(jacobians[0]);
            jacobian =
                entries_of(distance.by_fundamental).transpose() * model_.derivative(parameters[0]);
        }
        return true;
    }

  private:
    Model model_;
    MeasuredPixel a_;
    MeasuredPixel b_;
    FundamentalCost cost_;
};

// Minimizes from `p` in normalized coordinates; the result is in pixels.
template <class Model>
FundamentalFit minimize(const Model& model, Eigen::Matrix<double, Model::ambient, 1> p,
                        const Normalization& norm_a, const Normalization& norm_b,
                        std::span<const MeasuredPixel> a, std::span<const MeasuredPixel> b,
                        const FundamentalFitOptions& options) {
    ceres::Problem problem;
    for (std::size_t i = 0; i < a.size(); ++i)
        problem.AddResidualBlock(
            new Residual<Model>(model, norm_a.apply(a[i]), norm_b.apply(b[i]), options.cost),
            nullptr, p.data());
    Eigen::MatrixXd tangent = Eigen::MatrixXd::Identity(Model::ambient, Model::ambient);
    if constexpr (Model::ambient != Model::freedom)
        problem.SetManifold(p.data(), new ceres::SphereManifold<Model::ambient>());
    ceres::Solver::Options solver;
    solver.linear_solver_type = ceres::DENSE_QR;
    solver.max_num_iterations = 100;
    solver.function_tolerance = 1e-14;  // the covariance is that of the minimum itself
    solver.parameter_tolerance = 1e-12;
    solver.num_threads = 1;  // the sum must not depend on the number of threads
    solver.logging_type = ceres::SILENT;
    ceres::Solver::Summary summary;
    ceres::Solve(solver, &problem, &summary);

    FundamentalFit fit;
    const Eigen::Matrix3d to_a = norm_a.matrix();
    const Eigen::Matrix3d to_b = norm_b.matrix();
    const Eigen::Matrix3d f = to_b.transpose() * model.matrix(p.data()) * to_a;
    if (!summary.IsSolutionUsable() || !f.allFinite()) return fit;
    fit.fundamental = f / f.norm();
    fit.cost = 2.0 * summary.final_cost;

    if constexpr (Model::ambient != Model::freedom) {
        Eigen::Matrix<double, Model::ambient, Model::freedom, Eigen::RowMajor> plus;
        problem.GetManifold(p.data())->PlusJacobian(p.data(), plus.data());
        tangent = plus;
    }
    ceres::CRSMatrix sparse;
    problem.Evaluate({}, nullptr, nullptr, nullptr, &sparse);
    const auto rows = static_cast<Eigen::Index>(a.size());
    const Eigen::MatrixXd jacobian =
        Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
            sparse.values.data(), rows, Model::freedom);
    const drr::RightSingular svd = drr::right_singular(jacobian);
    const Eigen::VectorXd& singular = svd.values;
    if (!(singular[Model::freedom - 1] > undetermined * singular[0])) return fit;
    fit.sigma0 = std::sqrt(fit.cost / static_cast<double>(rows - Model::freedom));
    const double unit = options.noise_known ? 1.0 : fit.sigma0;
    const Eigen::MatrixXd steps =
        tangent * svd.vectors * (unit * singular.cwiseInverse()).asDiagonal();
    const Eigen::MatrixXd normalized = model.derivative(p.data()) * steps;
    fit.root.resize(9, Model::freedom);
    for (Eigen::Index k = 0; k < Model::freedom; ++k) {
        const Entries step = normalized.col(k);
        const RowMajor3 moved =
            to_b.transpose() * Eigen::Map<const RowMajor3>(step.data()) * to_a / f.norm();
        // The norm stays 1.
        fit.root.col(k) =
            entries_of(moved - fit.fundamental * fit.fundamental.cwiseProduct(moved).sum());
    }
    fit.ok = true;
    return fit;
}

}  // namespace

FundamentalFit fit_fundamental(const Eigen::Matrix3d& start, std::span<const MeasuredPixel> a,
                               std::span<const MeasuredPixel> b,
                               const FundamentalFitOptions& options) {
    drr::require(a.size() == b.size(), "a fundamental matrix needs pairs of pixels");
    if (a.size() <= RankTwo::freedom) return {};
    const Normalization norm_a(a);
    const Normalization norm_b(b);
    const Eigen::Matrix3d normalized =
        norm_b.matrix().inverse().transpose() * start * norm_a.matrix().inverse();
    if (!normalized.allFinite()) return {};  // all pixels of a view are one
    const drr::Svd3 svd = drr::svd_of(normalized);
    Eigen::Matrix<double, 7, 1> p = Eigen::Matrix<double, 7, 1>::Zero();
    p[6] = svd.values[1] / svd.values[0];
    if (!p.allFinite()) return {};
    return minimize(RankTwo{svd.u, svd.v}, p, norm_a, norm_b, a, b, options);
}

FundamentalFit fit_affine_fundamental(std::span<const MeasuredPixel> a,
                                      std::span<const MeasuredPixel> b,
                                      const FundamentalFitOptions& options) {
    drr::require(a.size() == b.size(), "a fundamental matrix needs pairs of pixels");
    if (a.size() <= Affine::freedom) return {};
    const Normalization norm_a(a);
    const Normalization norm_b(b);
    // Start: the plane through the matches (b, a) of four coordinates, all weighed alike.
    Eigen::MatrixX4d rows(static_cast<Eigen::Index>(a.size()), 4);
    for (Eigen::Index i = 0; i < rows.rows(); ++i)
        rows.row(i) << norm_b.apply(b[static_cast<std::size_t>(i)]).pixel.transpose(),
            norm_a.apply(a[static_cast<std::size_t>(i)]).pixel.transpose();
    if (!rows.allFinite()) return {};
    Eigen::Matrix<double, 5, 1> p;
    p << drr::right_singular(rows).vectors.col(3), 0.0;
    FundamentalFitOptions exact = options;
    exact.cost = FundamentalCost::sampson;  // the plane is its own first order
    return minimize(Affine{}, p, norm_a, norm_b, a, b, exact);
}

Eigen::Matrix<double, 9, 1> fundamental_entries(const Eigen::Matrix3d& fundamental,
                                                const Eigen::Matrix3d& reference) {
    const double sign = fundamental.cwiseProduct(reference).sum() < 0.0 ? -1.0 : 1.0;
    return entries_of(sign * fundamental / fundamental.norm());
}

Eigen::MatrixXd propagate(const FundamentalFit& fit,
                          const std::function<Eigen::VectorXd(const Eigen::Matrix3d&)>& function) {
    // Central differences of a tenth of a standard deviation: small against the bend of the
    // function over the noise, large against rounding.
    constexpr double step = 0.1;
    Eigen::MatrixXd root;
    for (Eigen::Index k = 0; k < fit.root.cols(); ++k) {
        const Entries entries = step * fit.root.col(k);
        const RowMajor3 change = Eigen::Map<const RowMajor3>(entries.data());
        const Eigen::VectorXd column =
            (function(fit.fundamental + change) - function(fit.fundamental - change)) /
            (2.0 * step);
        if (root.size() == 0) root.resize(column.size(), fit.root.cols());
        root.col(k) = column;
    }
    return root * root.transpose();
}

}  // namespace stereo
