#include <stereo/calib/chi_square.hpp>

#include <algorithm>
#include <unsupported/Eigen/SpecialFunctions>

namespace stereo {

double chi_square_above(double value, int degrees_of_freedom) {
    return Eigen::numext::igammac(0.5 * degrees_of_freedom, 0.5 * value);
}

double chi_square_p_value(double value, int degrees_of_freedom) {
    const double above = chi_square_above(value, degrees_of_freedom);
    return std::min(1.0, 2.0 * std::min(above, 1.0 - above));
}

}  // namespace stereo
