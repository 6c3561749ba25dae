#include "pictures/drift_picture.hpp"

#include "pictures/canvas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace tools {
namespace {

constexpr double text_px = 9.0;
constexpr double chart_width_px = 300.0;
constexpr double chart_height_px = 90.0;
constexpr double gap_px = 48.0;
constexpr std::size_t columns = 3;
// Beyond this chance a member is drawn red: one in a hundred by noise alone.
constexpr double unlikely = 0.01;

void draw_chart(Canvas& canvas, const stereo::Drift& drift, std::size_t parameter,
                const Canvas::Point& corner) {
    const auto at = static_cast<Eigen::Index>(parameter);
    const auto [first, last] =
        std::minmax_element(drift.items.begin(), drift.items.end(),
                            [](const auto& a, const auto& b) { return a.time < b.time; });
    const double start = first->time;
    const double length = last->time - start;
    double reach = 0.0;
    for (const auto& item : drift.items)
        reach = std::max(reach, std::abs(item.difference[at]) + item.sd[at]);
    const auto place = [&](double time, double value) {
        const double x = chart_width_px * (0.04 + 0.92 * (time - start) / length);
        const double y = 0.5 * chart_height_px * (1.0 - value / reach);
        return Canvas::Point(corner.x() + x, corner.y() + y);
    };
    const double right = corner.x() + chart_width_px;
    const double below = corner.y() + chart_height_px;
    const std::vector<Canvas::Point> frame{
        Canvas::Point(corner.x(), corner.y()), Canvas::Point(right, corner.y()),
        Canvas::Point(right, below), Canvas::Point(corner.x(), below)};
    canvas.outline(frame, colours::pale_grey);
    canvas.dashes(place(start, 0.0), place(start + length, 0.0), colours::grey);
    const auto& trend = drift.trends[parameter];
    const bool drifts = trend.p_value < unlikely;
    const double half = 0.5 * length * trend.slope;
    if (std::abs(half) <= reach)
        canvas.line(place(start, -half), place(start + length, half),
                    drifts ? colours::red : colours::blue, 1.0);
    for (const auto& item : drift.items) {
        const double value = item.difference[at];
        canvas.line(place(item.time, value - item.sd[at]), place(item.time, value + item.sd[at]),
                    colours::ink);
        canvas.disc(place(item.time, value), 2.5,
                    item.significance.p_value < unlikely ? colours::red : colours::ink);
    }
    canvas.text(Canvas::Point(corner.x(), corner.y() - 6.0), trend.name, text_px, colours::ink);
    canvas.text(Canvas::Point(right, corner.y() - 6.0),
                fmt::format("+-{:.3g}, time {:g} to {:g}", reach, start, start + length),
                text_px - 1.0, colours::grey, Anchor::right);
    canvas.text(
        Canvas::Point(corner.x(), below + 13.0),
        fmt::format("{:.2g} +- {:.1g} per time, p {:.1g}", trend.slope, trend.sd, trend.p_value),
        text_px - 1.0, drifts ? colours::red : colours::grey);
}

}  // namespace

std::string drift_picture(const stereo::Drift& drift) {
    const std::size_t rows = (drift.trends.size() + columns - 1) / columns;
    const std::size_t across = std::min(columns, drift.trends.size());
    Canvas canvas(
        static_cast<int>(gap_px + static_cast<double>(across) * (chart_width_px + gap_px)),
        static_cast<int>(1.5 * gap_px + static_cast<double>(rows) * (chart_height_px + gap_px)));
    canvas.text({gap_px, 0.5 * gap_px},
                "Difference of each from the mean of the others, with its standard deviation",
                text_px + 1.0, colours::ink);
    for (std::size_t i = 0; i < drift.trends.size(); ++i)
        draw_chart(
            canvas, drift, i,
            Canvas::Point(
                gap_px + static_cast<double>(i % columns) * (chart_width_px + gap_px),
                1.3 * gap_px + static_cast<double>(i / columns) * (chart_height_px + gap_px)));
    return canvas.png();
}

}  // namespace tools
