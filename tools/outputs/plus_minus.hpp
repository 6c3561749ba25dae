#pragma once

#include <string>

namespace tools {

/// "12.3456 +- 0.0012": a value and its standard deviation with the same number of decimals, each
/// right-aligned in its width. Without the latter where there is none (0).
[[nodiscard]] std::string plus_minus(double value, double sd, int decimals, int width = 0,
                                     int sd_width = 0);

}  // namespace tools
