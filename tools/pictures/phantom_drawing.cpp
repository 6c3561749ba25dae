#include "pictures/phantom_drawing.hpp"

#include "pictures/brick_colours.hpp"
#include "pictures/canvas.hpp"
#include "pictures/labels.hpp"
#include "pictures/phantom_views.hpp"

#include <drr/phantom/extent.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace tools {
namespace {

using Point = Canvas::Point;

constexpr double text_px = 11.0;
constexpr double margin_px = 30.0;
constexpr double dimension_px = 44.0;  // beside a view, for a line with its number
constexpr double gap_px = 2.0 * dimension_px;
constexpr double legend_px = 380.0;
constexpr double widest_px = 720.0;  // of the views
constexpr double highest_px = 660.0;

std::string millimetres(double mm) {
    return fmt::format("{:g}", std::round(mm * 100.0) / 100.0);
}

void arrow(Canvas& canvas, const Point& tip, const Point& direction, Colour colour) {
    constexpr double length_px = 7.0;
    constexpr double half_width_px = 2.2;
    const Point across(-direction.y(), direction.x());
    const Point foot = tip - length_px * direction;
    canvas.fill({tip, foot + half_width_px * across, foot - half_width_px * across}, colour);
}

/// A dimension between two heights or two columns of a view, `away_px` from the view's edge.
void dimension(Canvas& canvas, Point a, Point b, const Point& outward, double away_px,
               double length_mm, Colour colour) {
    if ((b - a).norm() < 1.0) return;
    constexpr double beyond_px = 4.0;
    for (const Point& end : {a, b})
        canvas.line(end + 3.0 * outward, end + (away_px + beyond_px) * outward, colours::pale_grey);
    a += away_px * outward;
    b += away_px * outward;
    const Point along = (b - a).normalized();
    const std::string number = millimetres(length_mm);
    const double width_px = Canvas::text_width_px(number, text_px);
    const bool vertical = std::abs(along.y()) > 0.5;
    const bool inside = (b - a).norm() > (vertical ? 2.6 * text_px : width_px + 26.0);
    const Point middle = 0.5 * (a + b);
    if (inside) {
        // The line leaves room for its number.
        const double room_px = vertical ? text_px : 0.5 * width_px + 5.0;
        canvas.line(a, middle - room_px * along, colour);
        canvas.line(middle + room_px * along, b, colour);
        arrow(canvas, a, -along, colour);
        arrow(canvas, b, along, colour);
        canvas.text(middle + Point(0.0, 0.5 * text_px), number, text_px, colour, Anchor::middle);
        return;
    }
    arrow(canvas, a, along, colour);
    arrow(canvas, b, -along, colour);
    canvas.line(a - 16.0 * along, a, colour);
    canvas.line(b, b + 16.0 * along, colour);
    const Point beside = vertical
                             ? middle + Point(outward.x() * (6.0 + 0.5 * width_px), 0.0)
                             : middle + Point(0.0, outward.y() > 0.0 ? text_px + 4.0 : -text_px);
    canvas.text(beside + Point(0.0, 0.5 * text_px), number, text_px, colour, Anchor::middle);
}

drr::Extent centres(const std::vector<drr::Marker>& beads) {
    drr::Extent result{beads.front().center_mm, beads.front().center_mm};
    for (const drr::Marker& bead : beads)
        result = result.joined({bead.center_mm, bead.center_mm});
    return result;
}

/// Bricks as they are seen from outside, the nearest drawn last.
void draw_bricks(Canvas& canvas, const drr::MarkerPhantom& phantom, const View& view) {
    struct Block {
        drr::Extent extent;
        Colour colour;
        bool studs = false;
    };
    std::vector<Block> blocks;
    for (const drr::PlacedBrick& brick : phantom.bricks)
        blocks.push_back({brick_extent(phantom.grid, brick), brick_colour(brick.colour),
                          drr::brick_part(brick.part).has_studs});
    const drr::BrickDimensions dimensions;
    const int axis = view.looking.towards;
    const auto nearness = [&](const Block& block) {
        return std::max(view.looking.sign * block.extent.low_mm[axis],
                        view.looking.sign * block.extent.high_mm[axis]);
    };
    std::stable_sort(blocks.begin(), blocks.end(),
                     [&](const Block& a, const Block& b) { return nearness(a) < nearness(b); });
    for (const Block& block : blocks) {
        const Point low = view(block.extent.low_mm);
        const Point high = view(block.extent.high_mm);
        const std::vector<Point> corners{low, {high.x(), low.y()}, high, {low.x(), high.y()}};
        canvas.fill(corners, paler(block.colour, 0.55));
        canvas.outline(corners, colours::grey, 0.7);
        if (!block.studs || view.looking.towards != 2) continue;
        const double pitch_mm = phantom.grid.scale.across * dimensions.pitch_mm;
        for (double x = block.extent.low_mm.x() + 0.5 * pitch_mm; x < block.extent.high_mm.x();
             x += pitch_mm)
            for (double y = block.extent.low_mm.y() + 0.5 * pitch_mm; y < block.extent.high_mm.y();
                 y += pitch_mm)
                canvas.circle(view({x, y, 0.0}), 0.5 * dimensions.stud_diameter_mm * view.px_per_mm,
                              colours::grey, 0.6);
    }
}

void draw_markers(Canvas& canvas, const drr::MarkerPhantom& phantom, const View& view) {
    constexpr double least_radius_px = 1.6;
    constexpr std::size_t most_numbers = 12;
    Labels labels(canvas);
    const auto radius_px = [&](const drr::Marker& marker) {
        return std::max(least_radius_px, 0.5 * marker.diameter_mm * view.px_per_mm);
    };
    const auto draw = [&](const std::vector<drr::Marker>& markers, Colour colour) {
        for (const drr::Marker& marker : markers) {
            canvas.disc(view(marker.center_mm), radius_px(marker), colour);
            labels.keep_clear(view(marker.center_mm), radius_px(marker));
        }
    };
    draw(phantom.beads, colours::ink);
    draw(phantom.references, colours::red);
    if (phantom.beads.size() <= most_numbers)
        for (const drr::Marker& bead : phantom.beads)
            labels.put(view(bead.center_mm), radius_px(bead), fmt::format("{}", bead.id),
                       colours::ink);
    for (const drr::Marker& reference : phantom.references)
        labels.put(view(reference.center_mm), radius_px(reference), reference.name, colours::red);
}

/// The dimensions that this view is to carry: of the whole above or at the left, of the beads'
/// centres below or at the right.
struct Dimensions {
    bool whole_right = false;
    bool whole_up = false;
    bool beads_right = false;
    bool beads_up = false;
};

void draw_view(Canvas& canvas, const drr::MarkerPhantom& phantom, const View& view,
               const Dimensions& wanted) {
    draw_bodies(canvas, phantom, view);
    draw_bricks(canvas, phantom, view);
    draw_markers(canvas, phantom, view);
    constexpr double away_px = 24.0;
    const drr::Extent& all = view.extent;
    const int right = view.looking.right;
    const int up = view.looking.up;
    const Point low = view(all.low_mm);
    const Point high = view(all.high_mm);
    if (wanted.whole_right)
        dimension(canvas, {low.x(), high.y()}, high, {0.0, -1.0}, away_px, all.size_mm()[right],
                  colours::ink);
    if (wanted.whole_up)
        dimension(canvas, low, {low.x(), high.y()}, {-1.0, 0.0}, away_px, all.size_mm()[up],
                  colours::ink);
    if (phantom.beads.size() < 2) return;
    const drr::Extent beads = centres(phantom.beads);
    const Point first = view(beads.low_mm);
    const Point last = view(beads.high_mm);
    if (wanted.beads_right)
        dimension(canvas, {first.x(), low.y()}, {last.x(), low.y()}, {0.0, 1.0}, away_px,
                  beads.size_mm()[right], colours::blue);
    if (wanted.beads_up)
        dimension(canvas, {high.x(), first.y()}, {high.x(), last.y()}, {1.0, 0.0}, away_px,
                  beads.size_mm()[up], colours::blue);
}

void draw_name(Canvas& canvas, const View& view, double below_px) {
    const double x = 0.5 * (view(view.extent.low_mm).x() + view(view.extent.high_mm).x());
    canvas.text({x, view(view.extent.low_mm).y() + below_px},
                fmt::format("{} ({} right, {} up)", view.looking.name, "xyz"[view.looking.right],
                            "xyz"[view.looking.up]),
                text_px, colours::grey, Anchor::middle);
}

/// What stands beside the views, from the top; returns where it ends.
double draw_legend(Canvas* canvas, const drr::MarkerPhantom& phantom, const PhantomSummary& summary,
                   double left_px) {
    double y = margin_px;
    const auto put = [&](const std::string& text, double size_px, Colour colour, bool bold,
                         double indent_px = 0.0) {
        for (const std::string& line : wrapped(text, size_px, legend_px - indent_px)) {
            y += 1.7 * size_px;
            if (canvas != nullptr)
                canvas->text({left_px + indent_px, y}, line, size_px, colour, Anchor::left, bold);
        }
    };
    const auto marker = [&](const MarkerKind& kind, const char* what, Colour colour) {
        const double first = y + 1.7 * text_px;
        put(fmt::format("{} {}{}: {:g} mm {}, image {:.1f} px", kind.count, what,
                        kind.count == 1 ? "" : "s", kind.diameter_mm, kind.material, kind.image_px),
            text_px, colours::ink, false, 16.0);
        if (canvas != nullptr) canvas->disc({left_px + 5.0, first - 0.5 * text_px}, 4.0, colour);
    };
    put(phantom.name, 16.0, colours::ink, true);
    y += 6.0;
    put(phantom.description, text_px, colours::grey, false);
    y += 12.0;
    for (const MarkerKind& kind : summary.beads)
        marker(kind, "bead", colours::ink);
    for (const MarkerKind& kind : summary.references)
        marker(kind, "reference", colours::red);
    y += 8.0;
    for (const PartKind& kind : summary.parts)
        put(fmt::format("{} x {} {}{}", kind.count, kind.part, kind.name,
                        kind.colour.empty() ? "" : ", " + kind.colour),
            text_px, colours::ink, false, 16.0);
    if (!summary.parts.empty()) y += 8.0;
    for (const MaterialAmount& amount : summary.materials)
        put(fmt::format("{}: {:.4g} cm3, {:.4g} g", amount.material, amount.volume_cm3,
                        amount.mass_g),
            text_px, colours::ink, false, 16.0);
    y += 8.0;
    const Eigen::Vector3d size = summary.extent.size_mm();
    put(fmt::format("{} x {} x {} mm over all", millimetres(size.x()), millimetres(size.y()),
                    millimetres(size.z())),
        text_px, colours::ink, false, 16.0);
    if (phantom.beads.size() > 1) {
        const Eigen::Vector3d span = centres(phantom.beads).size_mm();
        put(fmt::format("{} x {} x {} mm bead to bead", millimetres(span.x()),
                        millimetres(span.y()), millimetres(span.z())),
            text_px, colours::blue, false, 16.0);
    }
    return y;
}

}  // namespace

std::string phantom_drawing(const drr::MarkerPhantom& phantom, const PhantomSummary& summary) {
    const drr::Extent& extent = summary.extent;
    const Eigen::Vector3d size = extent.size_mm();
    constexpr double largest_px_per_mm = 12.0;
    const double px_per_mm = std::min(
        {widest_px / (size.x() + size.y()), highest_px / (size.y() + size.z()), largest_px_per_mm});
    const Point origin(margin_px + dimension_px, margin_px + dimension_px);
    double top_px = px_per_mm * size.y() + gap_px;  // from the upper views to the lower
    const double side_px = px_per_mm * size.x() + gap_px;
    // The legend stands above the view from the right unless that is narrow, as of a rod.
    const double right_wide_px = px_per_mm * size.y() + dimension_px;
    const bool beside = right_wide_px < 0.5 * legend_px;
    const double legend_left_px = origin.x() + side_px + (beside ? right_wide_px + margin_px : 0.0);
    const double legend_bottom_px = draw_legend(nullptr, phantom, summary, legend_left_px);
    if (!beside) top_px = std::max(top_px, legend_bottom_px + dimension_px - origin.y());
    const double views_high_px = top_px + px_per_mm * size.z() + 2.0 * dimension_px;
    const double high_px = std::max(origin.y() + views_high_px, legend_bottom_px + margin_px);
    const double wide_px =
        beside ? legend_left_px + legend_px + margin_px
               : origin.x() + side_px + std::max(right_wide_px, legend_px) + margin_px;
    Canvas canvas(static_cast<int>(wide_px), static_cast<int>(high_px));
    const View top{from_above, origin, px_per_mm, extent};
    const View front{from_front, origin + Point(0.0, top_px), px_per_mm, extent};
    const View right{from_right, origin + Point(side_px, top_px), px_per_mm, extent};
    draw_view(canvas, phantom, top, {.whole_right = true, .whole_up = true});
    draw_view(canvas, phantom, front, {.whole_up = true, .beads_right = true});
    draw_view(canvas, phantom, right, {.beads_right = true, .beads_up = true});
    draw_name(canvas, top, 26.0);
    draw_name(canvas, front, 58.0);
    draw_name(canvas, right, 58.0);
    (void)draw_legend(&canvas, phantom, summary, legend_left_px);
    return canvas.png();
}

}  // namespace tools
