#include <drr/core/error.hpp>
#include <stereo/recon/assignment.hpp>
#include <stereo/recon/epipolar.hpp>
#include <stereo/recon/match.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace stereo {

void MatchOptions::validate() const {
    drr::require(max_sampson_px > 0.0 && std::isfinite(max_sampson_px),
                 "max_sampson_px must be positive");
    drr::require(ambiguity_px >= 0.0, "ambiguity_px must not be negative");
    drr::require(min_depth_mm < max_depth_mm, "min_depth_mm must be below max_depth_mm");
}

MatchResult match_across_views(const drr::CalibratedView& view_a, const drr::CalibratedView& view_b,
                               std::span<const Eigen::Vector2d> pixels_a,
                               std::span<const Eigen::Vector2d> pixels_b,
                               const MatchOptions& options) {
    options.validate();
    MatchResult result;
    const std::size_t n = pixels_a.size();
    const std::size_t m = pixels_b.size();
    const Eigen::Matrix3d f = fundamental_from_views(view_a, view_b);
    const std::array<drr::CalibratedView, 2> views = {view_a, view_b};
    const double gate2 = options.max_sampson_px * options.max_sampson_px;
    // Far beyond what any assignment costs, and finite so that prices stay numbers.
    const double never = 10.0 * gate2 * static_cast<double>(n + m + 1);

    // Rows: points of a, then "no partner for b_j"; columns: points of b, then "no partner for
    // a_i".
    const auto size = static_cast<Eigen::Index>(n + m);
    Eigen::MatrixXd cost = Eigen::MatrixXd::Zero(size, size);
    cost.topRightCorner(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(n))
        .setConstant(never);
    cost.bottomLeftCorner(static_cast<Eigen::Index>(m), static_cast<Eigen::Index>(m))
        .setConstant(never);
    for (std::size_t i = 0; i < n; ++i)
        cost(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(m + i)) = 0.5 * gate2;
    for (std::size_t j = 0; j < m; ++j)
        cost(static_cast<Eigen::Index>(n + j), static_cast<Eigen::Index>(j)) = 0.5 * gate2;
    const auto triangulated = [&](std::size_t i, std::size_t j) {
        const std::array<Eigen::Vector2d, 2> pixels = {pixels_a[i], pixels_b[j]};
        return triangulate(views, pixels);
    };
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < m; ++j) {
            double& c = cost(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
            const double d = sampson_distance_px(f, pixels_a[i], pixels_b[j]);
            c = never;
            if (std::abs(d) > options.max_sampson_px) continue;
            const Triangulation point = triangulated(i, j);
            if (!point.ok) continue;
            bool in_range = true;
            for (const drr::CalibratedView& view : views) {
                const double depth = (view.view_from_world * point.point_in_world_mm).z();
                in_range = in_range && depth > options.min_depth_mm && depth < options.max_depth_mm;
            }
            if (in_range) c = d * d;
        }

    const std::vector<std::size_t> partner = least_assignment(cost);
    const double best = assignment_cost(cost, partner);
    std::vector<bool> b_used(m, false);
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t j = partner[i];
        if (j >= m) {
            result.unmatched_a.push_back(i);
            continue;
        }
        b_used[j] = true;
        Eigen::MatrixXd without = cost;
        without(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = never;
        const double next = assignment_cost(without, least_assignment(without));
        ViewMatch match;
        match.a = i;
        match.b = j;
        match.sampson_px = sampson_distance_px(f, pixels_a[i], pixels_b[j]);
        match.ambiguous = next - best < options.ambiguity_px * options.ambiguity_px;
        match.point = triangulated(i, j);
        result.ambiguous += match.ambiguous ? 1 : 0;
        result.matches.push_back(match);
    }
    for (std::size_t j = 0; j < m; ++j)
        if (!b_used[j]) result.unmatched_b.push_back(j);
    result.summary = fmt::format("{} matches ({} ambiguous), {} and {} points without a partner",
                                 result.matches.size(), result.ambiguous, result.unmatched_a.size(),
                                 result.unmatched_b.size());
    return result;
}

}  // namespace stereo
