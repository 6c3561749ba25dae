#pragma once

#include <drr/volume/ct_volume.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <vector>

namespace drr {

/// What the slices of one CT series have in common.
struct SliceGrid {
    int columns = 0;
    int rows = 0;
    Eigen::Vector2d spacing_mm = Eigen::Vector2d::Ones();  ///< along a row (i), along a column (j)
    Eigen::Vector3d i_axis = Eigen::Vector3d::UnitX();     ///< of growing column index, world
    Eigen::Vector3d j_axis = Eigen::Vector3d::UnitY();     ///< of growing row index, world
};

/// How slices become a rectangular volume.
struct SliceStack {
    CtVolume volume;                 ///< the grid; all air (-1000 HU) until slices are placed
    std::vector<std::size_t> order;  ///< order[k] is the input slice that lies at index k
    /// Where slice k starts in the volume's plane k, pixels along i and j. All zero for a stack
    /// along its normal.
    std::vector<Eigen::Vector2d> shift_px;
    /// In-plane shift (along i and j) per length along the normal: the tangent of the gantry's
    /// tilt. Zero for a stack along its normal.
    Eigen::Vector2d shear = Eigen::Vector2d::Zero();
};

/// Plans a volume from the positions of slices (centre of each first pixel, world mm, in any
/// order). Slices are stacked along the normal i x j. Where they shift sideways along the stack
/// (gantry tilt) the volume's planes are made wide enough to hold all of them at their true places;
/// `thickness_mm` is the spacing for a single slice. At most `max_voxels` are allocated. Throws
/// Error(invalid_file) when axes are not unit vectors at right angles or two slices have the same
/// position, Error(unsupported) when slices are unevenly spaced (one is missing) or the volume is
/// too large.
[[nodiscard]] SliceStack plan_stack(const SliceGrid& grid,
                                    const std::vector<Eigen::Vector3d>& positions_mm,
                                    double thickness_mm, std::size_t max_voxels);

/// Writes the `columns x rows` HU values of the slice that belongs at index k into the volume,
/// shifted by linear interpolation in its plane where the stack is sheared.
void place_slice(SliceStack& stack, int k, const SliceGrid& grid, const std::vector<float>& hu);

}  // namespace drr
