#pragma once

#include <drr/geometry/xray_view.hpp>
#include <drr/phantom/shape.hpp>

#include <array>
#include <cstddef>

namespace drr {

/// Columns or rows [first, last).
struct PixelRange {
    int first = 0;
    int last = 0;
    [[nodiscard]] bool empty() const { return first >= last; }
};

/// Which pixels the shadow of a convex shape can touch: a little more than it does.
class Shadow {
  public:
    Shadow(const Shape& shape, const XrayView& view);

    [[nodiscard]] PixelRange rows() const { return rows_; }
    /// Those of one row, whose area counts.
    [[nodiscard]] PixelRange columns(int row) const;

  private:
    /// One side of the outline of the box about the shape, as the detector shows it. The outline is
    /// convex: its side lies on that of its lines that is furthest in.
    struct Side {
        struct Line {
            double row, column;  ///< of its upper end
            double per_row;
        };
        std::array<Line, 7> lines{};  ///< of eight corners
        std::size_t count = 0;
        double outermost_row = 0.0;
    };

    PixelRange rows_, columns_;
    double top_ = 0.0, bottom_ = 0.0;  ///< of the outline
    Side left_, right_;                ///< without lines: all of columns_ in each row
};

}  // namespace drr
