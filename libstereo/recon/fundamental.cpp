// estimate_fundamental(): RANSAC by OpenCV.

#include <drr/core/error.hpp>
#include <stereo/recon/fundamental.hpp>

#include <fmt/format.h>
#include <opencv2/calib3d.hpp>

#include <cmath>
#include <optional>

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

}  // namespace

void FundamentalOptions::validate() const {
    drr::require(threshold_px > 0.0, "the RANSAC threshold must be positive");
    drr::require(confidence > 0.0 && confidence < 1.0, "the RANSAC confidence must be in (0, 1)");
    drr::require(max_iterations > 0, "RANSAC needs at least one iteration");
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
    std::vector<Eigen::Vector2d> in_a;
    std::vector<Eigen::Vector2d> in_b;
    constexpr int max_rounds = 20;  // the choice stands after two or three
    for (int round = 0; round < max_rounds; ++round) {
        std::vector<bool> inliers(a.size(), false);
        std::vector<MeasuredPixel> chosen_a;
        std::vector<MeasuredPixel> chosen_b;
        in_a.clear();
        in_b.clear();
        for (std::size_t i = 0; i < a.size(); ++i) {
            inliers[i] = std::abs(sampson_distance_px(fit.fundamental, a[i].pixel, b[i].pixel)) <
                         options.threshold_px;
            if (!inliers[i]) continue;
            chosen_a.push_back(a[i]);
            chosen_b.push_back(b[i]);
            in_a.push_back(a[i].pixel);
            in_b.push_back(b[i].pixel);
        }
        if (round > 0 && inliers == estimate.inliers) break;
        estimate.inliers = inliers;
        fit = fit_fundamental(fit.fundamental, chosen_a, chosen_b, options.fit);
        if (!fit.ok) break;
    }
    static_cast<FundamentalFit&>(estimate) = fit;
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
