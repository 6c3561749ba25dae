#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/recon/triangulate.hpp>

#include <limits>
#include <span>
#include <string>
#include <vector>

namespace stereo {

struct MatchOptions {
    /// Largest Sampson distance of a match: beads are found to 0.1 px, calibrations hold to 1 px.
    double max_sampson_px = 1.5;
    /// A match is called ambiguous when forbidding it makes the whole assignment worse by less than
    /// this distance squared.
    double ambiguity_px = 1.0;
    /// Distance of a point from each source along its view axis.
    double min_depth_mm = 0.0;
    double max_depth_mm = std::numeric_limits<double>::infinity();

    /// Throws drr::Error(usage).
    void validate() const;
};

/// Two images of one point.
struct ViewMatch {
    std::size_t a = 0;  ///< index of the pixel in the first view
    std::size_t b = 0;
    double sampson_px = 0.0;  ///< signed
    /// Another assignment is nearly as good: epipolar geometry alone does not settle this match.
    bool ambiguous = false;
    Triangulation point;
};

struct MatchResult {
    std::vector<ViewMatch> matches;  ///< by a
    std::vector<std::size_t> unmatched_a;
    std::vector<std::size_t> unmatched_b;
    int ambiguous = 0;
    std::string summary;  ///< one line
};

/// Matches anonymous points of two calibrated views one to one: the assignment with the least sum
/// of squared Sampson distances, where a point without a partner costs half of max_sampson_px^2
/// (Hungarian method). Pairs beyond max_sampson_px or outside the depth range are never matched.
/// Pixels are undistorted. No ordering along epipolar lines is assumed: it does not hold at wide
/// angles.
[[nodiscard]] MatchResult match_across_views(const drr::CalibratedView& view_a,
                                             const drr::CalibratedView& view_b,
                                             std::span<const Eigen::Vector2d> pixels_a,
                                             std::span<const Eigen::Vector2d> pixels_b,
                                             const MatchOptions& options = {});

}  // namespace stereo
