#pragma once

#include <stereo/calib/distortion_maps.hpp>

#include <Eigen/Core>

#include <optional>
#include <span>
#include <vector>

namespace stereo {

/// Undistorted places and where they are seen.
struct PlacePairs {
    std::vector<Eigen::Vector2d> undistorted_px;
    std::vector<Eigen::Vector2d> distorted_px;
};

struct MapFit {
    DistortionMap map;
    std::vector<Eigen::Vector2d> left_out_px;  ///< seen less predicted from all other points
    double parameters = 0.0;                   ///< per axis
};

/// The middle and reach of the points, for the conditioning of global maps.
struct Extent {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
    double radius_px = 1.0;
};
[[nodiscard]] Extent extent_of(std::span<const Eigen::Vector2d> points_px);

/// None with fewer points than parameters.
[[nodiscard]] std::optional<MapFit> fit_global_polynomial(const PlacePairs& pairs, int order);

/// None with fewer than 4 points or two at one place.
[[nodiscard]] std::optional<MapFit> fit_thin_plate(const PlacePairs& pairs, double smoothing);

/// None with fewer points than neighbours.
[[nodiscard]] std::optional<MapFit> fit_local_weighted_mean(const PlacePairs& pairs,
                                                            int neighbours);

/// The lens and the similarity of the undistorted places are fitted together, the lens about the
/// middle of the image with half its diagonal for focal length. `turn_and_shift` takes places to
/// places: (a x - b y + c, b x + a y + d).
struct LensFit {
    MapFit fit;
    Eigen::Vector4d similarity = {1.0, 0.0, 0.0, 0.0};
};
[[nodiscard]] std::optional<LensFit> fit_brown_conrady(const PlacePairs& pairs, int radial,
                                                       int width_px, int height_px);

}  // namespace stereo
