#include "candidates.hpp"

#include <drr/core/order_statistics.hpp>
#include <drr/core/parallel.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace stereo {
namespace {

// sd = median |x| / 0.6745 for a normal variable.
constexpr double median_of_normal = 0.6745;
constexpr int spread_step_px = 3;  // every ninth pixel is plenty for a median

float bilinear(const drr::Image<float>& image, double x, double y) {
    const int column = std::min(static_cast<int>(x), image.width() - 2);
    const int row = std::min(static_cast<int>(y), image.height() - 2);
    const auto fx = static_cast<float>(x - column);
    const auto fy = static_cast<float>(y - row);
    const float* a = image.row(row) + column;
    const float* b = image.row(row + 1) + column;
    return (1.0F - fy) * (a[0] + fx * (a[1] - a[0])) + fy * (b[0] + fx * (b[1] - b[0]));
}

/// Contrast of a place against the ring around it, 0 where it is an edge rather than a spot.
double spot_contrast(const ContrastScale& scale, int column, int row,
                     const CandidateSearchOptions& options) {
    const drr::Image<float>& image = scale.inner;
    const double center = image(column, row);
    std::vector<double> sides;
    sides.reserve(static_cast<std::size_t>(options.ring_directions));
    for (int i = 0; i < options.ring_directions; ++i) {
        const double angle = 2.0 * std::numbers::pi * i / options.ring_directions;
        const double x = column + options.ring_radius * scale.radius_px * std::cos(angle);
        const double y = row + options.ring_radius * scale.radius_px * std::sin(angle);
        if (x < 0.0 || y < 0.0 || x > image.width() - 1 || y > image.height() - 1) continue;
        const double ring = bilinear(image, x, y);
        sides.push_back(ring > 0.0 ? 1.0 - center / ring : 0.0);
    }
    // A quarter of the ring, where a corner of the image leaves no more.
    if (4 * sides.size() < static_cast<std::size_t>(options.ring_directions)) return 0.0;
    std::sort(sides.begin(), sides.end());
    const auto side = [&](int direction) {
        return sides[sides.size() * static_cast<std::size_t>(direction) /
                     static_cast<std::size_t>(options.ring_directions)];
    };
    const double low = side(options.shadowed_directions);
    const double high = side(options.bright_direction);
    return low < options.least_side * high ? 0.0 : high;
}

/// Offset of the maximum of the parabola through three values, at most half a step.
double parabola_peak(double before, double at, double after) {
    const double curvature = before - 2.0 * at + after;
    if (curvature >= 0.0) return 0.0;
    return std::clamp(0.5 * (before - after) / curvature, -0.5, 0.5);
}

bool is_peak(const drr::Image<float>& image, int column, int row) {
    const float value = image(column, row);
    for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx) {
            const int x = column + dx;
            const int y = row + dy;
            if ((dx == 0 && dy == 0) || x < 0 || y < 0 || x >= image.width() || y >= image.height())
                continue;
            const float other = image(x, y);
            // Of equal neighbours the first one counts.
            const bool later = dy > 0 || (dy == 0 && dx > 0);
            if (other > value || (other == value && !later)) return false;
        }
    return true;
}

/// Robust standard deviation of the response where there is any light.
double spread_of(const ContrastScale& scale, const IrradiatedField& field) {
    const drr::Image<float>& response = scale.response;
    std::vector<float> sample;
    for (int row = 0; row < response.height(); row += spread_step_px)
        for (int column = row % spread_step_px; column < response.width(); column += spread_step_px)
            if (response(column, row) != 0.0F &&
                field.contains(scale.full_px(column), scale.full_px(row)))
                sample.push_back(std::abs(response(column, row)));
    if (sample.empty()) return 0.0;
    return drr::median(std::move(sample)) / median_of_normal;
}

BeadCandidate candidate_at(const ContrastScale& scale, int column, int row) {
    const drr::Image<float>& r = scale.response;
    const double value = r(column, row);
    const auto at = [&](int x, int y) {
        return r(std::clamp(x, 0, r.width() - 1), std::clamp(y, 0, r.height() - 1));
    };
    const double x = column + parabola_peak(at(column - 1, row), value, at(column + 1, row));
    const double y = row + parabola_peak(at(column, row - 1), value, at(column, row + 1));
    BeadCandidate candidate;
    candidate.center_px = {scale.full_px(x), scale.full_px(y)};
    candidate.radius_px = scale.radius_px * scale.reduction;
    return candidate;
}

struct Peaks {
    std::vector<BeadCandidate> spots;
    std::vector<BeadCandidate> one_sided;
};

Peaks peaks_of(const ContrastScale& scale, const IrradiatedField& field,
               const CandidateOptions& options) {
    const auto threshold =
        static_cast<float>(std::max(options.search.least_response * options.min_contrast,
                                    options.min_significance * spread_of(scale, field)));
    Peaks peaks;
    for (int row = 0; row < scale.response.height(); ++row)
        for (int column = 0; column < scale.response.width(); ++column) {
            if (!(scale.response(column, row) > threshold) || !is_peak(scale.response, column, row))
                continue;
            BeadCandidate candidate = candidate_at(scale, column, row);
            if (!field.contains(candidate.center_px.x(), candidate.center_px.y())) continue;
            candidate.contrast = spot_contrast(scale, column, row, options.search);
            candidate.response = scale.response(column, row);
            const bool spot =
                candidate.contrast >= options.search.least_seen_contrast * options.min_contrast;
            (spot ? peaks.spots : peaks.one_sided).push_back(candidate);
        }
    return peaks;
}

}  // namespace

CandidateResult find_candidates(const ScaleSpace& space, const IrradiatedField& field,
                                const CandidateOptions& options) {
    CandidateResult result;
    std::vector<Peaks> peaks(space.scales.size());
    drr::parallel_for(peaks.size(),
                      [&](std::size_t k) { peaks[k] = peaks_of(space.scales[k], field, options); });
    std::vector<BeadCandidate> spots;
    for (std::size_t k = 0; k < peaks.size(); ++k) {
        for (BeadCandidate& spot : peaks[k].spots) {
            spot.scale = k;
            spots.push_back(spot);
        }
        result.one_sided.insert(result.one_sided.end(), peaks[k].one_sided.begin(),
                                peaks[k].one_sided.end());
    }
    result.extrema = static_cast<int>(spots.size() + result.one_sided.size());
    const auto strength = [&](const BeadCandidate& spot) {
        return options.far_apart_sizes
                   ? spot.response / (1.0 - spot.response) * (1.0 - spot.contrast)
                   : spot.response;
    };
    std::stable_sort(
        spots.begin(), spots.end(),
        [&](const BeadCandidate& a, const BeadCandidate& b) { return strength(a) > strength(b); });
    // The same spot peaks at each scale; beads side by side peak apart at the finer scales only.
    for (const BeadCandidate& spot : spots) {
        const bool seen = std::any_of(result.candidates.begin(), result.candidates.end(),
                                      [&](const BeadCandidate& other) {
                                          return (other.center_px - spot.center_px).norm() <
                                                 options.search.same_spot * spot.radius_px;
                                      });
        (seen ? result.repeated : result.candidates).push_back(spot);
    }
    return result;
}

}  // namespace stereo
