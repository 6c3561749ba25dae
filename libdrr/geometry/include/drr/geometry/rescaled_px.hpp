#pragma once

#include <Eigen/Core>

namespace drr {

/// A place in an image, counted in pixels `scale` times smaller (below 1: larger). The edges of the
/// image stay in place, from -0.5 on, and not the centre of its first pixel, which the smaller
/// pixels share.
[[nodiscard]] constexpr double rescaled_px(double place_px, double scale) {
    return (place_px + 0.5) * scale - 0.5;
}

[[nodiscard]] inline Eigen::Vector2d rescaled_px(const Eigen::Vector2d& place_px, double scale) {
    return {rescaled_px(place_px.x(), scale), rescaled_px(place_px.y(), scale)};
}

}  // namespace drr
