#include "grey_range.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace stereo {

float brightest_of(const drr::Image<float>& image) {
    // One for each pixel of a few in turn, so that compilers go over them in vectors.
    constexpr std::size_t at_once = 16;
    std::array<float, at_once> tops;
    tops.fill(std::numeric_limits<float>::lowest());
    const std::vector<float>& pixels = image.pixels();
    const std::size_t whole = pixels.size() / at_once * at_once;
    for (std::size_t i = 0; i < whole; i += at_once)
        for (std::size_t k = 0; k < at_once; ++k)
            tops[k] = tops[k] < pixels[i + k] ? pixels[i + k] : tops[k];
    for (std::size_t i = whole; i < pixels.size(); ++i)
        tops[0] = tops[0] < pixels[i] ? pixels[i] : tops[0];
    return *std::max_element(tops.begin(), tops.end());
}

bool all_finite(const drr::Image<float>& image) {
    // To the end and without branches: so it goes in vectors.
    unsigned wrong = 0;
    for (const float grey : image.pixels())
        wrong |= static_cast<unsigned>(!(std::abs(grey) <= std::numeric_limits<float>::max()));
    return wrong == 0;
}

double saturation_of(const drr::Image<float>& image, double share) {
    const float top = brightest_of(image);
    // In pieces whose counts are small, so that compilers count in vectors.
    constexpr std::size_t at_once = 1 << 16;
    const std::vector<float>& pixels = image.pixels();
    std::size_t count = 0;
    for (std::size_t first = 0; first < pixels.size(); first += at_once) {
        int in_piece = 0;
        for (std::size_t i = first; i < std::min(first + at_once, pixels.size()); ++i)
            in_piece += pixels[i] == top ? 1 : 0;
        count += static_cast<std::size_t>(in_piece);
    }
    return static_cast<double>(count) > share * static_cast<double>(image.size())
               ? top
               : std::numeric_limits<double>::infinity();
}

}  // namespace stereo
