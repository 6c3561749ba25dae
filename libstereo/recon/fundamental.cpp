// estimate_fundamental(): RANSAC by OpenCV.
#include "student_fit.hpp"

#include <drr/core/error.hpp>
#include <stereo/recon/fundamental.hpp>

#include <fmt/format.h>
#include <opencv2/calib3d.hpp>

#include <cmath>
#include <optional>
#include <utility>

namespace stereo {
namespace {

constexpr std::size_t min_matches = 8;

std::optional<Eigen::Matrix3d> ransac(std::span<const MeasuredPixel> a,
                                      std::span<const MeasuredPixel> b,
                                      const FundamentalOptions& options) {
    std::vector<cv::Point2d> cv_a;
    std::vector<cv::Point2d> cv_b;
    for (std::size_t i = 0; i < a.size(); ++i) {
        cv_a.emplace_back(a[i].pixel.x(), a[i].pixel.y());
        cv_b.emplace_back(b[i].pixel.x(), b[i].pixel.y());
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
    if (found.rows != 3 || found.cols != 3) return std::nullopt;
    Eigen::Matrix3d f;
    for (int r = 0; r < 3; ++r)
        for (int c = 0; c < 3; ++c)
            f(r, c) = found.at<double>(r, c);
    return f;
}

std::vector<bool> inliers_of(const Eigen::Matrix3d& fundamental, std::span<const MeasuredPixel> a,
                             std::span<const MeasuredPixel> b, double threshold_px) {
    std::vector<bool> inliers(a.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        inliers[i] =
            std::abs(sampson_distance_px(fundamental, a[i].pixel, b[i].pixel)) < threshold_px;
    return inliers;
}

std::vector<MeasuredPixel> chosen(std::span<const MeasuredPixel> pixels,
                                  const std::vector<bool>& which) {
    std::vector<MeasuredPixel> result;
    for (std::size_t i = 0; i < pixels.size(); ++i)
        if (which[i]) result.push_back(pixels[i]);
    return result;
}

std::vector<Eigen::Vector2d> pixels_of(const std::vector<MeasuredPixel>& measured) {
    std::vector<Eigen::Vector2d> pixels;
    for (const MeasuredPixel& pixel : measured)
        pixels.push_back(pixel.pixel);
    return pixels;
}

}  // namespace

void FundamentalOptions::validate() const {
    drr::require(threshold_px > 0.0, "the RANSAC threshold must be positive");
    drr::require(confidence > 0.0 && confidence < 1.0, "the RANSAC confidence must be in (0, 1)");
    drr::require(max_iterations > 0, "RANSAC needs at least one iteration");
    drr::require(student_thresholds >= 1.0, "student_thresholds must be 1 or more");
}

FundamentalEstimate estimate_fundamental(std::span<const MeasuredPixel> a,
                                         std::span<const MeasuredPixel> b,
                                         const FundamentalOptions& options) {
    options.validate();
    drr::require(a.size() == b.size(), "a fundamental matrix needs pairs of pixels");
    FundamentalEstimate estimate;
    estimate.inliers.assign(a.size(), false);
    if (a.size() < min_matches) {
        estimate.summary = fmt::format("{} matches, at least {} needed", a.size(), min_matches);
        return estimate;
    }
    const std::optional<Eigen::Matrix3d> start = ransac(a, b, options);
    if (!start) {
        estimate.summary = fmt::format("no consensus among {} matches", a.size());
        return estimate;
    }
    FundamentalFit fit;
    fit.fundamental = *start;
    estimate.inliers = inliers_of(fit.fundamental, a, b, options.threshold_px);
    if (options.tails == ErrorTails::student) {
        fit = fit_student(*start, a, b, options.student_thresholds * options.threshold_px,
                          options.fit);
        if (fit.ok) estimate.inliers = inliers_of(fit.fundamental, a, b, options.threshold_px);
    } else {
        constexpr int max_rounds = 20;  // the choice stands after two or three
        for (int round = 0; round < max_rounds; ++round) {
            fit = fit_fundamental(fit.fundamental, chosen(a, estimate.inliers),
                                  chosen(b, estimate.inliers), options.fit);
            if (!fit.ok) break;
            const std::vector<bool> before = std::exchange(
                estimate.inliers, inliers_of(fit.fundamental, a, b, options.threshold_px));
            if (estimate.inliers == before) break;
        }
    }
    static_cast<FundamentalFit&>(estimate) = fit;
    const std::vector<Eigen::Vector2d> in_a = pixels_of(chosen(a, estimate.inliers));
    const std::vector<Eigen::Vector2d> in_b = pixels_of(chosen(b, estimate.inliers));
    estimate.inlier_count = in_a.size();
    if (!estimate.ok) {
        estimate.summary = fmt::format("{} of {} matches agree, which does not determine a matrix",
                                       estimate.inlier_count, a.size());
        return estimate;
    }
    estimate.statistics = epipolar_statistics(estimate.fundamental, in_a, in_b);
    estimate.sampson = sampson_statistics(estimate.fundamental, in_a, in_b);
    estimate.summary = fmt::format("{} of {} matches are inliers within {} px, RMS {:.3f} px",
                                   estimate.inlier_count, a.size(), options.threshold_px,
                                   estimate.statistics.rms_px);
    return estimate;
}

FundamentalEstimate estimate_fundamental(std::span<const Eigen::Vector2d> a,
                                         std::span<const Eigen::Vector2d> b,
                                         const FundamentalOptions& options) {
    const auto with_unit_covariance = [](std::span<const Eigen::Vector2d> pixels) {
        std::vector<MeasuredPixel> measured(pixels.size());
        for (std::size_t i = 0; i < pixels.size(); ++i)
            measured[i].pixel = pixels[i];
        return measured;
    };
    return estimate_fundamental(with_unit_covariance(a), with_unit_covariance(b), options);
}

}  // namespace stereo
