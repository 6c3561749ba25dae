#include "pictures/building_steps.hpp"

#include "pictures/brick_colours.hpp"
#include "pictures/canvas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

namespace tools {
namespace {

using Point = Canvas::Point;

constexpr double margin_px = 26.0;
constexpr double scale_px = 18.0;  // numbers of studs beside a plan
constexpr double plan_px = 640.0;  // longer side of a plan
constexpr double list_px = 356.0;
constexpr double title_px = 15.0;
constexpr double text_px = 10.5;
constexpr double stud_share = 0.3;  // radius of a stud, cells

/// The grid of studs as a plan shows it: x to the right, y up.
struct Plan {
    std::array<int, 2> first{};  ///< cell at the lower left
    std::array<int, 2> last{};   ///< beyond the cell at the upper right
    double px_per_cell = 0.0;

    [[nodiscard]] Point operator()(double x, double y) const {
        return {margin_px + scale_px + px_per_cell * (x - first[0]),
                3.0 * margin_px + px_per_cell * (last[1] - y)};
    }
    [[nodiscard]] std::vector<Point> block(const drr::PlacedBrick& brick) const {
        const auto size = cells(brick);
        const double x = brick.at[0];
        const double y = brick.at[1];
        return {(*this)(x, y), (*this)(x + size[0], y), (*this)(x + size[0], y + size[1]),
                (*this)(x, y + size[1])};
    }
    /// Of a point in the phantom.
    [[nodiscard]] Point operator()(const drr::BrickGrid& grid, const Eigen::Vector3d& point) const {
        const double cell_mm = grid.scale.across * drr::BrickDimensions{}.pitch_mm;
        const Eigen::Vector3d cell = (point - grid.origin_mm) / cell_mm;
        return (*this)(cell.x(), cell.y());
    }
};

Plan plan_of(const drr::MarkerPhantom& phantom) {
    constexpr double largest_px_per_cell = 44.0;
    Plan plan;
    plan.first = {phantom.bricks[0].at[0], phantom.bricks[0].at[1]};
    plan.last = plan.first;
    for (const drr::PlacedBrick& brick : phantom.bricks) {
        const auto size = cells(brick);
        for (std::size_t axis = 0; axis < 2; ++axis) {
            plan.first[axis] = std::min(plan.first[axis], brick.at[axis]);
            plan.last[axis] = std::max(plan.last[axis], brick.at[axis] + size[axis]);
        }
    }
    const int longest = std::max(plan.last[0] - plan.first[0], plan.last[1] - plan.first[1]);
    plan.px_per_cell = std::min(largest_px_per_cell, plan_px / longest);
    return plan;
}

int top_plates(const drr::PlacedBrick& brick) {
    return brick.at[2] + cells(brick)[2];
}

void draw_block(Canvas& canvas, const Plan& plan, const drr::PlacedBrick& brick, Colour colour,
                Colour edge, double edge_px) {
    const auto corners = plan.block(brick);
    canvas.fill(corners, colour);
    canvas.outline(corners, edge, edge_px);
    if (!drr::brick_part(brick.part).has_studs) return;
    const auto size = cells(brick);
    for (int x = 0; x < size[0]; ++x)
        for (int y = 0; y < size[1]; ++y)
            canvas.circle(plan(brick.at[0] + x + 0.5, brick.at[1] + y + 0.5),
                          stud_share * plan.px_per_cell, edge, 0.6);
}

/// The grid's lines and the numbers of its studs.
void draw_grid(Canvas& canvas, const Plan& plan) {
    constexpr double size_px = 7.5;
    for (int x = plan.first[0]; x <= plan.last[0]; ++x) {
        canvas.line(plan(x, plan.first[1]), plan(x, plan.last[1]), colours::pale_grey, 0.5);
        if (x < plan.last[0] && (x - plan.first[0]) % 2 == 0)
            canvas.text(plan(x + 0.5, plan.first[1]) + Point(0.0, size_px + 5.0),
                        fmt::format("{}", x), size_px, colours::grey, Anchor::middle);
    }
    for (int y = plan.first[1]; y <= plan.last[1]; ++y) {
        canvas.line(plan(plan.first[0], y), plan(plan.last[0], y), colours::pale_grey, 0.5);
        if (y < plan.last[1] && (y - plan.first[1]) % 2 == 0)
            canvas.text(plan(plan.first[0], y + 0.5) + Point(-5.0, 0.5 * size_px),
                        fmt::format("{}", y), size_px, colours::grey, Anchor::right);
    }
}

/// Those of the bricks that are seen from above, the highest last.
std::vector<std::size_t> seen_from_above(const drr::MarkerPhantom& phantom,
                                         std::vector<std::size_t> bricks) {
    std::map<std::array<int, 2>, int> tops;
    // Calls visit for the top of each cell that a brick covers.
    const auto each_cell = [&](std::size_t index, const auto& visit) {
        const drr::PlacedBrick& brick = phantom.bricks[index];
        const auto size = cells(brick);
        for (int x = 0; x < size[0]; ++x)
            for (int y = 0; y < size[1]; ++y)
                visit(tops[{brick.at[0] + x, brick.at[1] + y}]);
    };
    std::stable_sort(bricks.begin(), bricks.end(), [&](std::size_t a, std::size_t b) {
        return top_plates(phantom.bricks[a]) < top_plates(phantom.bricks[b]);
    });
    for (const std::size_t index : bricks)
        each_cell(index, [&](int& top) { top = top_plates(phantom.bricks[index]); });
    std::vector<std::size_t> result;
    for (const std::size_t index : bricks) {
        bool seen = false;
        each_cell(index, [&](int top) { seen = seen || top == top_plates(phantom.bricks[index]); });
        if (seen) result.push_back(index);
    }
    return result;
}

void draw_earlier(Canvas& canvas, const Plan& plan, const drr::MarkerPhantom& phantom,
                  const std::vector<BuildingStep>& steps, std::size_t step) {
    const int level = steps[step].level_plates;
    std::vector<std::size_t> earlier;
    for (std::size_t n = 0; n < step; ++n)
        earlier.insert(earlier.end(), steps[n].bricks.begin(), steps[n].bricks.end());
    earlier = seen_from_above(phantom, std::move(earlier));
    for (const std::size_t index : earlier) {
        const drr::PlacedBrick& brick = phantom.bricks[index];
        const bool carries = top_plates(brick) >= level;
        draw_block(canvas, plan, brick, paler(colours::grey, carries ? 0.3 : 0.12),
                   paler(colours::grey, carries ? 0.6 : 0.3), 0.6);
    }
}

void draw_step(Canvas& canvas, const Plan& plan, const drr::MarkerPhantom& phantom,
               const BuildingStep& step) {
    constexpr double number_px = 8.0;
    for (const std::size_t index : step.bricks) {
        const drr::PlacedBrick& brick = phantom.bricks[index];
        draw_block(canvas, plan, brick, paler(brick_colour(brick.colour), 0.6), colours::ink, 1.1);
    }
    // A marker's number stands in it, as large as it would be in a stud.
    const double radius_px = 0.36 * plan.px_per_cell;
    const auto draw = [&](const std::vector<std::size_t>& indices,
                          const std::vector<drr::Marker>& markers, Colour colour) {
        for (const std::size_t index : indices) {
            const Point centre = plan(phantom.grid, markers[index].center_mm);
            const double size_px = std::min(11.0, 0.72 * radius_px);
            canvas.disc(centre, radius_px + 1.0, colours::white);
            canvas.disc(centre, radius_px, colour);
            canvas.text(centre + Point(0.0, 0.5 * size_px), fmt::format("{}", markers[index].id),
                        size_px, colours::white, Anchor::middle, true);
        }
    };
    for (const std::size_t index : step.bricks) {
        const drr::PlacedBrick& brick = phantom.bricks[index];
        const auto corners = plan.block(brick);
        const double width_px = Canvas::text_width_px(brick.part, number_px);
        const bool has_bead = std::any_of(
            step.beads.begin(), step.beads.end(),
            [&](std::size_t bead) { return phantom.beads[bead].brick == static_cast<int>(index); });
        if (has_bead || width_px + 6.0 > corners[1].x() - corners[0].x()) continue;
        const Point middle = 0.5 * (corners[0] + corners[2]);
        const Point reach(0.5 * width_px + 2.0, 0.5 * number_px + 2.0);
        canvas.fill({middle - reach, middle + Point(reach.x(), -reach.y()), middle + reach,
                     middle + Point(-reach.x(), reach.y())},
                    paler(brick_colour(brick.colour), 0.6));
        canvas.text(middle + Point(0.0, 0.5 * number_px), brick.part, number_px, colours::ink,
                    Anchor::middle);
    }
    draw(step.beads, phantom.beads, colours::ink);
    draw(step.references, phantom.references, colours::red);
}

/// Numbers in order, runs as "1-4": "1-4, 7".
std::string number_list(std::vector<int> numbers) {
    std::sort(numbers.begin(), numbers.end());
    std::string text;
    for (std::size_t first = 0; first < numbers.size();) {
        std::size_t last = first;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1)
            ++last;
        text += fmt::format("{}{}", text.empty() ? "" : ", ", numbers[first]);
        if (last > first)
            text += fmt::format("{}{}", last == first + 1 ? ", " : "-", numbers[last]);
        first = last + 1;
    }
    return text;
}

std::vector<int> ids(const std::vector<drr::Marker>& markers,
                     const std::vector<std::size_t>& indices) {
    std::vector<int> result;
    for (const std::size_t index : indices)
        result.push_back(markers[index].id);
    return result;
}

/// The parts of a step with their numbers, and its beads; returns where it ends.
double draw_list(Canvas* canvas, const drr::MarkerPhantom& phantom, const BuildingStep& step,
                 double left_px) {
    constexpr double icon_px_per_stud = 8.0;
    constexpr double icon_wide_px = 74.0;
    double y = 3.0 * margin_px;
    std::map<std::tuple<std::string, std::string>, int> parts;
    for (const std::size_t index : step.bricks)
        ++parts[{phantom.bricks[index].part, phantom.bricks[index].colour}];
    for (const auto& [key, count] : parts) {
        const auto& [id, colour] = key;
        const drr::BrickPart& part = drr::brick_part(id);
        const double high_px = icon_px_per_stud * part.studs_y;
        if (canvas != nullptr) {
            Plan icon;
            icon.px_per_cell = icon_px_per_stud;
            const Point shift = Point(left_px, y) - icon(0.0, part.studs_y);
            std::vector<Point> corners;
            for (const auto& [cx, cy] : {std::pair{0, 0},
                                         {part.studs_x, 0},
                                         {part.studs_x, part.studs_y},
                                         {0, part.studs_y}})
                corners.push_back(shift + icon(cx, cy));
            canvas->fill(corners, paler(brick_colour(colour), 0.6));
            canvas->outline(corners, colours::ink, 0.8);
            for (int i = 0; part.has_studs && i < part.studs_x; ++i)
                for (int j = 0; j < part.studs_y; ++j)
                    canvas->circle(shift + icon(i + 0.5, j + 0.5), stud_share * icon_px_per_stud,
                                   colours::ink, 0.5);
        }
        const auto lines = wrapped(
            fmt::format("{} x {} {}{}{}", count, id, part.name, colour.empty() ? "" : ", ", colour),
            text_px, list_px - icon_wide_px);
        for (std::size_t n = 0; canvas != nullptr && n < lines.size(); ++n)
            canvas->text({left_px + icon_wide_px,
                          y + 0.5 * high_px + 0.5 * text_px + 1.6 * text_px * double(n)},
                         lines[n], text_px, colours::ink);
        y += std::max(high_px, 1.2 * text_px) + 1.6 * text_px * double(lines.size() - 1) + 10.0;
    }
    const auto markers = [&](const char* what, const std::vector<int>& numbers, Colour colour) {
        if (numbers.empty()) return;
        y += 8.0;
        for (const std::string& line :
             wrapped(fmt::format("{} {}: {}", numbers.size(), what, number_list(numbers)), text_px,
                     list_px)) {
            y += 1.6 * text_px;
            if (canvas != nullptr) canvas->text({left_px, y}, line, text_px, colour);
        }
    };
    markers(step.beads.size() == 1 ? "bead" : "beads", ids(phantom.beads, step.beads),
            colours::ink);
    markers(step.references.size() == 1 ? "reference" : "references",
            ids(phantom.references, step.references), colours::red);
    return y;
}

}  // namespace

std::vector<BuildingStep> building_steps(const drr::MarkerPhantom& phantom) {
    std::map<int, BuildingStep> by_level;
    for (std::size_t n = 0; n < phantom.bricks.size(); ++n) {
        BuildingStep& step = by_level[phantom.bricks[n].at[2]];
        step.level_plates = phantom.bricks[n].at[2];
        step.bricks.push_back(n);
    }
    if (by_level.empty()) return {};
    const double plate_mm = phantom.grid.scale.height * drr::BrickDimensions{}.plate_height_mm;
    const auto step_of = [&](const drr::Marker& marker) -> BuildingStep& {
        if (marker.brick >= 0)
            return by_level.at(phantom.bricks[static_cast<std::size_t>(marker.brick)].at[2]);
        const double height = (marker.center_mm.z() - phantom.grid.origin_mm.z()) / plate_mm;
        auto above = by_level.upper_bound(static_cast<int>(std::floor(height)));
        return above == by_level.begin() ? above->second : std::prev(above)->second;
    };
    for (std::size_t n = 0; n < phantom.beads.size(); ++n)
        step_of(phantom.beads[n]).beads.push_back(n);
    for (std::size_t n = 0; n < phantom.references.size(); ++n)
        step_of(phantom.references[n]).references.push_back(n);
    std::vector<BuildingStep> steps;
    for (auto& [level, step] : by_level)
        steps.push_back(std::move(step));
    return steps;
}

std::string building_step_picture(const drr::MarkerPhantom& phantom,
                                  const std::vector<BuildingStep>& steps, std::size_t step) {
    const Plan plan = plan_of(phantom);
    const double list_left_px = plan(plan.last[0], 0.0).x() + margin_px;
    const double high_px = std::max(plan(0.0, plan.first[1]).y() + scale_px,
                                    draw_list(nullptr, phantom, steps[step], list_left_px)) +
                           margin_px;
    Canvas canvas(static_cast<int>(list_left_px + list_px + margin_px), static_cast<int>(high_px));
    const double plate_mm = drr::BrickDimensions{}.plate_height_mm;
    canvas.text({margin_px, margin_px + title_px},
                fmt::format("{}: step {} of {}", phantom.name, step + 1, steps.size()), title_px,
                colours::ink, Anchor::left, true);
    canvas.text({margin_px, margin_px + title_px + 1.8 * text_px},
                fmt::format("bricks on {:.1f} mm ({} plates), from above; x right, y up, in studs",
                            (steps[step].level_plates - steps[0].level_plates) * plate_mm,
                            steps[step].level_plates - steps[0].level_plates),
                text_px, colours::grey);
    draw_grid(canvas, plan);
    draw_earlier(canvas, plan, phantom, steps, step);
    draw_step(canvas, plan, phantom, steps[step]);
    (void)draw_list(&canvas, phantom, steps[step], list_left_px);
    return canvas.png();
}

}  // namespace tools
