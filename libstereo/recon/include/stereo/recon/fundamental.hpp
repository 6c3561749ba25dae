#pragma once

#include <stereo/recon/epipolar.hpp>
#include <stereo/recon/measured_pixel.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace stereo {

/// What a fundamental matrix is fitted by.
enum class FundamentalCost {
    /// Squared distances to the nearest exact matches: maximum likelihood with the points of each
    /// match adjusted too (Hartley & Zisserman 2004, algorithm 11.3).
    gold_standard,
    /// Their first order (ibid., eq. 11.9).
    sampson,
};

/// Nine entries, row by row, by degrees of freedom.
using FundamentalRoot = Eigen::Matrix<double, 9, Eigen::Dynamic>;

/// A fundamental matrix fitted to matches.
struct FundamentalFit {
    Eigen::Matrix3d fundamental = Eigen::Matrix3d::Zero();  ///< rank 2, Frobenius norm 1
    /// 9 x 7 (9 x 4 for an affine matrix): the covariance of the entries, row by row, is root *
    /// root^T. The root is kept since the entries differ by orders of magnitude, so that the
    /// covariance itself has its rank to rounding only.
    FundamentalRoot root;
    /// Root mean square of the residuals over n - 7 (or n - 4), in the standard deviations that the
    /// covariances of the pixels claim: pixels for unit covariances.
    double sigma0 = 0.0;
    double cost = 0.0;  ///< sum of squared residuals, in the same unit squared
    bool ok = false;    ///< false when the matches do not determine a matrix

    /// Of the entries of the matrix of norm 1, row by row; rank 7 (or 4).
    [[nodiscard]] Eigen::Matrix<double, 9, 9> covariance() const { return root * root.transpose(); }
};

struct FundamentalFitOptions {
    FundamentalCost cost = FundamentalCost::gold_standard;
    /// Whether the covariances of the pixels are believed as they are, or up to one factor that the
    /// residuals tell (sigma0 squared).
    bool noise_known = false;
};

/// Fits all matches, from `start`, over matrices of rank 2: seven parameters without a gauge
/// (Bartoli & Sturm, "Nonlinear estimation of the fundamental matrix with minimal parameters", PAMI
/// 2004). Covariance to first order, for independent Gaussian noise of the pixels. Not ok for fewer
/// than 8 matches or where the matches leave a parameter open. Throws drr::Error(usage) when the
/// counts differ.
[[nodiscard]] FundamentalFit fit_fundamental(const Eigen::Matrix3d& start,
                                             std::span<const MeasuredPixel> a,
                                             std::span<const MeasuredPixel> b,
                                             const FundamentalFitOptions& options = {});

/// The affine fundamental matrix (upper left 2x2 block zero: parallel rays) of maximum likelihood;
/// four degrees of freedom (Hartley & Zisserman 2004, algorithm 14.1, here with covariances). Its
/// Sampson distance is exact, so the cost makes no difference. Not ok for fewer than 5 matches.
[[nodiscard]] FundamentalFit fit_affine_fundamental(std::span<const MeasuredPixel> a,
                                                    std::span<const MeasuredPixel> b,
                                                    const FundamentalFitOptions& options = {});

/// First-order covariance of a function of the matrix.
[[nodiscard]] Eigen::MatrixXd propagate(
    const FundamentalFit& fit,
    const std::function<Eigen::VectorXd(const Eigen::Matrix3d&)>& function);

/// The entries, row by row, of norm 1 and with the sign that is nearer to `reference`: what a
/// covariance of fundamental matrices is about, and what stereo::propagate of a calibration takes.
[[nodiscard]] Eigen::Matrix<double, 9, 1> fundamental_entries(const Eigen::Matrix3d& fundamental,
                                                              const Eigen::Matrix3d& reference);

/// How the distances of true matches are distributed.
enum class ErrorTails {
    gaussian,  ///< as those of beads' centres: least squares over the inliers
    /// Student's t, whose scale and tails the matches tell: corners and windows of images, some of
    /// which are off by far more than others. Gaussian errors lose little by it.
    student
};

struct FundamentalOptions {
    double threshold_px = 1.0;   ///< of an inlier's Sampson distance
    double confidence = 0.9999;  ///< that an all-inlier sample was drawn
    int max_iterations = 10000;
    std::uint64_t seed = 0;  ///< same seed, same result
    FundamentalFitOptions fit = {};
    ErrorTails tails = ErrorTails::gaussian;
    /// Of student: matches within so many thresholds take part, each by its weight.
    double student_thresholds = 3.0;

    /// Throws drr::Error(usage).
    void validate() const;
};

/// A fit to those matches that agree, and which they are.
struct FundamentalEstimate : FundamentalFit {
    std::vector<bool> inliers;  ///< one per match
    std::size_t inlier_count = 0;
    EpipolarStatistics statistics;  ///< symmetric distances of the inliers
    EpipolarStatistics sampson;     ///< Sampson distances of the inliers
    std::string summary;            ///< one line
};

/// The fundamental matrix from matched pixels, some of them wrong: RANSAC on 7 matches (OpenCV's
/// USAC with the MAGSAC++ score), then fit_fundamental of the inliers in turn with the choice of
/// inliers, until the choice stands, or with ErrorTails::student a fit of Student's t to all
/// matches about it. Not ok for fewer than 8 matches or no consensus. Throws
/// drr::Error(usage) when the counts differ.
[[nodiscard]] FundamentalEstimate estimate_fundamental(std::span<const MeasuredPixel> a,
                                                       std::span<const MeasuredPixel> b,
                                                       const FundamentalOptions& options = {});

/// The same with unit covariances.
[[nodiscard]] FundamentalEstimate estimate_fundamental(std::span<const Eigen::Vector2d> a,
                                                       std::span<const Eigen::Vector2d> b,
                                                       const FundamentalOptions& options = {});

}  // namespace stereo
