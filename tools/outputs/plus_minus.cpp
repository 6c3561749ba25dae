#include "outputs/plus_minus.hpp"

#include <fmt/format.h>

namespace tools {

std::string plus_minus(double value, double sd, int decimals, int width, int sd_width) {
    const std::string text = fmt::format("{:>{}.{}f}", value, width, decimals);
    return sd > 0.0 ? text + fmt::format(" +- {:>{}.{}f}", sd, sd_width, decimals) : text;
}

}  // namespace tools
