#pragma once

#include <stereo/identify/identify.hpp>

#include <cstdint>
#include <limits>
#include <vector>

namespace stereo {

/// The blobs of one image with a lookup of the nearest one.
class BlobMap {
  public:
    BlobMap(const ViewBlobs& blobs, int width_px, int height_px);

    [[nodiscard]] const std::vector<Eigen::Vector2d>& centers_px() const { return centers_; }
    [[nodiscard]] std::size_t size() const { return centers_.size(); }
    /// NaN where it was not measured.
    [[nodiscard]] double radius_px(std::size_t blob) const {
        return radii_.empty() ? std::numeric_limits<double>::quiet_NaN() : radii_[blob];
    }
    [[nodiscard]] bool contains(const Eigen::Vector2d& pixel) const {
        return pixel.x() >= -0.5 && pixel.y() >= -0.5 && pixel.x() <= width_px_ - 0.5 &&
               pixel.y() <= height_px_ - 0.5;
    }
    [[nodiscard]] double area_px2() const { return 1.0 * width_px_ * height_px_; }
    /// Index of the blob nearest to a pixel within a distance; -1 if there is none.
    [[nodiscard]] int nearest(const Eigen::Vector2d& pixel, double within_px) const;

  private:
    [[nodiscard]] int column(double u) const;
    [[nodiscard]] int row(double v) const;

    std::vector<Eigen::Vector2d> centers_;
    std::vector<double> radii_;
    int width_px_;
    int height_px_;
    int columns_;
    int rows_;
    std::vector<std::vector<int>> cells_;
};

/// The part of an image that lies within a distance of blobs, as a table: a first, quick answer.
class BlobCover {
  public:
    BlobCover(const BlobMap& map, double radius_px, int width_px, int height_px);

    /// 1 near a blob, 0 elsewhere in the image, -1 outside.
    [[nodiscard]] int at(float u, float v) const {
        const float column = (u + 0.5F) * cells_per_px_;
        const float row = (v + 0.5F) * cells_per_px_;
        if (!(column >= 0.0F && row >= 0.0F && column < width_ && row < height_)) return -1;
        return cells_[static_cast<std::size_t>(static_cast<int>(row) * columns_ +
                                               static_cast<int>(column))];
    }

  private:
    float cells_per_px_ = 1.0F;
    float width_ = 0.0F;  // in cells
    float height_ = 0.0F;
    int columns_ = 0;
    std::vector<std::int8_t> cells_;
};

}  // namespace stereo
