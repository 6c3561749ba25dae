#pragma once

#include <Eigen/Core>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tools {

struct Colour {
    std::uint8_t red = 0;
    std::uint8_t green = 0;
    std::uint8_t blue = 0;
};

/// Mixed with white: share 1 is the colour itself, 0 white.
[[nodiscard]] Colour paler(Colour colour, double share);

namespace colours {
inline constexpr Colour white{255, 255, 255};
inline constexpr Colour ink{40, 44, 52};
inline constexpr Colour grey{130, 136, 146};
inline constexpr Colour pale_grey{214, 218, 224};
inline constexpr Colour red{196, 40, 40};
inline constexpr Colour blue{38, 92, 170};
}  // namespace colours

/// Which point of a text its position is.
enum class Anchor { left, middle, right };

/// A picture to draw on; positions in pixels, x right, y down, from the upper left corner. What is
/// drawn is smoothed by drawing it three times as large.
class Canvas {
  public:
    Canvas(int width_px, int height_px);
    ~Canvas();
    Canvas(Canvas&&) noexcept;
    Canvas& operator=(Canvas&&) noexcept;

    using Point = Eigen::Vector2d;

    void line(const Point& a, const Point& b, Colour colour, double width_px = 1.0);
    void dashes(const Point& a, const Point& b, Colour colour, double width_px = 1.0);
    /// A convex polygon.
    void fill(const std::vector<Point>& corners, Colour colour);
    void outline(const std::vector<Point>& corners, Colour colour, double width_px = 1.0);
    void dashed_outline(const std::vector<Point>& corners, Colour colour, double width_px = 1.0);
    void disc(const Point& centre, double radius_px, Colour colour);
    void circle(const Point& centre, double radius_px, Colour colour, double width_px = 1.0);
    /// One line of text whose capitals stand between `position` and size_px above it.
    void text(const Point& position, const std::string& text, double size_px, Colour colour,
              Anchor anchor = Anchor::left, bool bold = false);
    [[nodiscard]] static double text_width_px(const std::string& text, double size_px,
                                              bool bold = false);

    /// The bytes of a PNG.
    [[nodiscard]] std::string png() const;

  private:
    struct Pixels;
    std::unique_ptr<Pixels> pixels_;
};

/// A text at its spaces split into lines that are no wider than that.
[[nodiscard]] std::vector<std::string> wrapped(const std::string& text, double size_px,
                                               double width_px);

}  // namespace tools
