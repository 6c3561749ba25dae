#pragma once

#include <cmath>

namespace stereo {

/// r^2 ln r of the squared distance.
[[nodiscard]] inline double thin_plate_kernel(double r2) {
    return r2 > 0.0 ? 0.5 * r2 * std::log(r2) : 0.0;
}

/// Its gradient over the vector of the distance: 1 + 2 ln r.
[[nodiscard]] inline double thin_plate_slope(double r2) {
    return r2 > 0.0 ? 1.0 + std::log(r2) : 0.0;
}

}  // namespace stereo
