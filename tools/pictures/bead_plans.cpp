#include "pictures/bead_plans.hpp"

#include "pictures/canvas.hpp"
#include "pictures/labels.hpp"
#include "pictures/phantom_views.hpp"

#include <drr/phantom/extent.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>

namespace tools {
namespace {

using Point = Canvas::Point;

constexpr double margin_px = 30.0;
constexpr double title_px = 15.0;
constexpr double text_px = 10.5;
constexpr double plan_px = 1000.0;  // longer side

using Beads = std::vector<const drr::Marker*>;

std::vector<Beads> levels(const drr::MarkerPhantom& phantom) {
    constexpr double level_mm = 0.01;
    constexpr std::size_t least_beads = 4;  // of a level, on average
    std::map<long, Beads> by_level;
    Beads all;
    for (const drr::Marker& bead : phantom.beads) {
        by_level[std::lround(bead.center_mm.z() / level_mm)].push_back(&bead);
        all.push_back(&bead);
    }
    if (by_level.size() * least_beads > all.size()) return {all};
    std::vector<Beads> result;
    for (auto& [level, beads] : by_level)
        result.push_back(std::move(beads));
    return result;
}

std::string plan(const drr::MarkerPhantom& phantom, const Beads& beads, const std::string& where) {
    const drr::Extent extent = drr::extent(solid_parts(phantom));
    const Eigen::Vector3d size = extent.size_mm();
    const View view{from_above,
                    {margin_px, 2.0 * margin_px + 2.0 * title_px},
                    plan_px / std::max(size.x(), size.y()),
                    extent};
    const Point end = view({extent.high_mm.x(), extent.low_mm.y(), 0.0});
    const std::string title = fmt::format("{}: {}", phantom.name, where);
    // Labels of beads at the edge reach beyond it.
    const double width_px =
        std::max(end.x(), margin_px + Canvas::text_width_px(title, title_px, true)) + margin_px;
    Canvas canvas(static_cast<int>(width_px), static_cast<int>(end.y() + margin_px));
    canvas.text({margin_px, margin_px + title_px}, title, title_px, colours::ink, Anchor::left,
                true);
    canvas.text({margin_px, margin_px + title_px + 1.8 * text_px},
                fmt::format("from above, x right, y up; {:g} x {:g} mm", size.x(), size.y()),
                text_px, colours::grey);
    draw_bodies(canvas, phantom, view);
    const auto radius_px = [&](const drr::Marker& marker) {
        constexpr double least_px = 1.6;
        return std::max(least_px, 0.5 * marker.diameter_mm * view.px_per_mm);
    };
    Labels labels(canvas, 7.0);
    for (const drr::Marker* bead : beads) {
        canvas.disc(view(bead->center_mm), radius_px(*bead), colours::ink);
        labels.keep_clear(view(bead->center_mm), radius_px(*bead));
    }
    for (const drr::Marker* bead : beads)
        labels.put(view(bead->center_mm), radius_px(*bead), fmt::format("{}", bead->id),
                   colours::blue);
    return canvas.png();
}

}  // namespace

std::vector<std::string> bead_plans(const drr::MarkerPhantom& phantom) {
    const auto plans = levels(phantom);
    std::vector<std::string> result;
    for (const Beads& beads : plans)
        result.push_back(plan(
            phantom, beads,
            plans.size() == 1 ? std::string("beads")
                              : fmt::format("beads at z = {:g} mm", beads.front()->center_mm.z())));
    return result;
}

}  // namespace tools
