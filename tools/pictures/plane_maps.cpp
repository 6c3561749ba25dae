#include "pictures/plane_maps.hpp"

#include "pictures/canvas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace tools {
namespace {

constexpr int margin_px = 48;
constexpr double text_px = 9.0;
constexpr int cells = 48;
constexpr double cell_px = 5.0;
constexpr double map_px = cells * cell_px;
constexpr double row_px = map_px + 3.0 * margin_px;
constexpr std::array<std::array<int, 2>, 3> planes{{{0, 1}, {0, 2}, {1, 2}}};
constexpr const char* axes = "xyz";

// Dark blue over green to yellow, even in lightness (after Matplotlib's viridis).
Colour heat(double share) {
    constexpr std::array<Colour, 5> stops{Colour{68, 1, 84}, Colour{59, 82, 139},
                                          Colour{33, 145, 140}, Colour{94, 201, 98},
                                          Colour{253, 231, 37}};
    const double at = std::clamp(share, 0.0, 1.0) * (stops.size() - 1);
    const auto low = std::min(static_cast<std::size_t>(at), stops.size() - 2);
    const double t = at - static_cast<double>(low);
    const auto mix = [&](std::uint8_t a, std::uint8_t b) {
        return static_cast<std::uint8_t>(std::lround((1.0 - t) * a + t * b));
    };
    return {mix(stops[low].red, stops[low + 1].red), mix(stops[low].green, stops[low + 1].green),
            mix(stops[low].blue, stops[low + 1].blue)};
}

// Values of one title over the three planes, row by row, and their range.
struct PlaneValues {
    std::array<std::vector<double>, planes.size()> maps;
    double least = std::numeric_limits<double>::infinity();
    double most = -std::numeric_limits<double>::infinity();

    void add(std::size_t plane, double value) {
        maps[plane].push_back(value);
        if (!std::isfinite(value)) return;
        least = std::min(least, value);
        most = std::max(most, value);
    }
};

void draw_square(Canvas& canvas, const Canvas::Point& at, const Canvas::Point& size,
                 Colour colour) {
    canvas.fill(
        {at, at + Canvas::Point(size.x(), 0.0), at + size, at + Canvas::Point(0.0, size.y())},
        colour);
}

void draw_row(Canvas& canvas, const PlaneValues& row, const MapTitle& title, double top_px,
              double width_mm) {
    for (std::size_t k = 0; k < planes.size(); ++k) {
        const Canvas::Point corner(margin_px + static_cast<double>(k) * (map_px + margin_px),
                                   top_px);
        for (int i = 0; i < cells * cells; ++i) {
            const double value = row.maps[k][static_cast<std::size_t>(i)];
            if (std::isfinite(value))
                draw_square(canvas, corner + cell_px * Canvas::Point(i % cells, i / cells),
                            {cell_px, cell_px},
                            heat((value - row.least) / std::max(row.most - row.least, 1e-300)));
        }
        canvas.text(corner + Canvas::Point(0.5 * map_px, map_px + 16.0),
                    fmt::format("{} to the right, {} up; {:.0f} mm wide", axes[planes[k][0]],
                                axes[planes[k][1]], width_mm),
                    text_px, colours::ink, Anchor::middle);
    }
    constexpr int stripes = 200;
    constexpr double stripe_px = 1.5;
    const double bar_px = top_px + map_px + 34.0;
    for (int i = 0; i < stripes; ++i)
        draw_square(canvas, {margin_px + stripe_px * i, bar_px}, {stripe_px, 12.0},
                    heat(i / (stripes - 1.0)));
    canvas.text({margin_px, bar_px + 27.0}, fmt::format("{:.4g} {}", row.least, title.unit),
                text_px, colours::ink);
    canvas.text({margin_px + stripe_px * stripes, bar_px + 27.0},
                fmt::format("{:.4g} {}", row.most, title.unit), text_px, colours::ink,
                Anchor::right);
}

}  // namespace

std::string plane_maps(const stereo::WorkingVolume& volume, const std::vector<MapTitle>& titles,
                       const std::string& remark, const MapValues& values) {
    const Eigen::Vector3d middle = 0.5 * (volume.low_mm + volume.high_mm);
    const double half = 0.5 * (volume.high_mm - volume.low_mm).maxCoeff();
    std::vector<PlaneValues> rows(titles.size());
    for (std::size_t k = 0; k < planes.size(); ++k)
        for (int i = 0; i < cells * cells; ++i) {
            Eigen::Vector3d point = middle;
            point[planes[k][0]] += half * (2.0 * (i % cells + 0.5) / cells - 1.0);
            point[planes[k][1]] += half * (1.0 - 2.0 * (i / cells + 0.5) / cells);
            const std::vector<double> here = values(point);
            for (std::size_t t = 0; t < titles.size(); ++t)
                rows[t].add(k, here[t]);
        }
    if (std::none_of(rows.begin(), rows.end(),
                     [](const auto& row) { return row.most >= row.least; }))
        return {};
    Canvas canvas(static_cast<int>(3.0 * (map_px + margin_px)) + margin_px,
                  static_cast<int>(row_px * static_cast<double>(rows.size())));
    for (std::size_t t = 0; t < rows.size(); ++t) {
        const double top_px = margin_px + row_px * static_cast<double>(t);
        canvas.text({margin_px, top_px - 28.0}, titles[t].title, text_px + 1.0, colours::ink);
        if (t == 0)
            canvas.text({margin_px, top_px - 12.0},
                        fmt::format("{}; planes through ({:.0f}, {:.0f}, {:.0f}) mm", remark,
                                    middle.x(), middle.y(), middle.z()),
                        text_px, colours::ink);
        draw_row(canvas, rows[t], titles[t], top_px, 2.0 * half);
    }
    return canvas.png();
}

}  // namespace tools
