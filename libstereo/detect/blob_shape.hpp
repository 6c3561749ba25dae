#pragma once

#include <drr/core/image.hpp>

#include <Eigen/Core>

#include <optional>

namespace stereo {

/// A dark blob by the moments of its pixels that are darker than half way to its darkest.
struct BlobShape {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
    Eigen::Vector2d long_axis = Eigen::Vector2d::UnitX();
    double elongation = 1.0;  ///< standard deviation along the long axis over that across
};

/// Of what is dark within two radii and a half of a place; none where that is nothing, or the image
/// does not show its surroundings.
[[nodiscard]] std::optional<BlobShape> blob_shape(const drr::Image<float>& image,
                                                  const Eigen::Vector2d& place_px,
                                                  double radius_px);

}  // namespace stereo
