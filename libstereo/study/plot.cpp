#include "plot.hpp"

#include "markup.hpp"

#include <fmt/format.h>

#include <cmath>

namespace stereo {
namespace {

constexpr double ticks_per_axis = 5.0;  // enough to read values, few enough for a phone

struct Ticks {
    double step = 1.0;
    int digits = 0;
};

Ticks ticks(double low, double high) {
    const double step = nice_above((high - low) / ticks_per_axis);
    return {step, std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)))};
}

}  // namespace

Eigen::Vector2d Plot::at(double x, double y) const {
    return {top_left.x() + (x - data_min.x()) * units_per_x(),
            top_left.y() + (data_max.y() - y) * units_per_y()};
}

double nice_above(double value) {
    if (!(value > 0.0) || !std::isfinite(value)) return 1.0;
    const double power = std::pow(10.0, std::floor(std::log10(value)));
    for (const double step : {1.0, 2.0, 5.0})
        if (step * power >= value * (1.0 - 1e-12)) return step * power;
    return 10.0 * power;
}

void draw_axes(Svg& svg, const Plot& plot, std::string_view x_label, std::string_view y_label) {
    const Eigen::Vector2d bottom_right = plot.top_left + plot.size;
    const Ticks tx = ticks(plot.data_min.x(), plot.data_max.x());
    const Ticks ty = ticks(plot.data_min.y(), plot.data_max.y());
    const auto each_tick = [](double low, double high, double step, const auto& draw) {
        const auto last = static_cast<long>(std::floor(high / step + 1e-9));
        for (auto i = static_cast<long>(std::ceil(low / step - 1e-9)); i <= last; ++i)
            draw(static_cast<double>(i) * step);
    };
    each_tick(plot.data_min.x(), plot.data_max.x(), tx.step, [&](double x) {
        const double u = plot.at(x, 0.0).x();
        svg.line({u, plot.top_left.y()}, {u, bottom_right.y()}, "class=\"grid\"");
        svg.text({u, bottom_right.y() + 15.0}, fixed(x, tx.digits), "class=\"tick middle\"");
    });
    each_tick(plot.data_min.y(), plot.data_max.y(), ty.step, [&](double y) {
        const double v = plot.at(0.0, y).y();
        svg.line({plot.top_left.x(), v}, {bottom_right.x(), v}, "class=\"grid\"");
        svg.text({plot.top_left.x() - 6.0, v + 4.0}, fixed(y, ty.digits), "class=\"tick end\"");
    });
    svg.rectangle(plot.top_left, plot.size, "class=\"frame\"");
    svg.text({plot.top_left.x() + plot.size.x() / 2.0, bottom_right.y() + 33.0}, x_label,
             "class=\"label middle\"");
    const Eigen::Vector2d side(12.0, plot.top_left.y() + plot.size.y() / 2.0);
    svg.text(side, y_label,
             fmt::format("class=\"label middle\" transform=\"rotate(-90 {:.2f} {:.2f})\"", side.x(),
                         side.y()));
}

}  // namespace stereo
