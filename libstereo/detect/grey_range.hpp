#pragma once

#include <drr/core/image.hpp>

namespace stereo {

/// The largest grey; the lowest number where there is none. NaN counts for nothing.
[[nodiscard]] float brightest_of(const drr::Image<float>& image);

[[nodiscard]] bool all_finite(const drr::Image<float>& image);

/// The grey at which the image saturates, that of more than this share of the pixels; infinity
/// where it does not.
[[nodiscard]] double saturation_of(const drr::Image<float>& image, double share);

}  // namespace stereo
