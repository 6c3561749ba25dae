#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/recon/guided_match.hpp>
#include <stereo/recon/triangulate.hpp>

#include <array>
#include <span>
#include <string>
#include <vector>

namespace stereo {

struct ImageMatchOptions {
    /// Its disparities are taken from the depths.
    GuidedMatchOptions window;
    /// Distances from the sources along the beams, between which something can lie.
    double near_mm = 0.0;
    double far_mm = 0.0;

    /// Throws drr::Error(usage).
    void validate() const;
};

/// A point of the first image, and where it was found in the second; undistorted pixels.
struct ImageMatch {
    Eigen::Vector2d a = Eigen::Vector2d::Zero();
    Eigen::Vector2d b = Eigen::Vector2d::Zero();
    double correlation = 0.0;  ///< as GuidedMatch has them; left_right_px in rectified pixels
    double margin = 0.0;
    double left_right_px = 0.0;
    bool ok = false;
    Triangulation point;  ///< where it is ok; covariance for unit noise of the pixels
};

struct ImageMatches {
    std::vector<ImageMatch> matches;  ///< one for each point that was asked for
    std::size_t ok_count = 0;
    std::string summary;  ///< one line
};

/// Looks for points of one image along their epipolar lines in another: both are rectified, each
/// point is searched between the disparities of the nearest and the farthest depth (guided_matches)
/// and carried back. Points whose window leaves an image are not ok. Throws drr::Error(usage) for
/// images of another size than the views and as rectify() does.
[[nodiscard]] ImageMatches match_images(const std::array<drr::Image<float>, 2>& images,
                                        const std::array<drr::CalibratedView, 2>& views,
                                        std::span<const Eigen::Vector2d> points_a,
                                        const ImageMatchOptions& options);

/// Pixels on a square grid whose window stands out from the noise: the least contrast of a window
/// along both axes (the smaller eigenvalue of its structure tensor, Shi & Tomasi, "Good features to
/// track", CVPR 1994) is at least `share` of the largest in the image.
[[nodiscard]] std::vector<Eigen::Vector2d> structured_points(const drr::Image<float>& image,
                                                             int spacing_px, int half_window_px,
                                                             double share);

}  // namespace stereo
