#pragma once

#include "pictures/canvas.hpp"

#include <string>
#include <vector>

namespace tools {

/// Places labels beside points so that none covers another or a point that is to be kept clear,
/// where there is room.
class Labels {
  public:
    explicit Labels(Canvas& canvas, double size_px = 9.0) : canvas_(canvas), size_px_(size_px) {}

    void keep_clear(const Canvas::Point& centre, double radius_px);
    void put(const Canvas::Point& centre, double radius_px, const std::string& text, Colour colour);

  private:
    struct Rectangle {
        Canvas::Point low;
        Canvas::Point high;

        [[nodiscard]] double common_px2(const Rectangle& other) const;
    };
    Canvas& canvas_;
    double size_px_;
    std::vector<Rectangle> taken_;
};

}  // namespace tools
