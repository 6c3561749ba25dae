#pragma once

#include <algorithm>
#include <unsupported/Eigen/SpecialFunctions>

namespace stereo {

/// The chance that a chi-square variable of that many degrees of freedom is at least `value`.
[[nodiscard]] inline double chi_square_above(double value, int degrees_of_freedom) {
    return Eigen::numext::igammac(0.5 * degrees_of_freedom, 0.5 * value);
}

/// The chance of a value at least as far out, on either side.
[[nodiscard]] inline double chi_square_p_value(double value, int degrees_of_freedom) {
    const double above = chi_square_above(value, degrees_of_freedom);
    return std::min(1.0, 2.0 * std::min(above, 1.0 - above));
}

}  // namespace stereo
