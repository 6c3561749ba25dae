#include "svg.hpp"

#include "markup.hpp"

#include <fmt/format.h>

namespace stereo {
namespace {

// A hundredth of a unit is less than a pixel of any screen; "-0.00" would be noise.
std::string coordinate(double value) {
    const std::string text = fmt::format("{:.2f}", value);
    return text == "-0.00" ? "0.00" : text;
}

}  // namespace

Svg::Svg(const Eigen::Vector2d& top_left, const Eigen::Vector2d& size, std::string_view title)
    : body_(fmt::format("<svg viewBox=\"{} {} {} {}\" role=\"img\">\n<title>{}</title>\n",
                        coordinate(top_left.x()), coordinate(top_left.y()), coordinate(size.x()),
                        coordinate(size.y()), escape_text(title))) {}

void Svg::line(const Eigen::Vector2d& a, const Eigen::Vector2d& b, std::string_view attributes) {
    if (!a.allFinite() || !b.allFinite()) return;
    body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" {}/>\n", coordinate(a.x()),
                         coordinate(a.y()), coordinate(b.x()), coordinate(b.y()), attributes);
}

void Svg::circle(const Eigen::Vector2d& center, double radius, std::string_view attributes) {
    if (!center.allFinite() || !(radius >= 0.0)) return;
    body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" {}/>\n", coordinate(center.x()),
                         coordinate(center.y()), coordinate(radius), attributes);
}

void Svg::ellipse(const Eigen::Vector2d& center, const Eigen::Vector2d& radii,
                  std::string_view attributes) {
    if (!center.allFinite() || !radii.allFinite()) return;
    body_ += fmt::format("<ellipse cx=\"{}\" cy=\"{}\" rx=\"{}\" ry=\"{}\" {}/>\n",
                         coordinate(center.x()), coordinate(center.y()), coordinate(radii.x()),
                         coordinate(radii.y()), attributes);
}

void Svg::rectangle(const Eigen::Vector2d& top_left, const Eigen::Vector2d& size,
                    std::string_view attributes) {
    if (!top_left.allFinite() || !size.allFinite()) return;
    body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {}/>\n",
                         coordinate(top_left.x()), coordinate(top_left.y()), coordinate(size.x()),
                         coordinate(size.y()), attributes);
}

void Svg::points(std::string_view element, std::span<const Eigen::Vector2d> points,
                 std::string_view attributes) {
    std::string list;
    for (const Eigen::Vector2d& p : points) {
        if (!p.allFinite()) return;
        list += coordinate(p.x()) + "," + coordinate(p.y()) + " ";
    }
    body_ += fmt::format("<{} points=\"{}\" {}/>\n", element, list, attributes);
}

void Svg::polygon(std::span<const Eigen::Vector2d> corners, std::string_view attributes) {
    points("polygon", corners, attributes);
}

void Svg::polyline(std::span<const Eigen::Vector2d> corners, std::string_view attributes) {
    points("polyline", corners, attributes);
}

void Svg::text(const Eigen::Vector2d& at, std::string_view text, std::string_view attributes) {
    if (!at.allFinite()) return;
    body_ += fmt::format("<text x=\"{}\" y=\"{}\" {}>{}</text>\n", coordinate(at.x()),
                         coordinate(at.y()), attributes, escape_text(text));
}

void Svg::raw(std::string_view markup) {
    body_ += markup;
}

}  // namespace stereo
