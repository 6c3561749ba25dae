#include "pictures/overlay_picture.hpp"

#include <drr/core/order_statistics.hpp>
#include <drr/imaging/image_io.hpp>

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <vector>

namespace tools {

cv::Mat picture_of(const drr::Image<float>& image) {
    constexpr double tail = 0.005;
    const float low = drr::percentile(image.pixels(), tail);
    const float high = std::max(low + 1e-6F, drr::percentile(image.pixels(), 1.0 - tail));
    drr::Image<std::uint8_t> grey = drr::to_8_bits(image, low, high);
    cv::Mat colour;
    cv::cvtColor(cv::Mat(grey.height(), grey.width(), CV_8U, grey.pixels().data()), colour,
                 cv::COLOR_GRAY2BGR);
    return colour;
}

}  // namespace tools
