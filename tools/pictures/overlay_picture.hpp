#pragma once

#include <drr/core/image.hpp>

#include <opencv2/core/mat.hpp>

namespace tools {

/// The image as a picture to draw on: 8 bits, blue, green, red, the middle 99 % of its greys from
/// black to white.
[[nodiscard]] cv::Mat picture_of(const drr::Image<float>& image);

}  // namespace tools
