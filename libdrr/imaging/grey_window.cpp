#include <drr/core/order_statistics.hpp>
#include <drr/core/parallel.hpp>
#include <drr/imaging/grey_window.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace drr {
namespace {

double on_scale(GreyScale scale, double line_integral) {
    return scale == GreyScale::log ? line_integral : std::exp(-line_integral);
}

/// Whether grey values grow along the scale. They do with what attenuates unless inverted, and
/// line integrals grow with it while intensities fall.
bool grows(const GreyWindow& window) {
    return (window.scale == GreyScale::log) != window.inverted;
}

}  // namespace

void GreyWindow::validate() const {
    require(std::isfinite(low) && std::isfinite(high) && low < high,
            "a grey window must be finite, its low end below its high end");
}

double GreyWindow::grey(double line_integral) const {
    const double share = (on_scale(scale, line_integral) - low) / (high - low);
    return grows(*this) ? share : 1.0 - share;
}

double GreyWindow::line_integral(double grey) const {
    const double value = low + (grows(*this) ? grey : 1.0 - grey) * (high - low);
    if (scale == GreyScale::log) return value;
    return value > 0.0 ? -std::log(value) : std::numeric_limits<double>::infinity();
}

std::optional<GreyWindow> automatic_window(std::vector<float> line_integrals, GreyScale scale) {
    std::erase_if(line_integrals, [](float value) { return !(value > 0.0F); });
    if (line_integrals.empty()) return std::nullopt;
    const double high = percentile(line_integrals, 0.995);  // a few pixels of metal left out
    const auto window_from = [&](double low) {
        if (low >= high) low = 0.0;
        return scale == GreyScale::log ? GreyWindow{scale, low, high}
                                       : GreyWindow{scale, std::exp(-high), std::exp(-low)};
    };
    if (scale == GreyScale::log) return window_from(percentile(line_integrals, 0.01));
    std::erase_if(line_integrals,
                  [&](float value) { return static_cast<double>(value) < 0.1 * high; });
    return window_from(percentile(line_integrals, 0.1));
}

Image<std::uint16_t> to_16_bits(const Image<float>& line_integrals, const GreyWindow& window) {
    window.validate();
    Image<std::uint16_t> picture(line_integrals.width(), line_integrals.height());
    parallel_for(static_cast<std::size_t>(picture.height()), [&](std::size_t index) {
        const int row = static_cast<int>(index);
        std::transform(line_integrals.row(row), line_integrals.row(row) + picture.width(),
                       picture.row(row), [&](float value) {
                           const double grey = window.grey(static_cast<double>(value));
                           // Not clamp(): NaN has to become 0.
                           return static_cast<std::uint16_t>(
                               grey > 0.0 ? std::lround(65535.0 * std::min(grey, 1.0)) : 0);
                       });
    });
    return picture;
}

}  // namespace drr
