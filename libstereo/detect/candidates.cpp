#include "candidates.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace stereo {
namespace {

// The search runs on an image reduced until the smallest bead has this radius; a Gaussian of half
// of it is still well sampled.
constexpr double smallest_reduced_radius = 2.4;
// Scales of the Gaussians in radii. Their difference is near the Laplacian of Gaussian whose
// zero crossing is the bead's edge.
constexpr double inner_scale = 0.5;
constexpr double outer_scale = 1.0;
// Response of a ball's blurred shadow of contrast 1 at the matching scale, at least.
constexpr double least_response = 0.25;
// Below this part of the image's bright grey no bead can be told from black.
constexpr double black_level = 0.02;

constexpr int directions = 16;
constexpr double ring_radius = 1.9;
// Up to 6 of 16 directions may lead into a neighbour's shadow; an edge fills 8.
constexpr int shadowed_directions = 6;
constexpr int bright_direction = 12;
constexpr double least_side = 0.4;
// The inner Gaussian sees at least this part of a ball's depth.
constexpr double least_seen_contrast = 0.7;
// Peaks nearer than this part of a radius are the same spot.
constexpr double same_spot = 0.5;

double median_of(std::vector<float> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

struct Scale {
    double radius = 0.0;  // reduced pixels
    cv::Mat inner;
    cv::Mat response;
};

float bilinear(const cv::Mat& image, double x, double y) {
    const int column = std::min(static_cast<int>(x), image.cols - 2);
    const int row = std::min(static_cast<int>(y), image.rows - 2);
    const auto fx = static_cast<float>(x - column);
    const auto fy = static_cast<float>(y - row);
    const float* a = image.ptr<float>(row) + column;
    const float* b = image.ptr<float>(row + 1) + column;
    return (1.0F - fy) * (a[0] + fx * (a[1] - a[0])) + fy * (b[0] + fx * (b[1] - b[0]));
}

/// Contrast of a place against the ring around it, 0 where it is an edge rather than a spot.
double spot_contrast(const Scale& scale, const cv::Point& at) {
    const double center = scale.inner.at<float>(at);
    std::vector<double> sides;
    for (int i = 0; i < directions; ++i) {
        const double angle = 2.0 * std::numbers::pi * i / directions;
        const double x = at.x + ring_radius * scale.radius * std::cos(angle);
        const double y = at.y + ring_radius * scale.radius * std::sin(angle);
        if (x < 0.0 || y < 0.0 || x > scale.inner.cols - 1 || y > scale.inner.rows - 1) continue;
        const double ring = bilinear(scale.inner, x, y);
        sides.push_back(ring > 0.0 ? 1.0 - center / ring : 0.0);
    }
    if (sides.size() < directions / 4) return 0.0;
    std::sort(sides.begin(), sides.end());
    const double low = sides[sides.size() * shadowed_directions / directions];
    const double high = sides[sides.size() * bright_direction / directions];
    return low < least_side * high ? 0.0 : high;
}

/// Offset of the maximum of the parabola through three values, at most half a step.
double parabola_peak(double before, double at, double after) {
    const double curvature = before - 2.0 * at + after;
    if (curvature >= 0.0) return 0.0;
    return std::clamp(0.5 * (before - after) / curvature, -0.5, 0.5);
}

bool is_peak(const cv::Mat& image, int column, int row) {
    const float value = image.at<float>(row, column);
    for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx) {
            const int x = column + dx;
            const int y = row + dy;
            if ((dx == 0 && dy == 0) || x < 0 || y < 0 || x >= image.cols || y >= image.rows)
                continue;
            const float other = image.at<float>(y, x);
            // Of equal neighbours the first one counts.
            const bool later = dy > 0 || (dy == 0 && dx > 0);
            if (other > value || (other == value && !later)) return false;
        }
    return true;
}

}  // namespace

CandidateResult find_candidates(const drr::Image<float>& image, const CandidateOptions& options) {
    CandidateResult result;
    const int reduction = std::max(
        1, static_cast<int>(options.radius_px / options.radius_factor / smallest_reduced_radius));
    const cv::Mat full(image.height(), image.width(), CV_32F,
                       const_cast<float*>(image.pixels().data()));  // not written to
    cv::Mat reduced = full;
    if (reduction > 1)
        cv::resize(full, reduced, {image.width() / reduction, image.height() / reduction}, 0, 0,
                   cv::INTER_AREA);
    if (std::min(reduced.cols, reduced.rows) < 5) return result;
    const double x_scale = static_cast<double>(image.width()) / reduced.cols;
    const double y_scale = static_cast<double>(image.height()) / reduced.rows;

    // Bright grey: the 90th percentile of a sparse sample.
    std::vector<float> sample;
    for (std::size_t i = 0; i < image.size(); i += 37)
        sample.push_back(image.pixels()[i]);
    const auto at90 = sample.begin() + static_cast<std::ptrdiff_t>(sample.size() * 9 / 10);
    std::nth_element(sample.begin(), at90, sample.end());
    const auto black = static_cast<float>(black_level * *at90);

    const double step = std::sqrt(options.radius_factor);
    std::array<Scale, 3> scales;
    for (std::size_t k = 0; k < scales.size(); ++k) {
        Scale& scale = scales[k];
        scale.radius = options.radius_px / reduction * std::pow(step, static_cast<double>(k) - 1.0);
        cv::Mat outer;
        cv::GaussianBlur(reduced, scale.inner, {0, 0}, inner_scale * scale.radius, 0.0,
                         cv::BORDER_REPLICATE);
        cv::GaussianBlur(reduced, outer, {0, 0}, outer_scale * scale.radius, 0.0,
                         cv::BORDER_REPLICATE);
        scale.response.create(reduced.size(), CV_32F);
        for (int row = 0; row < reduced.rows; ++row) {
            const float* in = scale.inner.ptr<float>(row);
            const float* out = outer.ptr<float>(row);
            float* to = scale.response.ptr<float>(row);
            for (int column = 0; column < reduced.cols; ++column)
                to[column] = out[column] > black ? 1.0F - in[column] / out[column] : 0.0F;
        }
    }

    // Robust spread of the response where there is any light.
    sample.clear();
    const cv::Mat& middle = scales[1].response;
    for (int row = 0; row < middle.rows; row += 3)
        for (int column = row % 3; column < middle.cols; column += 3)
            if (middle.at<float>(row, column) != 0.0F)
                sample.push_back(std::abs(middle.at<float>(row, column)));
    if (sample.empty()) return result;
    const auto threshold = static_cast<float>(
        std::max(least_response * options.min_contrast,
                 options.min_significance * median_of(std::move(sample)) / 0.6745));

    std::vector<BeadCandidate> peaks;
    for (const Scale& scale : scales) {
        const cv::Mat& r = scale.response;
        for (int row = 0; row < r.rows; ++row)
            for (int column = 0; column < r.cols; ++column) {
                const float value = r.at<float>(row, column);
                if (!(value > threshold) || !is_peak(r, column, row)) continue;
                ++result.extrema;
                const double contrast = spot_contrast(scale, {column, row});
                if (contrast < least_seen_contrast * options.min_contrast) {
                    ++result.one_sided;
                    continue;
                }
                const auto at = [&](int x, int y) {
                    return r.at<float>(std::clamp(y, 0, r.rows - 1), std::clamp(x, 0, r.cols - 1));
                };
                const double x =
                    column + parabola_peak(at(column - 1, row), value, at(column + 1, row));
                const double y =
                    row + parabola_peak(at(column, row - 1), value, at(column, row + 1));
                // Pixel centres of the reduced image in full pixels.
                peaks.push_back({{(x + 0.5) * x_scale - 0.5, (y + 0.5) * y_scale - 0.5},
                                 scale.radius * reduction,
                                 contrast,
                                 value});
            }
    }
    std::stable_sort(
        peaks.begin(), peaks.end(),
        [](const BeadCandidate& a, const BeadCandidate& b) { return a.response > b.response; });
    // The same spot peaks at each scale; beads side by side peak apart at the finer scales only.
    for (const BeadCandidate& peak : peaks) {
        const bool seen = std::any_of(
            result.candidates.begin(), result.candidates.end(), [&](const BeadCandidate& other) {
                return (other.center_px - peak.center_px).norm() < same_spot * peak.radius_px;
            });
        if (seen)
            ++result.repeated;
        else
            result.candidates.push_back(peak);
    }
    return result;
}

}  // namespace stereo
