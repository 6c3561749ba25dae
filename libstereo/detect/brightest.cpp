#include "brightest.hpp"

#include <algorithm>
#include <array>
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

}  // namespace stereo
