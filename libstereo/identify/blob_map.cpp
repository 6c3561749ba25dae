#include "blob_map.hpp"

#include <algorithm>
#include <cmath>

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
      cells_(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_)) {
    for (std::size_t i = 0; i < centers_.size(); ++i)
        cells_[static_cast<std::size_t>(row(centers_[i].y()) * columns_ + column(centers_[i].x()))]
            .push_back(static_cast<int>(i));
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
    for (int r = row(pixel.y() - within_px); r <= row(pixel.y() + within_px); ++r)
        for (int c = column(pixel.x() - within_px); c <= column(pixel.x() + within_px); ++c)
            for (const int blob : cells_[static_cast<std::size_t>(r * columns_ + c)]) {
                const double distance2 =
                    (centers_[static_cast<std::size_t>(blob)] - pixel).squaredNorm();
                if (distance2 > best_distance2) continue;
                best_distance2 = distance2;
                best = blob;
            }
    return best;
}

BlobCover::BlobCover(const BlobMap& map, double radius_px, int width_px, int height_px) {
    // Three cells to the radius: the rim of a disc is then off by a sixth of it.
    const double cell = std::max(1.0, radius_px / 3.0);
    cells_per_px_ = static_cast<float>(1.0 / cell);
    columns_ = static_cast<int>(std::ceil(width_px / cell));
    const int rows = static_cast<int>(std::ceil(height_px / cell));
    width_ = static_cast<float>(columns_);
    height_ = static_cast<float>(rows);
    cells_.assign(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows), 0);
    for (const auto& blob : map.centers_px()) {
        const Eigen::Array2d low = (blob.array() - radius_px + 0.5) / cell;
        const Eigen::Array2d high = (blob.array() + radius_px + 0.5) / cell;
        for (int r = std::max(0, static_cast<int>(low.y()));
             r <= std::min(rows - 1, static_cast<int>(high.y())); ++r)
            for (int c = std::max(0, static_cast<int>(low.x()));
                 c <= std::min(columns_ - 1, static_cast<int>(high.x())); ++c) {
                const Eigen::Vector2d centre(cell * (c + 0.5) - 0.5, cell * (r + 0.5) - 0.5);
                if ((centre - blob).norm() <= radius_px)
                    cells_[static_cast<std::size_t>(r * columns_ + c)] = 1;
            }
    }
}

}  // namespace stereo
