#include <drr/core/error.hpp>
#include <stereo/calib/bundle.hpp>
#include <stereo/calib/initial_calibration.hpp>

#include <Eigen/Eigenvalues>
#include <ceres/ceres.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

namespace stereo {
namespace {

// A motion as Ceres varies it: turn(w) * base rotation, and a translation. Since w is small, six
// numbers are a minimal chart without singularity, and their covariance is that of the tangent.
struct MotionBlock {
    Eigen::Quaterniond base;
    std::array<double, 6> parameters{};  // w (rad), t (mm)

    explicit MotionBlock(const drr::Rigid3& motion) : base(motion.rotation) {
        Eigen::Map<Eigen::Vector3d>(parameters.data() + 3) = motion.translation_mm;
    }
    [[nodiscard]] drr::Rigid3 motion() const {
        const Eigen::Map<const Eigen::Vector3d> w(parameters.data());
        return {(drr::rotation_from_vector(w) * base).normalized(),
                Eigen::Map<const Eigen::Vector3d>(parameters.data() + 3)};
    }
};

// Projected minus observed pixel of one marker, in units of its standard deviation. Analytic
// derivatives: with exp(w) R x = y, dy/dw = -[y]x J(w) (left_jacobian).
class ReprojectionCost final : public ceres::SizedCostFunction<2, 4, 6, 6> {
  public:
    ReprojectionCost(const Eigen::Vector3d& point_in_phantom_mm, const Observation& observed,
                     const Eigen::Quaterniond& view_base, const Eigen::Quaterniond& phantom_base)
        : turned_point_(phantom_base * point_in_phantom_mm),
          observed_(observed.pixel),
          weight_(1.0 / observed.sd_px),
          view_base_(view_base) {}

    bool Evaluate(const double* const* parameters, double* residuals,
                  double** jacobians) const override {
        const Eigen::Map<const Eigen::Vector4d> intrinsics(parameters[0]);
        const Eigen::Map<const Eigen::Vector3d> view_turn(parameters[1]);
        const Eigen::Map<const Eigen::Vector3d> view_shift(parameters[1] + 3);
        const Eigen::Map<const Eigen::Vector3d> phantom_turn(parameters[2]);
        const Eigen::Map<const Eigen::Vector3d> phantom_shift(parameters[2] + 3);
        const Eigen::Vector3d in_phantom_axes =
            drr::rotation_from_vector(phantom_turn) * turned_point_;
        const Eigen::Quaterniond view_rotation = drr::rotation_from_vector(view_turn) * view_base_;
        const Eigen::Vector3d in_view_axes = view_rotation * (in_phantom_axes + phantom_shift);
        const Eigen::Vector3d p = in_view_axes + view_shift;
        if (!(p.z() > 0.0)) return false;
        const double f = intrinsics[0];
        const double aspect = intrinsics[1];
        const double x = p.x() / p.z();
        const double y = p.y() / p.z();
        Eigen::Map<Eigen::Vector2d> residual(residuals);
        residual << f * x + intrinsics[2], f * aspect * y + intrinsics[3];
        residual = weight_ * (residual - observed_);
        if (jacobians == nullptr) return true;

        if (jacobians[0] != nullptr) {
            Eigen::Map<Eigen::Matrix<double, 2, 4, Eigen::RowMajor>> d(jacobians[0]);
            d << x, 0.0, 1.0, 0.0, aspect * y, f * y, 0.0, 1.0;
            d *= weight_;
        }
        Eigen::Matrix<double, 2, 3> d_pixel;
        d_pixel << f, 0.0, -f * x, 0.0, f * aspect, -f * aspect * y;
        d_pixel *= weight_ / p.z();
        if (jacobians[1] != nullptr) {
            Eigen::Map<Eigen::Matrix<double, 2, 6, Eigen::RowMajor>> d(jacobians[1]);
            d << -d_pixel * drr::cross_matrix(in_view_axes) * drr::left_jacobian(view_turn),
                d_pixel;
        }
        if (jacobians[2] != nullptr) {
            const Eigen::Matrix<double, 2, 3> d_shift = d_pixel * view_rotation.toRotationMatrix();
            Eigen::Map<Eigen::Matrix<double, 2, 6, Eigen::RowMajor>> d(jacobians[2]);
            d << -d_shift * drr::cross_matrix(in_phantom_axes) * drr::left_jacobian(phantom_turn),
                d_shift;
        }
        return true;
    }

  private:
    Eigen::Vector3d turned_point_;
    Eigen::Vector2d observed_;
    double weight_;
    Eigen::Quaterniond view_base_;
};

struct Bundle {
    const Observations& observations;
    const BundleOptions& options;
    std::vector<std::array<double, 4>> intrinsics;  // f, aspect, cx, cy
    std::vector<MotionBlock> views;
    std::vector<MotionBlock> phantoms;
    std::vector<bool> pose_known;
    std::vector<bool> used;

    Bundle(const Observations& input, const BundleOptions& chosen, const InitialCalibration& start)
        : observations(input), options(chosen), pose_known(start.pose_known) {
        for (const auto& view : start.views) {
            intrinsics.push_back({view.pinhole.fx_px, view.pinhole.fy_px / view.pinhole.fx_px,
                                  view.pinhole.cx_px, view.pinhole.cy_px});
            views.emplace_back(view.view_from_world);
        }
        for (const auto& motion : start.world_from_phantom)
            phantoms.emplace_back(motion);
        for (const auto& item : observations.items)
            used.push_back(pose_known[static_cast<std::size_t>(item.pose)]);
    }

    // Moves the turns into the base rotations, so that w = 0 again.
    void rebase() {
        for (auto* blocks : {&views, &phantoms})
            for (auto& block : *blocks)
                block = MotionBlock(block.motion());
    }

    std::unique_ptr<ceres::Problem> problem() {
        auto result = std::make_unique<ceres::Problem>();
        for (std::size_t i = 0; i < observations.items.size(); ++i) {
            if (!used[i]) continue;
            const auto& item = observations.items[i];
            auto& view = views[static_cast<std::size_t>(item.view)];
            auto& phantom = phantoms[static_cast<std::size_t>(item.pose)];
            result->AddResidualBlock(
                new ReprojectionCost(
                    observations.markers_in_phantom_mm[static_cast<std::size_t>(item.marker)], item,
                    view.base, phantom.base),
                nullptr, intrinsics[static_cast<std::size_t>(item.view)].data(),
                view.parameters.data(), phantom.parameters.data());
        }
        if (options.square_pixels)
            for (auto& block : intrinsics)
                result->SetManifold(block.data(), new ceres::SubsetManifold(4, {1}));
        if (result->HasParameterBlock(phantoms[0].parameters.data()))
            result->SetParameterBlockConstant(phantoms[0].parameters.data());
        return result;
    }

    ceres::Solver::Summary solve() {
        const auto p = problem();
        ceres::Solver::Options solver;
        solver.linear_solver_type = ceres::DENSE_SCHUR;
        solver.max_num_iterations = options.max_iterations;
        solver.function_tolerance = 1e-14;
        solver.gradient_tolerance = 1e-12;
        solver.parameter_tolerance = 1e-12;
        solver.num_threads = 1;  // sums must not depend on the number of threads
        solver.logging_type = ceres::SILENT;
        // The phantom's poses are eliminated first: they do not share residuals. Within a group
        // Ceres orders blocks by their address, so each group holds the elements of one vector
        // only: else the order of sums, and with it the last digit, would change from run to run.
        solver.linear_solver_ordering = std::make_shared<ceres::ParameterBlockOrdering>();
        for (auto& block : phantoms)
            if (p->HasParameterBlock(block.parameters.data()))
                solver.linear_solver_ordering->AddElementToGroup(block.parameters.data(), 0);
        for (auto& block : intrinsics)
            solver.linear_solver_ordering->AddElementToGroup(block.data(), 1);
        for (auto& block : views)
            solver.linear_solver_ordering->AddElementToGroup(block.parameters.data(), 2);
        ceres::Solver::Summary summary;
        ceres::Solve(solver, p.get(), &summary);
        rebase();
        return summary;
    }

    [[nodiscard]] Eigen::Vector2d residual(const Observation& item) const {
        const auto v = static_cast<std::size_t>(item.view);
        const auto& k = intrinsics[v];
        const drr::Pinhole pinhole{k[0], k[0] * k[1], k[2], k[3]};
        const Eigen::Vector3d in_world =
            phantoms[static_cast<std::size_t>(item.pose)].motion() *
            observations.markers_in_phantom_mm[static_cast<std::size_t>(item.marker)];
        return item.pixel - pinhole.project(views[v].motion() * in_world);
    }

    // Decides anew which observations of known poses lie within the noise; true if that changed.
    bool reclassify() {
        std::vector<double> lengths(used.size());
        std::vector<double> sorted;
        for (std::size_t i = 0; i < used.size(); ++i) {
            if (!pose_known[static_cast<std::size_t>(observations.items[i].pose)]) continue;
            lengths[i] = residual(observations.items[i]).norm() / observations.items[i].sd_px;
            sorted.push_back(lengths[i]);
        }
        if (sorted.empty()) return false;
        const auto middle = sorted.begin() + static_cast<long>(sorted.size() / 2);
        std::nth_element(sorted.begin(), middle, sorted.end());
        // The median length of a 2D Gaussian residual is 1.1774 standard deviations. The floor is
        // rounding: without noise nothing is an outlier.
        const double limit = std::max(options.outlier_sigmas * *middle / 1.1774, 1e-6);
        bool changed = false;
        for (std::size_t i = 0; i < used.size(); ++i) {
            const bool within = pose_known[static_cast<std::size_t>(observations.items[i].pose)] &&
                                lengths[i] <= limit;
            changed = changed || within != used[i];
            used[i] = within;
        }
        return changed;
    }

    // J^T J in the order of BundleResult::covariance; w = 0, so it is that of the tangent.
    Eigen::MatrixXd normal_matrix() {
        const auto p = problem();
        ceres::Problem::EvaluateOptions evaluate;
        for (std::size_t v = 0; v < views.size(); ++v) {
            evaluate.parameter_blocks.push_back(intrinsics[v].data());
            evaluate.parameter_blocks.push_back(views[v].parameters.data());
        }
        for (std::size_t k = 1; k < phantoms.size(); ++k)
            if (p->HasParameterBlock(phantoms[k].parameters.data()))
                evaluate.parameter_blocks.push_back(phantoms[k].parameters.data());
        ceres::CRSMatrix jacobian;
        p->Evaluate(evaluate, nullptr, nullptr, nullptr, &jacobian);
        Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(jacobian.num_cols, jacobian.num_cols);
        for (int row = 0; row < jacobian.num_rows; ++row)
            for (int i = jacobian.rows[static_cast<std::size_t>(row)];
                 i < jacobian.rows[static_cast<std::size_t>(row) + 1]; ++i)
                for (int j = jacobian.rows[static_cast<std::size_t>(row)];
                     j < jacobian.rows[static_cast<std::size_t>(row) + 1]; ++j)
                    normal(jacobian.cols[static_cast<std::size_t>(i)],
                           jacobian.cols[static_cast<std::size_t>(j)]) +=
                        jacobian.values[static_cast<std::size_t>(i)] *
                        jacobian.values[static_cast<std::size_t>(j)];
        return normal;
    }
};

// Inverse of a normal matrix after scaling its diagonal to 1; empty when it is singular.
Eigen::MatrixXd inverse_if_regular(const Eigen::MatrixXd& normal) {
    // Relative to the largest eigenvalue of the scaled matrix; double rounding gives 1e-15.
    constexpr double singular = 1e-13;
    const Eigen::VectorXd scale = normal.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(scale.asDiagonal() * normal *
                                                                scale.asDiagonal());
    const Eigen::VectorXd& values = solver.eigenvalues();
    if (!(values[0] > singular * values[values.size() - 1])) return {};
    const Eigen::MatrixXd& vectors = solver.eigenvectors();
    return scale.asDiagonal() * vectors * values.cwiseInverse().asDiagonal() * vectors.transpose() *
           scale.asDiagonal();
}

}  // namespace

void BundleOptions::validate() const {
    drr::require(outlier_sigmas >= 0.0, "outlier_sigmas must not be negative");
    drr::require(max_iterations > 0, "the bundle needs at least one iteration");
}

BundleResult bundle(const Observations& observations, const BundleOptions& options) {
    options.validate();
    BundleResult result;
    result.parameters_per_view = options.square_pixels ? 9 : 10;
    const InitialCalibration start = initial_calibration(observations);
    if (!start.ok) {
        result.summary = start.summary;
        return result;
    }
    Bundle problem(observations, options, start);
    ceres::Solver::Summary summary = problem.solve();
    result.iterations = static_cast<int>(summary.iterations.size());
    // An outlier pulls its neighbours over the limit too, so those are asked again without it.
    constexpr int max_rounds = 5;
    for (int round = 0; options.outlier_sigmas > 0.0 && round < max_rounds && problem.reclassify();
         ++round) {
        summary = problem.solve();
        result.iterations += static_cast<int>(summary.iterations.size());
    }

    for (std::size_t v = 0; v < problem.views.size(); ++v) {
        const auto& k = problem.intrinsics[v];
        result.views.push_back({{k[0], k[0] * k[1], k[2], k[3]},
                                problem.views[v].motion(),
                                observations.width_px,
                                observations.height_px});
    }
    for (const auto& block : problem.phantoms)
        result.world_from_phantom.push_back(block.motion());
    result.pose_known = problem.pose_known;
    result.used = problem.used;
    double sum = 0.0;
    double weighted_sum = 0.0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < observations.items.size(); ++i) {
        result.residuals_px.push_back(problem.residual(observations.items[i]));
        if (!result.used[i]) {
            if (result.pose_known[static_cast<std::size_t>(observations.items[i].pose)])
                ++result.rejected_count;
            continue;
        }
        const double sd = observations.items[i].sd_px;
        sum += result.residuals_px.back().squaredNorm();
        weighted_sum += result.residuals_px.back().squaredNorm() / (sd * sd);
        ++count;
    }
    const Eigen::MatrixXd unit_covariance = inverse_if_regular(problem.normal_matrix());
    const auto freedom =
        2.0 * static_cast<double>(count) - static_cast<double>(unit_covariance.rows());
    if (unit_covariance.size() == 0 || freedom <= 0.0) {
        result.summary = "the observations do not determine all parameters";
        return result;
    }
    result.rms_px = std::sqrt(sum / static_cast<double>(count));
    result.sigma0 = std::sqrt(weighted_sum / freedom);
    result.covariance = weighted_sum / freedom * unit_covariance;
    result.ok = summary.IsSolutionUsable() && summary.termination_type == ceres::CONVERGENCE;
    result.summary =
        fmt::format("{} observations, {} rejected, RMS {:.4f} px, {}", count, result.rejected_count,
                    result.rms_px, result.ok ? "converged" : "not converged");
    return result;
}

}  // namespace stereo
