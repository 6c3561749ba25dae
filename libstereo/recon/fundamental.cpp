// estimate_fundamental(): RANSAC by OpenCV, refinement by Ceres.

#include <drr/core/error.hpp>
#include <stereo/recon/epipolar.hpp>

#include <Eigen/SVD>
#include <ceres/ceres.h>
#include <ceres/rotation.h>
#include <fmt/format.h>
#include <opencv2/calib3d.hpp>

#include <cmath>

namespace stereo {
namespace {

constexpr std::size_t min_matches = 8;

// Moves pixels to zero mean and root mean square distance sqrt(2) (Hartley 1997), so that the
// optimization is well scaled.
struct Normalization {
    Eigen::Vector2d mean = Eigen::Vector2d::Zero();
    double scale = 1.0;

    explicit Normalization(const std::vector<Eigen::Vector2d>& points) {
        for (const auto& p : points)
            mean += p / static_cast<double>(points.size());
        double sum = 0.0;
        for (const auto& p : points)
            sum += (p - mean).squaredNorm();
        scale = std::sqrt(2.0 * static_cast<double>(points.size()) / sum);
    }
    [[nodiscard]] Eigen::Vector2d apply(const Eigen::Vector2d& p) const {
        return scale * (p - mean);
    }
    [[nodiscard]] Eigen::Matrix3d matrix() const {
        Eigen::Matrix3d m;
        m << scale, 0.0, -scale * mean.x(), 0.0, scale, -scale * mean.y(), 0.0, 0.0, 1.0;
        return m;
    }
};

template <class T>
using Matrix3 = Eigen::Matrix<T, 3, 3>;

template <class T>
Matrix3<T> small_rotation(const T* w) {
    T m[9];
    ceres::AngleAxisToRotationMatrix(w, m);  // column major
    return Eigen::Map<const Matrix3<T>>(m);
}

// F = U0 exp(u) diag(1, s, 0) exp(v)^T V0^T: seven parameters, rank 2 by construction, no gauge
// (Bartoli & Sturm, "Nonlinear estimation of the fundamental matrix with minimal parameters",
// PAMI 2004).
struct SampsonResidual {
    const Eigen::Matrix3d& u0;
    const Eigen::Matrix3d& v0;
    Eigen::Vector2d a;
    Eigen::Vector2d b;
    double pixels;  // px per normalized unit

    template <class T>
    bool operator()(const T* u, const T* v, const T* s, T* residual) const {
        Matrix3<T> middle = Matrix3<T>::Zero();
        middle(0, 0) = T(1.0);
        middle(1, 1) = s[0];
        const Matrix3<T> f = u0.cast<T>() * small_rotation(u) * middle *
                             small_rotation(v).transpose() * v0.transpose().cast<T>();
        const Eigen::Matrix<T, 3, 1> line_b = f * a.homogeneous().cast<T>();
        const Eigen::Matrix<T, 3, 1> line_a = f.transpose() * b.homogeneous().cast<T>();
        const T gradient =
            line_a.template head<2>().squaredNorm() + line_b.template head<2>().squaredNorm();
        residual[0] = pixels * line_b.dot(b.homogeneous().cast<T>()) / ceres::sqrt(gradient);
        return true;
    }
};

// Minimizes the sum of squared Sampson distances of the matches, from `start` (pixels).
Eigen::Matrix3d refine(const Eigen::Matrix3d& start, const std::vector<Eigen::Vector2d>& a,
                       const std::vector<Eigen::Vector2d>& b) {
    const Normalization norm_a(a);
    const Normalization norm_b(b);
    const Eigen::Matrix3d normalized =
        norm_b.matrix().inverse().transpose() * start * norm_a.matrix().inverse();
    const Eigen::JacobiSVD<Eigen::Matrix3d> svd(normalized,
                                                Eigen::ComputeFullU | Eigen::ComputeFullV);
    const Eigen::Matrix3d u0 = svd.matrixU();
    const Eigen::Matrix3d v0 = svd.matrixV();
    double u[3] = {0.0, 0.0, 0.0};
    double v[3] = {0.0, 0.0, 0.0};
    double s = svd.singularValues()[1] / svd.singularValues()[0];
    ceres::Problem problem;
    const double pixels = 1.0 / std::sqrt(norm_a.scale * norm_b.scale);
    for (std::size_t i = 0; i < a.size(); ++i)
        problem.AddResidualBlock(
            new ceres::AutoDiffCostFunction<SampsonResidual, 1, 3, 3, 1>(
                new SampsonResidual{u0, v0, norm_a.apply(a[i]), norm_b.apply(b[i]), pixels}),
            nullptr, u, v, &s);
    ceres::Solver::Options options;
    options.linear_solver_type = ceres::DENSE_QR;
    options.max_num_iterations = 50;
    options.num_threads = 1;  // the sum must not depend on the number of threads
    options.logging_type = ceres::SILENT;
    ceres::Solver::Summary summary;
    ceres::Solve(options, &problem, &summary);
    const Eigen::Matrix3d f = u0 * small_rotation(u) * Eigen::Vector3d(1.0, s, 0.0).asDiagonal() *
                              small_rotation(v).transpose() * v0.transpose();
    const Eigen::Matrix3d result = norm_b.matrix().transpose() * f * norm_a.matrix();
    return result / result.norm();
}

}  // namespace

void FundamentalOptions::validate() const {
    drr::require(threshold_px > 0.0, "the RANSAC threshold must be positive");
    drr::require(confidence > 0.0 && confidence < 1.0, "the RANSAC confidence must be in (0, 1)");
    drr::require(max_iterations > 0, "RANSAC needs at least one iteration");
}

FundamentalEstimate estimate_fundamental(std::span<const Eigen::Vector2d> a,
                                         std::span<const Eigen::Vector2d> b,
                                         const FundamentalOptions& options) {
    options.validate();
    drr::require(a.size() == b.size(), "a fundamental matrix needs pairs of pixels");
    FundamentalEstimate estimate;
    estimate.inliers.assign(a.size(), false);
    if (a.size() < min_matches) {
        estimate.summary = fmt::format("{} matches, at least {} needed", a.size(), min_matches);
        return estimate;
    }
    std::vector<cv::Point2d> cv_a;
    std::vector<cv::Point2d> cv_b;
    for (std::size_t i = 0; i < a.size(); ++i) {
        cv_a.emplace_back(a[i].x(), a[i].y());
        cv_b.emplace_back(b[i].x(), b[i].y());
    }
    cv::UsacParams usac;
    usac.threshold = options.threshold_px;
    usac.confidence = options.confidence;
    usac.maxIterations = options.max_iterations;
    usac.randomGeneratorState = static_cast<int>(options.seed & 0x7fffffff);
    usac.score = cv::SCORE_METHOD_MAGSAC;
    usac.loMethod = cv::LOCAL_OPTIM_SIGMA;
    usac.isParallel = false;
    cv::Mat mask;
    cv::Mat found;
    try {
        found = cv::findFundamentalMat(cv_a, cv_b, mask, usac);
    } catch (const cv::Exception&) {
        // OpenCV throws on degenerate input (all points equal, say): no consensus.
    }
    if (found.rows != 3 || found.cols != 3) {
        estimate.summary = fmt::format("no consensus among {} matches", a.size());
        return estimate;
    }
    for (int r = 0; r < 3; ++r)
        for (int c = 0; c < 3; ++c)
            estimate.fundamental(r, c) = found.at<double>(r, c);

    // Refine on the inliers, then ask again who is one: the refined matrix is the better judge.
    std::vector<Eigen::Vector2d> in_a;
    std::vector<Eigen::Vector2d> in_b;
    for (int round = 0; round < 2; ++round) {
        in_a.clear();
        in_b.clear();
        for (std::size_t i = 0; i < a.size(); ++i) {
            estimate.inliers[i] = std::abs(sampson_distance_px(estimate.fundamental, a[i], b[i])) <
                                  options.threshold_px;
            if (!estimate.inliers[i]) continue;
            in_a.push_back(a[i]);
            in_b.push_back(b[i]);
        }
        if (in_a.size() < min_matches) break;
        if (round == 0) estimate.fundamental = refine(estimate.fundamental, in_a, in_b);
    }
    estimate.inlier_count = in_a.size();
    estimate.ok = in_a.size() >= min_matches;
    if (estimate.ok) estimate.statistics = epipolar_statistics(estimate.fundamental, in_a, in_b);
    estimate.summary = fmt::format("{} of {} matches are inliers within {} px, RMS {:.3f} px",
                                   estimate.inlier_count, a.size(), options.threshold_px,
                                   estimate.statistics.rms_px);
    return estimate;
}

}  // namespace stereo
