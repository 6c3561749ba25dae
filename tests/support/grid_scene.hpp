#pragma once

#include <drr/core/image.hpp>
#include <drr/geometry/intensifier_distortion.hpp>
#include <drr/phantom/solid.hpp>

#include <Eigen/Core>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace test {

/// A grid in front of an image intensifier: parallel to the input screen, so that an undistorted
/// image shows it to scale.
struct GridScene {
    std::vector<drr::SolidPart> solids;      ///< in the grid's frame
    std::vector<Eigen::Vector3d> points_mm;  ///< beads or middles of holes
    double turn_rad = 0.0;                   ///< of the grid in its plane
    Eigen::Vector2d shift_mm = {0.0, 0.0};   ///< ... and its place
    drr::IntensifierDistortion distortion;   ///< none unless set
    double photons_per_pixel = 5000.0;
    double blur_px = 0.6;
    double field_radius_px = 500.0;  ///< nothing beyond
    std::uint64_t seed = 1;
};

inline constexpr int grid_image_px = 1024;

struct GridImage {
    drr::Image<float> pixels;
    std::vector<Eigen::Vector2d> undistorted_px;  ///< where a pinhole sees the points
    std::vector<Eigen::Vector2d> distorted_px;    ///< where the intensifier shows their centres
};

/// phantoms/undistortion_grid.yaml: 613 balls.
[[nodiscard]] GridScene bead_grid();

/// Half a millimetre of steel with holes of 6 mm, 12 mm apart, hexagonal or square, about as many
/// as fit into the field.
[[nodiscard]] GridScene perforated_sheet(bool hexagonal);

/// The radiograph at 60 keV.
[[nodiscard]] GridImage render(const GridScene& scene);

}  // namespace test
