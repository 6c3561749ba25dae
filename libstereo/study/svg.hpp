#pragma once

#include <Eigen/Core>

#include <span>
#include <string>
#include <string_view>

namespace stereo {

/// A drawing for an HTML page. Coordinates are in user units, x right and y down; `attributes` is
/// finished markup such as `class="axis"`. Elements with coordinates that are not finite are left
/// out.
class Svg {
  public:
    /// An empty drawing that shows the given window; `title` is read out in its place.
    Svg(const Eigen::Vector2d& top_left, const Eigen::Vector2d& size, std::string_view title);

    void line(const Eigen::Vector2d& a, const Eigen::Vector2d& b, std::string_view attributes);
    void circle(const Eigen::Vector2d& center, double radius, std::string_view attributes);
    void ellipse(const Eigen::Vector2d& center, const Eigen::Vector2d& radii,
                 std::string_view attributes);
    void rectangle(const Eigen::Vector2d& top_left, const Eigen::Vector2d& size,
                   std::string_view attributes);
    void polygon(std::span<const Eigen::Vector2d> points, std::string_view attributes);
    void polyline(std::span<const Eigen::Vector2d> points, std::string_view attributes);
    /// Escapes `text`.
    void text(const Eigen::Vector2d& at, std::string_view text, std::string_view attributes);
    /// Finished markup.
    void raw(std::string_view markup);

    [[nodiscard]] std::string str() const { return body_ + "</svg>\n"; }

  private:
    void points(std::string_view element, std::span<const Eigen::Vector2d> points,
                std::string_view attributes);

    std::string body_;
};

}  // namespace stereo
