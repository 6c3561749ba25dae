#pragma once

#include <drr/core/image.hpp>

#include <Eigen/Core>

#include <span>
#include <vector>

namespace stereo {

struct GuidedMatchOptions {
    /// Half the window's side; a window should hold the structure that is matched, and little else.
    int half_window_px = 7;
    /// Columns to search: of the second image minus of the first.
    int min_disparity_px = -64;
    int max_disparity_px = 64;
    double min_correlation = 0.8;
    /// The peak has to rise above the next one, a window's half away or more, by this.
    double min_margin = 0.05;
    /// How far the way back may end from the start.
    double max_left_right_px = 1.0;

    /// Throws drr::Error(usage).
    void validate() const;
};

/// A point of the first image found in the second, both rectified.
struct GuidedMatch {
    Eigen::Vector2d a = Eigen::Vector2d::Zero();
    Eigen::Vector2d b = Eigen::Vector2d::Zero();  ///< in the same row, column to sub-pixel
    double correlation = 0.0;                     ///< normalized, of the peak
    double margin = 0.0;                          ///< of the peak over the next one
    double left_right_px = 0.0;                   ///< where the search from b back to a ends, off a
    bool ok = false;                              ///< all three are good enough
};

/// Looks for each point along its row (its epipolar line) by normalized cross-correlation of
/// windows, to sub-pixel by the parabola through the peak and its neighbours, and back again. What
/// is found in radiographs, which are sums along rays, is the depth of what makes the window's
/// contrast, not of a surface: docs/reconstruction.md, "Matching radiographs". Throws
/// drr::Error(usage) when the images differ in height.
[[nodiscard]] std::vector<GuidedMatch> guided_matches(const drr::Image<float>& rectified_a,
                                                      const drr::Image<float>& rectified_b,
                                                      std::span<const Eigen::Vector2d> points_a,
                                                      const GuidedMatchOptions& options = {});

}  // namespace stereo
