#pragma once

#include <drr/core/image.hpp>
#include <stereo/detect/bead_detector.hpp>
#include <stereo/detect/hole_detector.hpp>
#include <stereo/grid/grid_index.hpp>

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace stereo {

struct GridDetectorOptions {
    /// What a point is: a dark ball on a plate, or the bright hole of a perforated sheet.
    std::variant<BeadDetectorOptions, HoleDetectorOptions> points;
    /// How the points form a grid; its middle is that of the image.
    GridIndexOptions index;

    /// Throws drr::Error(usage).
    void validate() const;
};

/// A point of the grid.
struct GridPoint {
    Eigen::Vector2i site = Eigen::Vector2i::Zero();  ///< index; grid_position() has its place
    BeadDetection bead;                              ///< where it is seen, covariance, flags
};

/// A grid in one image.
struct GridDetection {
    bool ok = false;
    GridKind kind = GridKind::hexagonal;
    int width_px = 0;
    int height_px = 0;
    std::vector<GridPoint> points;      ///< by second, then first index
    std::vector<BeadDetection> strays;  ///< detections that are not points of the grid
    int empty_sites = 0;                ///< beside points of the grid, without one
    Eigen::Matrix2d axes_px = Eigen::Matrix2d::Zero();  ///< as GridIndexResult has them
    Eigen::Vector2d origin_px = Eigen::Vector2d::Zero();
    double noise_px = 0.0;
    std::string summary;  ///< one line
};

/// Finds the points of an undistortion grid (detect_beads or detect_holes) and which is which
/// (index_grid). Points keep the flags of their detection; those cut by the field's border are
/// refused by their shape, or left out because they are not where their site is. Throws
/// drr::Error(usage).
[[nodiscard]] GridDetection detect_grid(const drr::Image<float>& image,
                                        const GridDetectorOptions& options);

/// Writes `grid,i,j,x_px,y_px,sd_x_px,sd_y_px,radius_px,contrast,flags`, one line a point: the kind
/// of grid, the indices, and what a detections file has (atomically). Throws drr::Error(io).
void write_grid(const std::filesystem::path& path, const GridDetection& grid);

}  // namespace stereo
