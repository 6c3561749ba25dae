#pragma once

#include "pictures/canvas.hpp"

#include <drr/phantom/extent.hpp>
#include <drr/phantom/marker_phantom.hpp>

#include <vector>

namespace tools {

/// A direction to look at the phantom in, with which two of its axes run right and up.
struct Looking {
    int right = 0;
    int up = 1;
    int towards = 2;    ///< the axis towards the viewer
    double sign = 1.0;  ///< in which sense
    const char* name = "";
};

inline constexpr Looking from_above{0, 1, 2, 1.0, "from above"};
inline constexpr Looking from_front{0, 2, 1, -1.0, "from the front"};
inline constexpr Looking from_right{1, 2, 0, 1.0, "from the right"};

/// One view on the sheet.
struct View {
    Looking looking;
    Canvas::Point corner_px;  ///< upper left
    double px_per_mm = 1.0;
    drr::Extent extent;

    [[nodiscard]] Canvas::Point operator()(const Eigen::Vector3d& point_mm) const {
        return corner_px +
               px_per_mm * Canvas::Point(point_mm[looking.right] - extent.low_mm[looking.right],
                                         extent.high_mm[looking.up] - point_mm[looking.up]);
    }
};

/// The outline of a shape in a view.
[[nodiscard]] std::vector<Canvas::Point> silhouette(const drr::Shape& shape, const View& view);

/// Bodies as if of clear plastic: filled faintly, cavities dashed, but for the seats of beads.
void draw_bodies(Canvas& canvas, const drr::MarkerPhantom& phantom, const View& view);

}  // namespace tools
