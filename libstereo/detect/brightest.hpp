#pragma once

#include <drr/core/image.hpp>

namespace stereo {

/// The largest grey; the lowest number where there is none. NaN counts for nothing.
[[nodiscard]] float brightest_of(const drr::Image<float>& image);

}  // namespace stereo
