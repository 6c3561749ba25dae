#include "pictures/labels.hpp"

#include <optional>

namespace tools {

using Point = Canvas::Point;

double Labels::Rectangle::common_px2(const Rectangle& other) const {
    const Eigen::Array2d sides = high.cwiseMin(other.high) - low.cwiseMax(other.low);
    return sides.max(0.0).prod();
}

void Labels::keep_clear(const Point& centre, double radius_px) {
    const Point reach(radius_px, radius_px);
    taken_.push_back({centre - reach, centre + reach});
}

void Labels::put(const Point& centre, double radius_px, const std::string& text, Colour colour) {
    const double width_px = Canvas::text_width_px(text, size_px_);
    const double away_px = radius_px + 3.0;
    std::optional<Rectangle> best;
    double least_px2 = 0.0;
    for (const double up : {0.7, -0.7, 0.0, 1.6, -1.6, 2.6, -2.6})
        for (const bool right : {true, false}) {
            const Point corner = centre + Point(right ? away_px : -away_px - width_px,
                                                -up * away_px - 0.5 * size_px_);
            const Rectangle box{corner, corner + Point(width_px, size_px_)};
            double covered_px2 = 0.0;
            for (const Rectangle& other : taken_)
                covered_px2 += box.common_px2(other);
            if (!best || covered_px2 < least_px2) {
                best = box;
                least_px2 = covered_px2;
            }
        }
    taken_.push_back(*best);
    canvas_.text({best->low.x(), best->high.y()}, text, size_px_, colour);
}

}  // namespace tools
