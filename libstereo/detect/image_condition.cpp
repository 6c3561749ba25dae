#include <drr/core/error.hpp>
#include <stereo/detect/image_condition.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace stereo {
namespace {

// Counted no further: an image of 8 bits has no more.
constexpr std::size_t most_levels = 256;

int percent(double share) {
    return static_cast<int>(100.0 * share + 0.5);
}

std::string objection_of(const ImageCondition& c, const ImageConditionOptions& options) {
    if (c.levels == 1) return fmt::format("blank: every pixel has grey {:g}", c.lowest);
    if (c.levels < options.min_levels)
        return fmt::format("no radiograph: {} different greys, a mask or a drawing", c.levels);
    if (c.top_share > options.max_top_share)
        return fmt::format("saturated: {} % of the pixels are at the highest grey, {:g}",
                           percent(c.top_share), c.highest);
    if (c.bottom_share > options.max_bottom_share)
        return fmt::format(
            "mostly black: {} % of the pixels are at the lowest grey, {:g}; a slice of CT or MR, a "
            "small field, or an inverted radiograph",
            percent(c.bottom_share), c.lowest);
    return {};
}

}  // namespace

ImageCondition examine_image(const drr::Image<float>& image, const ImageConditionOptions& options) {
    drr::require(!image.empty(), "the image has no pixels");
    ImageCondition condition;
    const auto [low, high] = std::minmax_element(image.pixels().begin(), image.pixels().end());
    condition.lowest = *low;
    condition.highest = *high;
    std::unordered_set<float> levels;
    std::size_t at_low = 0;
    std::size_t at_high = 0;
    float before = *low;
    levels.insert(before);
    for (const float grey : image.pixels()) {
        at_low += grey == *low ? 1 : 0;
        at_high += grey == *high ? 1 : 0;
        if (grey != before && levels.size() < most_levels) levels.insert(grey);
        before = grey;
    }
    condition.levels = static_cast<int>(levels.size());
    const auto count = static_cast<double>(image.size());
    condition.top_share = static_cast<double>(at_high) / count;
    condition.bottom_share = static_cast<double>(at_low) / count;
    condition.objection = objection_of(condition, options);
    return condition;
}

}  // namespace stereo
