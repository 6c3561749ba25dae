#include <drr/core/error.hpp>
#include <stereo/recon/guided_match.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace stereo {
namespace {

bool holds_window(const drr::Image<float>& image, int column, int row, int half) {
    return column >= half && row >= half && column + half < image.width() &&
           row + half < image.height();
}

double correlation(const drr::Image<float>& a, const drr::Image<float>& b, int column_a,
                   int column_b, int row, int half) {
    double sum_a = 0.0;
    double sum_b = 0.0;
    double sum_aa = 0.0;
    double sum_bb = 0.0;
    double sum_ab = 0.0;
    for (int y = row - half; y <= row + half; ++y)
        for (int x = -half; x <= half; ++x) {
            const double value_a = a(column_a + x, y);
            const double value_b = b(column_b + x, y);
            sum_a += value_a;
            sum_b += value_b;
            sum_aa += value_a * value_a;
            sum_bb += value_b * value_b;
            sum_ab += value_a * value_b;
        }
    const double n = std::pow(2.0 * half + 1.0, 2.0);
    const double variances = (sum_aa - sum_a * sum_a / n) * (sum_bb - sum_b * sum_b / n);
    return variances > 0.0 ? (sum_ab - sum_a * sum_b / n) / std::sqrt(variances) : 0.0;
}

struct Peak {
    double disparity_px;
    double correlation;
    double margin;
};

std::optional<Peak> search(const drr::Image<float>& a, const drr::Image<float>& b, int column,
                           int row, int least, int most, int half) {
    if (!holds_window(a, column, row, half)) return std::nullopt;
    least = std::max(least, half - column);
    most = std::min(most, b.width() - 1 - half - column);
    if (most - least < 2 || row + half >= b.height()) return std::nullopt;
    std::vector<double> values;
    for (int d = least; d <= most; ++d)
        values.push_back(correlation(a, b, column, column + d, row, half));
    const auto best = std::max_element(values.begin(), values.end());
    const auto at = static_cast<int>(best - values.begin());
    // A peak at the border of the search is none.
    if (at == 0 || at + 1 == static_cast<int>(values.size())) return std::nullopt;
    double next = -1.0;
    for (int i = 1; i + 1 < static_cast<int>(values.size()); ++i) {
        const auto k = static_cast<std::size_t>(i);
        if (std::abs(i - at) >= half && values[k] >= values[k - 1] && values[k] >= values[k + 1])
            next = std::max(next, values[k]);
    }
    const double before = *(best - 1);
    const double after = *(best + 1);
    const double bend = before - 2.0 * *best + after;
    const double shift = bend < 0.0 ? 0.5 * (before - after) / bend : 0.0;
    return Peak{least + at + shift, *best, *best - next};
}

}  // namespace

void GuidedMatchOptions::validate() const {
    drr::require(half_window_px >= 1, "a window needs 3 pixels a side or more");
    drr::require(max_disparity_px > min_disparity_px, "the search needs max above min");
    drr::require(max_left_right_px > 0.0, "the left-right limit must be positive");
}

std::vector<GuidedMatch> guided_matches(const drr::Image<float>& rectified_a,
                                        const drr::Image<float>& rectified_b,
                                        std::span<const Eigen::Vector2d> points_a,
                                        const GuidedMatchOptions& options) {
    options.validate();
    drr::require(rectified_a.height() == rectified_b.height(),
                 "rectified images must be of one height");
    std::vector<GuidedMatch> matches(points_a.size());
    for (std::size_t i = 0; i < points_a.size(); ++i) {
        GuidedMatch& match = matches[i];
        match.a = points_a[i];
        const auto column = static_cast<int>(std::lround(match.a.x()));
        const auto row = static_cast<int>(std::lround(match.a.y()));
        const auto there = search(rectified_a, rectified_b, column, row, options.min_disparity_px,
                                  options.max_disparity_px, options.half_window_px);
        if (!there) continue;
        match.b = {match.a.x() + there->disparity_px, match.a.y()};
        match.correlation = there->correlation;
        match.margin = there->margin;
        const auto end = static_cast<int>(std::lround(column + there->disparity_px));
        const auto back = search(rectified_b, rectified_a, end, row, -options.max_disparity_px,
                                 -options.min_disparity_px, options.half_window_px);
        if (!back) continue;
        match.left_right_px = std::abs(there->disparity_px + back->disparity_px);
        match.ok = match.correlation >= options.min_correlation &&
                   match.margin >= options.min_margin &&
                   match.left_right_px <= options.max_left_right_px;
    }
    return matches;
}

}  // namespace stereo
