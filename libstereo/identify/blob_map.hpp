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
    /// Calls `visit(blob, squared distance)` for each blob within a distance of a pixel.
    template <class Visit>
    void for_each_within(const Eigen::Vector2d& pixel, double within_px, const Visit& visit) const;
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
    std::vector<int> by_cell_;                // blobs, cell after cell
    std::vector<std::size_t> first_of_cell_;  // in by_cell_; one more than there are cells
};

template <class Visit>
void BlobMap::for_each_within(const Eigen::Vector2d& pixel, double within_px,
                              const Visit& visit) const {
    const int first_column = column(pixel.x() - within_px);
    const int last_column = column(pixel.x() + within_px);
    const int last_row = row(pixel.y() + within_px);
    for (int r = row(pixel.y() - within_px); r <= last_row; ++r) {
        // Cells beside one another follow one another.
        const std::size_t end =
            first_of_cell_[static_cast<std::size_t>(r * columns_ + last_column + 1)];
        for (auto k = first_of_cell_[static_cast<std::size_t>(r * columns_ + first_column)];
             k < end; ++k) {
            const int blob = by_cell_[k];
            const double distance2 =
                (centers_[static_cast<std::size_t>(blob)] - pixel).squaredNorm();
            if (distance2 <= within_px * within_px) visit(blob, distance2);
        }
    }
}

/// The part of an image that lies within a distance of blobs, as a table with a rim of cells that
/// lie outside of the image: a first, quick answer.
class BlobCover {
  public:
    /// What a cell counts: nothing where it is free. The sum of up to eight cells tells how many
    /// are near blobs, and how many lie outside.
    static constexpr std::uint8_t near_blob = 1;
    static constexpr std::uint8_t outside = 16;

    BlobCover(const BlobMap& map, double radius_px, int width_px, int height_px);

    /// Homogeneous pixels to columns and rows of the table, of which the whole part counts.
    [[nodiscard]] Eigen::Matrix3f table_from_pixel() const;
    /// The largest column and row, those of the rim; the least is 0.
    [[nodiscard]] int last_column() const { return columns_ - 1; }
    [[nodiscard]] int last_row() const { return rows_ - 1; }
    [[nodiscard]] std::uint8_t at(int column, int row) const {
        return cells_[static_cast<std::size_t>(row * columns_ + column)];
    }

  private:
    float cells_per_px_ = 1.0F;
    int columns_ = 0;  // with the rim
    int rows_ = 0;
    std::vector<std::uint8_t> cells_;
};

}  // namespace stereo
