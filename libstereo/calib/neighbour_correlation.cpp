#include "neighbour_correlation.hpp"

#include "marker_rows.hpp"

#include <Eigen/Cholesky>
#include <boost/math/tools/minima.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace stereo {
namespace {

// An image's residuals and their derivatives in standard deviations, those along columns first,
// then those along rows.
struct ImageRows {
    int pose_slot = -1;
    Eigen::MatrixXd by_common;
    Eigen::Matrix<double, Eigen::Dynamic, 6> by_pose;
    Eigen::VectorXd residual;
    Eigen::MatrixXd distance_mm;  // between its markers

    [[nodiscard]] Eigen::Index markers() const { return distance_mm.rows(); }
    [[nodiscard]] Eigen::MatrixXd correlation(double length_mm) const {
        if (!(length_mm > 0.0)) return Eigen::MatrixXd::Identity(markers(), markers());
        return (-distance_mm.array() / length_mm).exp();
    }
};

ImageRows rows_of(const BundleProblem& problem, const ImageObservations& image) {
    const BundleLayout& layout = problem.layout;
    const BundleState& state = problem.state;
    const ImageProjection projection(image, state);
    const auto count = static_cast<Eigen::Index>(image.items.size());
    ImageRows rows;
    rows.pose_slot = layout.of_pose[static_cast<std::size_t>(image.pose)];
    rows.by_common.setZero(2 * count, layout.common_count);
    rows.by_pose.resize(2 * count, 6);
    rows.residual.resize(2 * count);
    rows.distance_mm.resize(count, count);
    const auto& columns = layout.of_view[static_cast<std::size_t>(image.view)];
    Eigen::Matrix3Xd markers(3, count);
    MarkerRows of_markers;
    // A marker behind its source would have been no minimum.
    (void)fill_rows(problem.observations, image, state, projection, problem.options, of_markers);
    for (Eigen::Index i = 0; i < count; ++i) {
        const auto n = static_cast<std::size_t>(i);
        const Observation& item = problem.observations.items[image.items[n]];
        markers.col(i) = state.marker_mm(problem.observations, item.marker);
        const Eigen::Matrix<double, 2, view_columns> by_view = of_markers.by_view(n);
        const Eigen::Matrix<double, 2, 3> by_place = by_view.rightCols<3>() * projection.turn();
        const int marker = layout.of_marker[static_cast<std::size_t>(item.marker)];
        const int scale = state.is_of_wand(item.marker) ? layout.wand_scale : layout.scale;
        const double body_scale = state.scale_of(item.marker);
        for (int axis = 0; axis < 2; ++axis) {
            const Eigen::Index row = axis * count + i;
            for (int k = 0; k < view_columns; ++k)
                if (const int column = columns[static_cast<std::size_t>(k)]; column >= 0)
                    rows.by_common(row, column) = by_view(axis, k);
            if (scale >= 0)
                rows.by_common(row, scale) = by_place.row(axis).dot(markers.col(i)) / body_scale;
            if (marker >= 0)
                rows.by_common.block<1, 3>(row, marker) = body_scale * by_place.row(axis);
            rows.by_pose.row(row) = by_view.row(axis) * projection.by_pose();
            rows.residual[row] = of_markers.residual(n)[axis];
        }
    }
    for (Eigen::Index i = 0; i < count; ++i)
        rows.distance_mm.col(i) = (markers.colwise() - markers.col(i)).colwise().norm().transpose();
    return rows;
}

std::vector<ImageRows> rows_of(const BundleProblem& problem) {
    std::vector<ImageRows> result;
    for (const auto& image : by_image(problem.observations, problem.used))
        result.push_back(rows_of(problem, image));
    return result;
}

void add_rows(const ImageRows& rows, NormalEquations& equations) {
    equations.common += rows.by_common.transpose() * rows.by_common;
    equations.common_gradient += rows.by_common.transpose() * rows.residual;
    equations.cost += rows.residual.squaredNorm();
    if (rows.pose_slot < 0) return;
    const auto slot = static_cast<std::size_t>(rows.pose_slot);
    equations.coupling[slot] += rows.by_common.transpose() * rows.by_pose;
    equations.pose[slot] += rows.by_pose.transpose() * rows.by_pose;
    equations.pose_gradient[slot] += rows.by_pose.transpose() * rows.residual;
}

// Both axes by the same triangular factor.
template <class Rows>
void whiten(const Eigen::LLT<Eigen::MatrixXd>& factor, Rows& rows) {
    const Eigen::Index count = factor.rows();
    factor.matrixL().solveInPlace(rows.topRows(count));
    factor.matrixL().solveInPlace(rows.bottomRows(count));
}

double log_determinant(const Eigen::LLT<Eigen::MatrixXd>& factor) {
    return 2.0 * factor.matrixLLT().diagonal().array().log().sum();
}

NormalEquations equations_of_priors(const BundleProblem& problem) {
    NormalEquations equations;
    equations.reset(problem.layout);
    add_priors(problem.observations, problem.state, problem.layout, problem.options.priors,
               equations);
    return equations;
}

// A correlation and minus twice its restricted log likelihood, less a constant.
struct Fit {
    double length_mm = 0.0;
    double variance = 1.0;
    double deviance = std::numeric_limits<double>::infinity();
};

Fit fit_at(double length_mm, const std::vector<ImageRows>& images, const NormalEquations& priors,
           int prior_numbers) {
    NormalEquations equations = priors;
    double log_determinants = 0.0;
    auto numbers = static_cast<Eigen::Index>(prior_numbers);
    for (ImageRows rows : images) {
        const Eigen::LLT<Eigen::MatrixXd> factor(rows.correlation(length_mm));
        if (factor.info() != Eigen::Success) return {};
        whiten(factor, rows.by_common);
        whiten(factor, rows.by_pose);
        whiten(factor, rows.residual);
        add_rows(rows, equations);
        log_determinants += 2.0 * log_determinant(factor);
        numbers += 2 * rows.markers();
    }
    // Parameters are in many units: by a diagonal of 1.
    const Eigen::MatrixXd normal = equations.matrix();
    const Eigen::VectorXd unit = normal.diagonal().cwiseSqrt().cwiseInverse();
    const Eigen::LLT<Eigen::MatrixXd> factor(unit.asDiagonal() * normal * unit.asDiagonal());
    if (factor.info() != Eigen::Success) return {};
    const Eigen::VectorXd taken =
        factor.matrixL().solve(unit.cwiseProduct(equations.gradient()).eval());
    const auto freedom = static_cast<double>(numbers - normal.rows());
    Fit fit;
    fit.length_mm = length_mm;
    fit.variance = (equations.cost - taken.squaredNorm()) / freedom;
    fit.deviance = freedom * std::log(fit.variance) + log_determinants + log_determinant(factor) -
                   2.0 * unit.array().log().sum();
    return fit;
}

// J^T C J = (U J)^T (U J), C = U^T U, and the priors'.
Eigen::MatrixXd gradient_covariance(double length_mm, std::vector<ImageRows> images,
                                    NormalEquations equations) {
    for (ImageRows& rows : images) {
        const Eigen::LLT<Eigen::MatrixXd> factor(rows.correlation(length_mm));
        const Eigen::Index count = rows.markers();
        for (const Eigen::Index first : {Eigen::Index{0}, count}) {
            rows.by_common.middleRows(first, count) =
                factor.matrixU() * rows.by_common.middleRows(first, count).eval();
            rows.by_pose.middleRows(first, count) =
                factor.matrixU() * rows.by_pose.middleRows(first, count).eval();
        }
        add_rows(rows, equations);
    }
    return equations.matrix();
}

}  // namespace

NeighbourCorrelation estimate_neighbour_correlation(const BundleProblem& problem) {
    const std::vector<ImageRows> images = rows_of(problem);
    const NormalEquations priors = equations_of_priors(problem);
    const int prior_numbers = prior_count(problem.layout, problem.options.priors);
    const auto at = [&](double length_mm) {
        return fit_at(length_mm, images, priors, prior_numbers);
    };
    double nearest = std::numeric_limits<double>::infinity();
    double farthest = 0.0;
    for (const ImageRows& rows : images)
        for (Eigen::Index i = 1; i < rows.markers(); ++i) {
            nearest = std::min(nearest, rows.distance_mm.col(i).head(i).minCoeff());
            farthest = std::max(farthest, rows.distance_mm.col(i).head(i).maxCoeff());
        }
    // From where the nearest two have nothing in common, a correlation of exp(-8), in steps of 2 to
    // where all markers have.
    std::vector<Fit> scan = {at(0.0)};
    for (double length = nearest / 8.0; length < farthest; length *= 2.0)
        scan.push_back(at(length));
    Fit best = *std::min_element(scan.begin(), scan.end(), [](const Fit& a, const Fit& b) {
        return a.deviance < b.deviance;
    });
    if (best.length_mm > 0.0) {
        const double middle = std::log(best.length_mm);
        constexpr int bits = 7;  // a hundredth of the bracket
        const auto [log_length, deviance] = boost::math::tools::brent_find_minima(
            [&](double log_of) { return at(std::exp(log_of)).deviance; }, middle - std::log(2.0),
            middle + std::log(2.0), bits);
        if (deviance < best.deviance) best = at(std::exp(log_length));
    }
    return {best.length_mm, best.variance, gradient_covariance(best.length_mm, images, priors)};
}

}  // namespace stereo
