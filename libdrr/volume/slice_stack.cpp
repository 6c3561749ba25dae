#include <drr/core/error.hpp>
#include <drr/volume/slice_stack.hpp>

#include <Eigen/Geometry>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace drr {
namespace {

constexpr float air_hu = -1000.0F;

// Direction cosines are written with at least four digits.
constexpr double axis_tolerance = 1e-3;

// Positions are often rounded to 0.1 mm; a missing slice shows as a step of 100 %.
constexpr double uneven_fraction = 0.05;
constexpr double uneven_mm = 0.11;

// A stack whose slices shift by less than this in all is along its normal: interpolating would blur
// for nothing.
constexpr double negligible_shift_px = 0.1;

double uniform_step_mm(const std::vector<double>& heights_mm) {
    std::vector<double> steps;
    for (std::size_t k = 1; k < heights_mm.size(); ++k)
        steps.push_back(heights_mm[k] - heights_mm[k - 1]);
    std::vector<double> sorted = steps;
    std::nth_element(sorted.begin(), sorted.begin() + sorted.size() / 2, sorted.end());
    const double median = sorted[sorted.size() / 2];
    for (std::size_t k = 0; k < steps.size(); ++k) {
        // Far below any slice spacing, above the rounding of positions as text.
        constexpr double same_position_mm = 1e-3;
        if (steps[k] < same_position_mm)
            throw Error(ErrorCode::invalid_file,
                        fmt::format("two slices lie at the same position ({:.3f} mm along the "
                                    "normal): expected one slice a position, so several phases or "
                                    "acquisitions must be separated first",
                                    heights_mm[k]));
        if (std::abs(steps[k] - median) > std::max(uneven_mm, uneven_fraction * median))
            throw Error(ErrorCode::unsupported,
                        fmt::format("the slices are not evenly spaced: {:.3f} mm between slices {} "
                                    "and {} where the median is {:.3f} mm; is a slice missing?",
                                    steps[k], k, k + 1, median));
    }
    return (heights_mm.back() - heights_mm.front()) / static_cast<double>(steps.size());
}

}  // namespace

SliceStack plan_stack(const SliceGrid& grid, const std::vector<Eigen::Vector3d>& positions_mm,
                      double thickness_mm, std::size_t max_voxels) {
    require(!positions_mm.empty(), "a stack needs at least one slice");
    if (grid.columns < 1 || grid.rows < 1 || !grid.spacing_mm.allFinite() ||
        grid.spacing_mm.minCoeff() <= 0.0)
        throw Error(ErrorCode::invalid_file, "a slice's size and pixel spacing must be positive");
    if (!(std::abs(grid.i_axis.norm() - 1.0) < axis_tolerance &&
          std::abs(grid.j_axis.norm() - 1.0) < axis_tolerance &&
          std::abs(grid.i_axis.dot(grid.j_axis)) < axis_tolerance))
        throw Error(ErrorCode::invalid_file,
                    "the image orientation must be two unit vectors at right angles");

    Eigen::Matrix3d direction;
    direction.col(0) = grid.i_axis.normalized();
    direction.col(2) = direction.col(0).cross(grid.j_axis).normalized();
    direction.col(1) = direction.col(2).cross(direction.col(0));

    SliceStack stack;
    const std::size_t count = positions_mm.size();
    stack.order.resize(count);
    std::iota(stack.order.begin(), stack.order.end(), std::size_t{0});
    const auto height = [&](std::size_t slice) {
        return direction.col(2).dot(positions_mm[slice] - positions_mm[0]);
    };
    for (const auto& position : positions_mm)
        if (!position.allFinite())
            throw Error(ErrorCode::invalid_file, "a slice's position must be finite");
    std::stable_sort(stack.order.begin(), stack.order.end(),
                     [&](std::size_t a, std::size_t b) { return height(a) < height(b); });
    const Eigen::Vector3d first = positions_mm[stack.order[0]];

    std::vector<double> heights_mm;
    std::vector<Eigen::Vector2d> shifts_mm;
    for (const std::size_t slice : stack.order) {
        const Eigen::Vector3d local = direction.transpose() * (positions_mm[slice] - first);
        heights_mm.push_back(local.z());
        shifts_mm.push_back(local.head<2>());
    }
    const double step_mm = count > 1 ? uniform_step_mm(heights_mm) : thickness_mm;
    if (!(std::isfinite(step_mm) && step_mm > 0.0))
        throw Error(ErrorCode::invalid_file, "a single slice needs a positive slice thickness");

    stack.shift_px.assign(count, Eigen::Vector2d::Zero());
    Eigen::Vector2d low = Eigen::Vector2d::Zero();
    Eigen::Vector2d high = Eigen::Vector2d::Zero();
    for (const auto& shift : shifts_mm) {
        low = low.cwiseMin(shift.cwiseQuotient(grid.spacing_mm));
        high = high.cwiseMax(shift.cwiseQuotient(grid.spacing_mm));
    }
    if ((high - low).maxCoeff() > negligible_shift_px) {
        for (std::size_t k = 0; k < count; ++k)
            stack.shift_px[k] = shifts_mm[k].cwiseQuotient(grid.spacing_mm) - low;
        stack.shear = shifts_mm.back() / heights_mm.back();
    } else {
        low.setZero();
        high.setZero();
    }
    const Eigen::Vector2d wide =
        Eigen::Vector2d(grid.columns, grid.rows) +
        Eigen::Vector2d(std::ceil(high.x() - low.x()), std::ceil(high.y() - low.y()));
    if (!(wide.x() * wide.y() * static_cast<double>(count) <= static_cast<double>(max_voxels)))
        throw Error(ErrorCode::unsupported,
                    fmt::format("the volume would have {:.0f} x {:.0f} x {} voxels; the limit is "
                                "{} voxels",
                                wide.x(), wide.y(), count, max_voxels));

    CtVolume& volume = stack.volume;
    volume.sizes = {static_cast<int>(wide.x()), static_cast<int>(wide.y()),
                    static_cast<int>(count)};
    volume.spacing_mm << grid.spacing_mm, step_mm;
    volume.direction = direction;
    volume.origin_mm = first + direction.leftCols<2>() * low.cwiseProduct(grid.spacing_mm);
    volume.hu.assign(volume.voxel_count(), air_hu);
    return stack;
}

void place_slice(SliceStack& stack, int k, const SliceGrid& grid, const std::vector<float>& hu) {
    const auto columns = static_cast<std::size_t>(grid.columns);
    require(hu.size() == columns * static_cast<std::size_t>(grid.rows),
            "a slice's values must fill its grid");
    const Eigen::Vector2d shift = stack.shift_px[static_cast<std::size_t>(k)];
    const int whole_i = static_cast<int>(std::floor(shift.x()));
    const int whole_j = static_cast<int>(std::floor(shift.y()));
    const auto part_i = static_cast<float>(shift.x() - whole_i);
    const auto part_j = static_cast<float>(shift.y() - whole_j);
    const auto value = [&](int i, int j) {
        if (i < 0 || j < 0 || i >= grid.columns || j >= grid.rows) return air_hu;
        return hu[static_cast<std::size_t>(j) * columns + static_cast<std::size_t>(i)];
    };
    // Volume pixel (whole + i) lies at slice pixel i - part.
    for (int j = 0; j <= grid.rows && whole_j + j < stack.volume.sizes[1]; ++j)
        for (int i = 0; i <= grid.columns && whole_i + i < stack.volume.sizes[0]; ++i)
            stack.volume.at(whole_i + i, whole_j + j, k) =
                (1.0F - part_j) * ((1.0F - part_i) * value(i, j) + part_i * value(i - 1, j)) +
                part_j * ((1.0F - part_i) * value(i, j - 1) + part_i * value(i - 1, j - 1));
}

}  // namespace drr
