#pragma once

namespace stereo {

/// The chance that a chi-square variable of that many degrees of freedom is at least `value`.
[[nodiscard]] double chi_square_above(double value, int degrees_of_freedom);

/// The chance of a value at least as far out, on either side.
[[nodiscard]] double chi_square_p_value(double value, int degrees_of_freedom);

}  // namespace stereo
