#pragma once

#include <drr/core/image.hpp>
#include <stereo/calib/distortion_maps.hpp>

#include <Eigen/Core>

#include <optional>
#include <string_view>
#include <vector>

namespace stereo {

/// The geometric distortion of one image chain, and its inverse. Undistorted pixels are those of a
/// pinhole, on an image of the same size.
struct Undistortion {
    DistortionMap map;
    int width_px = 0;
    int height_px = 0;
    /// Convex polygon of undistorted pixels beyond which the map says nothing: what the grid
    /// covered and half a pitch. Empty: it holds everywhere.
    std::vector<Eigen::Vector2d> field_px;

    /// Where an undistorted pixel is seen, with derivatives; none outside of the field.
    [[nodiscard]] std::optional<MappedPoint> distort(const Eigen::Vector2d& undistorted_px) const;

    /// The inverse, by Newton's method to 1e-9 px, with the derivatives of the inverse; none where
    /// no place of the field is seen there.
    [[nodiscard]] std::optional<MappedPoint> undistort(const Eigen::Vector2d& distorted_px) const;
};

/// "none", "brown_conrady", "polynomial", "thin_plate", "local_weighted_mean", "lookup".
[[nodiscard]] std::string_view name_of(const DistortionMap& map);

/// Whether a point lies in a convex polygon or on its border; true for an empty one.
[[nodiscard]] bool within(const std::vector<Eigen::Vector2d>& polygon,
                          const Eigen::Vector2d& point);

/// The distorted place of each undistorted pixel, -1 where there is none: worked out once for many
/// images. A map that already is a table is returned as it is.
[[nodiscard]] LookupMap lookup_map(const Undistortion& undistortion);

/// The image as a pinhole would show it: each pixel takes its value from its distorted place, by
/// Keys' cubic convolution (IEEE Trans. ASSP 29 (1981) 1153, a = -1/2); 0 where that is not known
/// or outside of the image. OpenCV's remap would round places to 1/32 px, which moves a bead by
/// more than its noise. Throws drr::Error(usage) for an image of another size.
[[nodiscard]] drr::Image<float> undistort_image(const drr::Image<float>& image,
                                                const LookupMap& table);

}  // namespace stereo
