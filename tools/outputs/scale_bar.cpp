#include "outputs/scale_bar.hpp"

#include <cmath>

namespace tools {

double round_length(double least) {
    const double power = std::pow(10.0, std::floor(std::log10(least)));
    for (const double digit : {1.0, 2.0, 5.0})
        if (digit * power >= least) return digit * power;
    return 10.0 * power;
}

}  // namespace tools
