#include "grey_range.hpp"
#include "hole_fit.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <stereo/detect/grey_noise.hpp>
#include <stereo/detect/hole_detector.hpp>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <tuple>

namespace stereo {
namespace {

// A blur of half the radius leaves one maximum in a hole.
constexpr double candidate_blur = 0.5;
// The sheet is looked for on a ring at this many radii; in most directions it has to be darker.
constexpr double ring_radius = 1.5;
constexpr int ring_places = 16;
constexpr int ring_least = 12;
// Beyond this the shape is not what distortion and noise make of a disc.
constexpr double irregular_residual = 0.05;
// A value that so many pixels share is the top of the scale, not chance.
constexpr double saturated_share = 1e-3;
constexpr double most_sd_radii = 0.05;

std::vector<Eigen::Vector2d> candidates_of(const drr::Image<float>& image, double radius_px,
                                           double min_contrast) {
    // OpenCV takes no const pixels; they are not written to.
    const cv::Mat grey(image.height(), image.width(), CV_32F,
                       const_cast<float*>(image.pixels().data()));
    cv::Mat smooth;
    cv::GaussianBlur(grey, smooth, {}, candidate_blur * radius_px);
    const int reach = std::max(1, static_cast<int>(radius_px));
    cv::Mat highest;
    cv::dilate(smooth, highest,
               cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * reach + 1, 2 * reach + 1}));
    std::vector<Eigen::Vector2d> places;
    for (int v = 0; v < image.height(); ++v)
        for (int u = 0; u < image.width(); ++u) {
            const float top = smooth.at<float>(v, u);
            if (top <= 0.0F || top < highest.at<float>(v, u)) continue;
            int darker = 0;
            for (int k = 0; k < ring_places; ++k) {
                const double angle = 2.0 * std::numbers::pi * k / ring_places;
                const int x =
                    static_cast<int>(std::lround(u + ring_radius * radius_px * std::cos(angle)));
                const int y =
                    static_cast<int>(std::lround(v + ring_radius * radius_px * std::sin(angle)));
                if (x < 0 || y < 0 || x >= image.width() || y >= image.height()) continue;
                // Half of the contrast: the blur takes some of it.
                darker += smooth.at<float>(y, x) < (1.0 - 0.5 * min_contrast) * top;
            }
            if (darker >= ring_least) places.emplace_back(u, v);
        }
    return places;
}

}  // namespace

void HoleDetectorOptions::validate() const {
    drr::require(
        diameter_px >= 4.0 && diameter_px <= 2000.0,
        fmt::format("the expected hole diameter must be 4 to 2000 px, not {}", diameter_px));
    drr::require(
        diameter_factor > 1.0 && diameter_factor <= 2.0,
        fmt::format("diameter_factor must be above 1 and at most 2, not {}", diameter_factor));
    drr::require(min_contrast > 0.0 && min_contrast < 1.0, "min_contrast must lie between 0 and 1");
    drr::require(max_ellipticity > 0.0 && max_relative_residual > 0.0,
                 "max_ellipticity and max_relative_residual must be positive");
}

HoleDetectorResult detect_holes(const drr::Image<float>& image,
                                const HoleDetectorOptions& options) {
    options.validate();
    drr::require(all_finite(image), "an image for hole detection has values that are not finite");
    const double saturation = saturation_of(image, saturated_share);
    const GreyNoise noise = estimate_noise(image);
    const double radius = 0.5 * options.diameter_px;
    const std::vector<Eigen::Vector2d> places = candidates_of(image, radius, options.min_contrast);
    std::vector<std::optional<FittedHole>> fits(places.size());
    drr::parallel_for(places.size(), [&](std::size_t i) {
        fits[i] = fit_hole(image, places[i], radius, noise, saturation);
    });

    HoleDetectorResult result;
    result.candidates = static_cast<int>(places.size());
    for (const auto& fit : fits) {
        if (!fit) {
            ++result.no_fit;
            continue;
        }
        const double growth = fit->radius_px / radius;
        if (growth > options.diameter_factor || growth < 1.0 / options.diameter_factor) {
            ++result.wrong_size;
            continue;
        }
        if (fit->ellipticity > options.max_ellipticity) {
            ++result.out_of_round;
            continue;
        }
        if (fit->relative_residual > options.max_relative_residual ||
            fit->contrast < options.min_contrast ||
            fit->covariance_px2.trace() > 2.0 * std::pow(most_sd_radii * fit->radius_px, 2)) {
            ++result.poor_fit;
            continue;
        }
        BeadDetection hole;
        hole.center_px = fit->center_px;
        hole.radius_px = fit->radius_px;
        hole.contrast = fit->contrast;
        hole.covariance_px2 = fit->covariance_px2;
        hole.ellipticity = fit->ellipticity;
        hole.relative_residual = fit->relative_residual;
        const Eigen::Vector2d last(image.width() - 0.5, image.height() - 0.5);
        if (((hole.center_px.array() - hole.radius_px) < -0.5).any() ||
            ((hole.center_px.array() + hole.radius_px) > last.array()).any())
            hole.flags |= bead_clipped;
        if (hole.relative_residual > irregular_residual) hole.flags |= bead_irregular;
        if (fit->saturated_pixels > 0) hole.flags |= bead_saturated;
        result.holes.push_back(hole);
    }
    std::sort(result.holes.begin(), result.holes.end(), [](const auto& a, const auto& b) {
        return std::tuple(a.center_px.y(), a.center_px.x()) <
               std::tuple(b.center_px.y(), b.center_px.x());
    });
    result.summary = fmt::format(
        "{} holes of {} candidates; refused: {} no fit, {} wrong size, {} out of round, "
        "{} poor fit",
        result.holes.size(), result.candidates, result.no_fit, result.wrong_size,
        result.out_of_round, result.poor_fit);
    return result;
}

}  // namespace stereo
