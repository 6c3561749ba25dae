#pragma once

#include <drr/core/error.hpp>
#include <drr/volume/ct_volume.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <optional>
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

/// A place in a stack where slices seem to be missing.
struct SliceGap {
    std::size_t after = 0;  ///< the gap lies between slices `after` and `after + 1` of the stack
    double from_mm = 0.0;   ///< their heights
    double to_mm = 0.0;
    int missing = 0;  ///< how many slices a regular stack would have in between
};

/// How the slices of a series lie. Heights are along the normal i x j, from the world's origin; for
/// axial slices of the usual orientation that is z.
struct StackGeometry {
    Eigen::Matrix3d direction = Eigen::Matrix3d::Identity();  ///< columns: i, j, normal
    std::vector<std::size_t> order;  ///< order[s]: which input slice lies s-th
    Eigen::Vector3d first_in_world_mm = Eigen::Vector3d::Zero();  ///< position of slice order[0]
    std::vector<double> heights_mm;                               ///< growing
    std::vector<Eigen::Vector2d> shifts_mm;  ///< along i and j against the first slice
    /// In-plane shift (along i and j) per length along the normal: the tangent of the gantry's
    /// tilt. Zero for a stack along its normal.
    Eigen::Vector2d shear = Eigen::Vector2d::Zero();
    double median_step_mm = 0.0;  ///< between neighbours; 0 for a single slice
    double least_step_mm = 0.0;
    double largest_step_mm = 0.0;
    bool even = true;            ///< no slice is off its place in an even stack but for rounding
    std::vector<SliceGap> gaps;  ///< steps of more than 1.5 medians that stand alone
};

/// Orders slices by their positions (centre of each first pixel, world mm) along the normal and
/// measures their steps. Three or more equal steps in a row are a stretch of coarser spacing, not
/// gaps. Throws Error(invalid_file) when axes are not unit vectors at right angles, sizes or
/// spacings not positive, or a position is not finite.
[[nodiscard]] StackGeometry measure_stack(const SliceGrid& grid,
                                          const std::vector<Eigen::Vector3d>& positions_mm);

struct StackOptions {
    double thickness_mm = 0.0;  ///< the spacing for a single slice
    bool fill_missing = false;  ///< interpolate missing slices between their neighbours
    std::size_t max_voxels = std::size_t{1} << 30;
};

/// Why a stack cannot become a volume: two slices in one place (invalid_file), a single slice
/// without a thickness (invalid_file), slices that are missing and not to be filled (unsupported).
[[nodiscard]] std::optional<Error> stack_obstacle(const StackGeometry& geometry,
                                                  const StackOptions& options);

/// Slices on their way into a rectangular volume.
struct SliceStack {
    StackGeometry geometry;
    CtVolume volume;  ///< complete when all slices are placed
    /// Where slice s starts in the volume's planes, pixels along i and j; zero without shear.
    std::vector<Eigen::Vector2d> shift_px;
    /// Where each plane of the volume lies in the stack: 2.25 is a quarter of the way from slice 2
    /// to slice 3. Whole numbers 0, 1, 2 ... for an even stack.
    std::vector<double> slice_of_plane;
    /// The volume's planes are not the slices: spacing was uneven or slices were missing.
    bool resampled = false;
};

/// Plans the volume. Where slices shift sideways along the stack (gantry tilt) its planes are wide
/// enough to hold all of them at their true places. Even stacks keep their slices. Others are
/// resampled along the normal, linearly between neighbouring slices, at about the smallest step
/// (such that the first and the last slice are planes), so that every slice counts. Throws
/// stack_obstacle(), and Error(unsupported) for more than max_voxels.
[[nodiscard]] SliceStack plan_stack(const SliceGrid& grid, StackGeometry geometry,
                                    const StackOptions& options);

/// Puts the `columns x rows` HU values of slice s of the stack into the volume, shifted by linear
/// interpolation in its plane where the stack is sheared; beyond its edges is air (-1000 HU).
/// Slices must be placed in their order, all of them.
void place_slice(SliceStack& stack, std::size_t s, const SliceGrid& grid,
                 const std::vector<float>& hu);

}  // namespace drr
