#pragma once

#include <drr/geometry/xray_view.hpp>
#include <drr/phantom/shape.hpp>

#include <vector>

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
    /// An edge of the box about the shape, as the detector shows it: from the upper end to the
    /// lower.
    struct Edge {
        double top, bottom;      ///< rows
        double column, per_row;  ///< column at the top
    };

    PixelRange rows_, columns_;
    std::vector<Edge> edges_;  ///< none: all of columns_ in each row
};

}  // namespace drr
