#include "overlay_picture.hpp"

#include <drr/imaging/image_io.hpp>

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <vector>

namespace tools {

cv::Mat picture_of(const drr::Image<float>& image) {
    constexpr double tail = 0.005;
    std::vector<float> greys = image.pixels();
    const auto cut = static_cast<std::ptrdiff_t>(tail * static_cast<double>(greys.size() - 1));
    std::nth_element(greys.begin(), greys.begin() + cut, greys.end());
    const float low = greys[static_cast<std::size_t>(cut)];
    std::nth_element(greys.begin(), greys.end() - 1 - cut, greys.end());
    const float high = std::max(low + 1e-6F, *(greys.end() - 1 - cut));
    drr::Image<std::uint8_t> grey = drr::to_8_bits(image, low, high);
    cv::Mat colour;
    cv::cvtColor(cv::Mat(grey.height(), grey.width(), CV_8U, grey.pixels().data()), colour,
                 cv::COLOR_GRAY2BGR);
    return colour;
}

}  // namespace tools
