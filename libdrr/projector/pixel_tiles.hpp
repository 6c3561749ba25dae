#pragma once

#include "index_rays.hpp"
#include "ray_tile.hpp"

#include <drr/geometry/xray_view.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <optional>

namespace drr {

struct Pixel {
    int u = 0, v = 0;
};

/// How the pixels of a view are dealt out to tiles. Columns of pixels follow, as near as pixels
/// allow, the image of lines along the lane axis, so that the rays of a column share rows of the
/// volume. These lines meet in a vanishing point, so the columns of each tile have their own slope;
/// the edge that two tiles share is computed once, and each pixel belongs to one tile.
class PixelTiles {
  public:
    PixelTiles(const IndexRays& rays, const XrayView& view, int lane_axis,
               const Eigen::Vector3d& middle);

    [[nodiscard]] std::size_t count() const { return static_cast<std::size_t>(across_ * along_); }
    [[nodiscard]] int column_rays() const { return column_rays_; }
    /// The pixels of a tile, column by column; none where a column leaves the image or the tile.
    [[nodiscard]] int pixels(std::size_t tile, PerRay<std::optional<Pixel>>& pixels) const;

  private:
    /// Pixels aside for a pixel along a column.
    [[nodiscard]] double slope(double aside, double along) const;

    int width_, height_;   ///< of the image, across the columns and along them
    bool along_v_ = true;  ///< columns run along v, or along u
    int column_rays_ = lane_rays;
    int first_ = 0, across_ = 0, along_ = 0;  ///< tiles
    /// The slope is (numerator_ + cross_ aside) / (denominator_ + cross_ along).
    double numerator_ = 0.0, denominator_ = 1.0, cross_ = 0.0;
};

}  // namespace drr
