#include "pictures/phantom_views.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tools {
namespace {

using Point = Canvas::Point;

/// The corners of the convex hull, in order (Andrew's monotone chain).
std::vector<Point> convex_hull(std::vector<Point> points) {
    const auto before = [](const Point& a, const Point& b) {
        return a.x() < b.x() || (a.x() == b.x() && a.y() < b.y());
    };
    std::sort(points.begin(), points.end(), before);
    std::vector<Point> hull;
    for (int side = 0; side < 2; ++side) {
        const std::size_t start = hull.size();
        for (const Point& point : points) {
            while (hull.size() >= start + 2) {
                const Point a = hull.back() - hull[hull.size() - 2];
                const Point b = point - hull.back();
                if (a.x() * b.y() - a.y() * b.x() > 0.0) break;
                hull.pop_back();
            }
            hull.push_back(point);
        }
        hull.pop_back();
        std::reverse(points.begin(), points.end());
    }
    return hull;
}

}  // namespace

std::vector<Point> silhouette(const drr::Shape& shape, const View& view) {
    constexpr int steps = 96;  // round forms
    const auto turn = [](int step) { return 2.0 * std::numbers::pi * step / steps; };
    std::vector<Point> points;
    if (const auto* sphere = std::get_if<drr::Sphere>(&shape.form)) {
        const Point centre = view(shape.parent_from_shape.translation_mm);
        for (int n = 0; n < steps; ++n)
            points.push_back(centre + sphere->radius_mm * view.px_per_mm *
                                          Point(std::cos(turn(n)), std::sin(turn(n))));
        return points;
    }
    const auto add = [&](double x, double y, double z) {
        points.push_back(view(shape.parent_from_shape * Eigen::Vector3d(x, y, z)));
    };
    const Eigen::Vector3d half = half_extent_mm(shape);
    for (const double z : {-half.z(), half.z()}) {
        if (std::holds_alternative<drr::Box>(shape.form))
            for (const double x : {-half.x(), half.x()})
                for (const double y : {-half.y(), half.y()})
                    add(x, y, z);
        else
            for (int n = 0; n < steps; ++n)
                add(half.x() * std::cos(turn(n)), half.x() * std::sin(turn(n)), z);
    }
    return convex_hull(std::move(points));
}

void draw_bodies(Canvas& canvas, const drr::MarkerPhantom& phantom, const View& view) {
    const Colour plastic{120, 156, 200};
    for (const drr::SolidPart& body : phantom.bodies)
        if (body.sign > 0) canvas.fill(silhouette(body.shape, view), paler(plastic, 0.22));
    for (const drr::SolidPart& body : phantom.bodies) {
        // Seats of beads would only blur them.
        if (body.sign < 0 && std::holds_alternative<drr::Sphere>(body.shape.form)) continue;
        const auto corners = silhouette(body.shape, view);
        if (body.sign > 0)
            canvas.outline(corners, paler(plastic, 0.9), 1.2);
        else
            canvas.dashed_outline(corners, paler(plastic, 0.7));
    }
}

}  // namespace tools
