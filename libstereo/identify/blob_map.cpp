#include "blob_map.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace stereo {
namespace {

constexpr int cell_px = 32;  // of the order of the distances asked for

}  // namespace

BlobMap::BlobMap(const ViewBlobs& blobs, int width_px, int height_px)
    : centers_(blobs.centers_px),
      radii_(blobs.radii_px),
      width_px_(width_px),
      height_px_(height_px),
      columns_(width_px / cell_px + 1),
      rows_(height_px / cell_px + 1),
      by_cell_(centers_.size()),
      first_of_cell_(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_) + 1) {
    const auto cell_of = [&](const Eigen::Vector2d& center) {
        return static_cast<std::size_t>(row(center.y()) * columns_ + column(center.x()));
    };
    for (const Eigen::Vector2d& center : centers_)
        ++first_of_cell_[cell_of(center) + 1];
    std::partial_sum(first_of_cell_.begin(), first_of_cell_.end(), first_of_cell_.begin());
    std::vector<std::size_t> next = first_of_cell_;
    for (std::size_t i = 0; i < centers_.size(); ++i)
        by_cell_[next[cell_of(centers_[i])]++] = static_cast<int>(i);
}

int BlobMap::column(double u) const {
    return static_cast<int>(std::clamp(u / cell_px, 0.0, columns_ - 1.0));
}

int BlobMap::row(double v) const {
    return static_cast<int>(std::clamp(v / cell_px, 0.0, rows_ - 1.0));
}

int BlobMap::nearest(const Eigen::Vector2d& pixel, double within_px) const {
    int best = -1;
    double best_distance2 = within_px * within_px;
    for_each_within(pixel, within_px, [&](int blob, double distance2) {
        if (distance2 > best_distance2) return;
        best_distance2 = distance2;
        best = blob;
    });
    return best;
}

BlobCover::BlobCover(const BlobMap& map, double radius_px, int width_px, int height_px) {
    // Three cells to the radius: the edge of a disc is then off by a sixth of it.
    const double cell = std::max(1.0, radius_px / 3.0);
    cells_per_px_ = static_cast<float>(1.0 / cell);
    columns_ = static_cast<int>(std::ceil(width_px / cell)) + 2;
    rows_ = static_cast<int>(std::ceil(height_px / cell)) + 2;
    cells_.assign(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_), outside);
    const auto cell_at = [&](int column, int row) -> std::uint8_t& {
        return cells_[static_cast<std::size_t>(row * columns_ + column)];
    };
    for (int row = 1; row < last_row(); ++row)
        for (int column = 1; column < last_column(); ++column)
            cell_at(column, row) = 0;
    const Eigen::Matrix3f to_table = table_from_pixel();
    for (const auto& blob : map.centers_px()) {
        const Eigen::Array2d middle =
            (to_table * blob.homogeneous().cast<float>()).head<2>().cast<double>();
        const Eigen::Array2d low = middle - radius_px / cell;
        const Eigen::Array2d high = middle + radius_px / cell;
        for (int row = std::max(1, static_cast<int>(low.y()));
             row <= std::min(last_row() - 1, static_cast<int>(high.y())); ++row)
            for (int column = std::max(1, static_cast<int>(low.x()));
                 column <= std::min(last_column() - 1, static_cast<int>(high.x())); ++column)
                if ((Eigen::Array2d(column + 0.5, row + 0.5) - middle).matrix().norm() * cell <=
                    radius_px)
                    cell_at(column, row) = near_blob;
    }
}

Eigen::Matrix3f BlobCover::table_from_pixel() const {
    // The image begins half a pixel before the first pixel's centre; the rim is one cell wide.
    Eigen::Matrix3f matrix = Eigen::Matrix3f::Identity();
    matrix(0, 0) = matrix(1, 1) = cells_per_px_;
    matrix(0, 2) = matrix(1, 2) = 0.5F * cells_per_px_ + 1.0F;
    return matrix;
}

}  // namespace stereo
