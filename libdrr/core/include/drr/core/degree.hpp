#pragma once

#include <numbers>

namespace drr {

/// One degree in radians: `angle_rad = degree * angle_deg` where angles come in or go out.
inline constexpr double degree = std::numbers::pi / 180.0;

}  // namespace drr
