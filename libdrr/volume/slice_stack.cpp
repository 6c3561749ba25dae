#include "limits.hpp"

#include <drr/volume/slice_stack.hpp>

#include <Eigen/Geometry>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

namespace drr {
namespace {

constexpr float air_hu = -1000.0F;

// Positions are often rounded to 0.1 mm, which is much for slices nearer than that to each other.
double tolerance_mm(double step_mm) {
    constexpr double rounding_mm = 0.11;
    return std::max(0.05 * step_mm, std::min(rounding_mm, 0.25 * step_mm));
}

// A stack whose slices shift by less than this in all is along its normal: interpolating would blur
// for nothing.
constexpr double negligible_shift_px = 0.1;

// Far below any slice spacing, above the rounding of positions as text.
constexpr double same_position_mm = 1e-3;

// In this form equal values stay what they are, so that air stays vacuum.
float mix(float a, float b, float part) {
    return a + part * (b - a);
}

bool equal_steps(double a_mm, double b_mm) {
    return std::abs(a_mm - b_mm) <= tolerance_mm(std::min(a_mm, b_mm));
}

/// How many steps around `n` equal it without a break.
std::size_t run_length(const std::vector<double>& steps_mm, std::size_t n) {
    std::size_t first = n;
    std::size_t last = n;
    while (first > 0 && equal_steps(steps_mm[first - 1], steps_mm[n]))
        --first;
    while (last + 1 < steps_mm.size() && equal_steps(steps_mm[last + 1], steps_mm[n]))
        ++last;
    return last - first + 1;
}

void measure_steps(StackGeometry& stack) {
    const std::vector<double>& heights = stack.heights_mm;
    std::vector<double> steps;
    for (std::size_t s = 1; s < heights.size(); ++s)
        steps.push_back(heights[s] - heights[s - 1]);
    if (steps.empty()) return;
    std::vector<double> sorted = steps;
    std::sort(sorted.begin(), sorted.end());
    stack.median_step_mm = sorted[sorted.size() / 2];
    stack.least_step_mm = sorted.front();
    stack.largest_step_mm = sorted.back();
    const double mean_mm = (heights.back() - heights.front()) / static_cast<double>(steps.size());
    for (std::size_t s = 0; s < heights.size(); ++s)
        if (std::abs(heights[s] - heights.front() - static_cast<double>(s) * mean_mm) >
            tolerance_mm(mean_mm))
            stack.even = false;
    if (stack.even || stack.median_step_mm < same_position_mm) return;
    // A step nearer to two regular ones than to one; a protocol that changes its spacing does so
    // for more than a few slices.
    constexpr double gap_fraction = 1.5;
    constexpr std::size_t stretch = 3;
    for (std::size_t n = 0; n < steps.size(); ++n)
        if (steps[n] > gap_fraction * stack.median_step_mm && run_length(steps, n) < stretch)
            stack.gaps.push_back(
                {n, heights[n], heights[n + 1],
                 std::max(1, static_cast<int>(std::lround(steps[n] / stack.median_step_mm)) - 1)});
}

std::string describe(const StackGeometry& stack) {
    constexpr std::size_t most_named = 6;  // a message, not a catalogue
    int missing = 0;
    std::string places;
    for (std::size_t n = 0; n < stack.gaps.size(); ++n) {
        const SliceGap& gap = stack.gaps[n];
        missing += gap.missing;
        if (n < most_named)
            places += fmt::format("{}{} between {:.2f} and {:.2f} mm", n ? ", " : "", gap.missing,
                                  gap.from_mm, gap.to_mm);
    }
    const Eigen::Vector3d normal = stack.direction.col(2);
    return fmt::format(
        "{} slice{} missing where the spacing is {:.3f} mm: {}{} along the normal ({:.3g}, {:.3g}, "
        "{:.3g})",
        missing, missing == 1 ? " is" : "s are", stack.median_step_mm, places,
        stack.gaps.size() > most_named ? ", ..." : "", normal.x(), normal.y(), normal.z());
}

/// The places of evenly spaced planes between uneven slices, and their spacing.
double resample(const StackGeometry& stack, std::vector<double>& slice_of_plane,
                double most_planes) {
    const std::vector<double>& heights = stack.heights_mm;
    // The mean over all smallest steps, since each is rounded.
    double sum_mm = 0.0;
    int count = 0;
    for (std::size_t s = 1; s < heights.size(); ++s)
        if (const double step = heights[s] - heights[s - 1];
            equal_steps(step, stack.least_step_mm)) {
            sum_mm += step;
            ++count;
        }
    const double extent_mm = heights.back() - heights.front();
    const double intervals = std::max(1.0, std::round(extent_mm * count / sum_mm));
    if (intervals + 1.0 > most_planes)
        throw Error(ErrorCode::unsupported,
                    fmt::format("resampled at the smallest step of {:.3f} mm the volume would have "
                                "{:.0f} planes; the limit of voxels allows {:.0f}",
                                stack.least_step_mm, intervals + 1.0, most_planes));
    const double spacing_mm = extent_mm / intervals;
    slice_of_plane.clear();
    std::size_t below = 0;
    for (int k = 0; k <= static_cast<int>(intervals); ++k) {
        const double height = std::min(heights.front() + k * spacing_mm, heights.back());
        while (below + 2 < heights.size() && heights[below + 1] <= height)
            ++below;
        const double step = heights[below + 1] - heights[below];
        double part = std::clamp((height - heights[below]) / step, 0.0, 1.0);
        // The slice itself where it lies there but for the rounding of this arithmetic.
        constexpr double rounding = 1e-9;
        if (part < rounding || part > 1.0 - rounding) part = std::round(part);
        slice_of_plane.push_back(static_cast<double>(below) + part);
    }
    return spacing_mm;
}

}  // namespace

StackGeometry measure_stack(const SliceGrid& grid,
                            const std::vector<Eigen::Vector3d>& positions_mm) {
    require(!positions_mm.empty(), "a stack needs at least one slice");
    if (grid.columns < 1 || grid.rows < 1 || !grid.spacing_mm.allFinite() ||
        grid.spacing_mm.minCoeff() <= 0.0)
        throw Error(ErrorCode::invalid_file, "a slice's size and pixel spacing must be positive");
    if (!(std::abs(grid.i_axis.norm() - 1.0) < axis_tolerance &&
          std::abs(grid.j_axis.norm() - 1.0) < axis_tolerance &&
          std::abs(grid.i_axis.dot(grid.j_axis)) < axis_tolerance))
        throw Error(ErrorCode::invalid_file,
                    "the image orientation must be two unit vectors at right angles");
    for (const auto& position : positions_mm)
        if (!position.allFinite())
            throw Error(ErrorCode::invalid_file, "a slice's position must be finite");

    StackGeometry stack;
    stack.direction.col(0) = grid.i_axis.normalized();
    stack.direction.col(2) = stack.direction.col(0).cross(grid.j_axis).normalized();
    stack.direction.col(1) = stack.direction.col(2).cross(stack.direction.col(0));

    stack.order.resize(positions_mm.size());
    std::iota(stack.order.begin(), stack.order.end(), std::size_t{0});
    const auto height = [&](std::size_t slice) {
        return stack.direction.col(2).dot(positions_mm[slice]);
    };
    std::stable_sort(stack.order.begin(), stack.order.end(),
                     [&](std::size_t a, std::size_t b) { return height(a) < height(b); });
    const Eigen::Vector3d first = positions_mm[stack.order[0]];
    stack.first_in_world_mm = first;
    Eigen::Vector2d low = Eigen::Vector2d::Zero();
    Eigen::Vector2d high = Eigen::Vector2d::Zero();
    for (const std::size_t slice : stack.order) {
        stack.heights_mm.push_back(height(slice));
        stack.shifts_mm.emplace_back(
            (stack.direction.transpose() * (positions_mm[slice] - first)).head<2>());
        low = low.cwiseMin(stack.shifts_mm.back());
        high = high.cwiseMax(stack.shifts_mm.back());
    }
    if ((high - low).cwiseQuotient(grid.spacing_mm).maxCoeff() > negligible_shift_px) {
        const double extent_mm = stack.heights_mm.back() - stack.heights_mm.front();
        if (extent_mm > same_position_mm) stack.shear = stack.shifts_mm.back() / extent_mm;
    } else {
        std::fill(stack.shifts_mm.begin(), stack.shifts_mm.end(), Eigen::Vector2d::Zero());
    }
    measure_steps(stack);
    return stack;
}

std::optional<Error> stack_obstacle(const StackGeometry& stack, const StackOptions& options) {
    const std::vector<double>& heights = stack.heights_mm;
    for (std::size_t s = 1; s < heights.size(); ++s)
        if (heights[s] - heights[s - 1] < same_position_mm)
            return Error(ErrorCode::invalid_file,
                         fmt::format("two slices lie at the same position ({:.3f} mm along the "
                                     "normal): expected one slice a position, so several phases "
                                     "or acquisitions must be separated first",
                                     heights[s]));
    if (heights.size() == 1 && !(std::isfinite(options.thickness_mm) && options.thickness_mm > 0.0))
        return Error(ErrorCode::invalid_file, "a single slice needs a positive slice thickness");
    if (!stack.gaps.empty() && !options.fill_missing)
        return Error(ErrorCode::unsupported, describe(stack) + " (fill_missing interpolates them)");
    return std::nullopt;
}

SliceStack plan_stack(const SliceGrid& grid, StackGeometry geometry, const StackOptions& options) {
    if (const auto obstacle = stack_obstacle(geometry, options)) throw Error(*obstacle);
    SliceStack stack;
    const std::size_t count = geometry.heights_mm.size();
    Eigen::Vector2d low = Eigen::Vector2d::Zero();
    Eigen::Vector2d high = Eigen::Vector2d::Zero();
    for (const auto& shift : geometry.shifts_mm) {
        low = low.cwiseMin(shift.cwiseQuotient(grid.spacing_mm));
        high = high.cwiseMax(shift.cwiseQuotient(grid.spacing_mm));
    }
    for (const auto& shift : geometry.shifts_mm)
        stack.shift_px.emplace_back(shift.cwiseQuotient(grid.spacing_mm) - low);
    const Eigen::Vector2d wide =
        Eigen::Vector2d(grid.columns, grid.rows) +
        Eigen::Vector2d(std::ceil(high.x() - low.x()), std::ceil(high.y() - low.y()));
    const double most_planes = std::floor(static_cast<double>(options.max_voxels) / wide.prod());
    if (!(static_cast<double>(count) <= most_planes))
        throw Error(ErrorCode::unsupported,
                    fmt::format("the volume would have {:.0f} x {:.0f} x {} voxels; the limit is "
                                "{} voxels",
                                wide.x(), wide.y(), count, options.max_voxels));

    double spacing_mm = options.thickness_mm;
    stack.resampled = !geometry.even;
    if (stack.resampled) {
        spacing_mm = resample(geometry, stack.slice_of_plane, most_planes);
    } else {
        stack.slice_of_plane.resize(count);
        std::iota(stack.slice_of_plane.begin(), stack.slice_of_plane.end(), 0.0);
        if (count > 1)
            spacing_mm = (geometry.heights_mm.back() - geometry.heights_mm.front()) /
                         static_cast<double>(count - 1);
    }

    CtVolume& volume = stack.volume;
    volume.sizes = {static_cast<int>(wide.x()), static_cast<int>(wide.y()),
                    static_cast<int>(stack.slice_of_plane.size())};
    volume.spacing_mm << grid.spacing_mm, spacing_mm;
    volume.direction = geometry.direction;
    volume.origin_mm = geometry.first_in_world_mm +
                       geometry.direction.leftCols<2>() * low.cwiseProduct(grid.spacing_mm);
    volume.hu.assign(volume.voxel_count(), air_hu);
    stack.geometry = std::move(geometry);
    return stack;
}

void place_slice(SliceStack& stack, std::size_t s, const SliceGrid& grid,
                 const std::vector<float>& hu) {
    const auto columns = static_cast<std::size_t>(grid.columns);
    require(hu.size() == columns * static_cast<std::size_t>(grid.rows),
            "a slice's values must fill its grid");
    const Eigen::Vector2d shift = stack.shift_px[s];
    const int whole_i = static_cast<int>(std::floor(shift.x()));
    const int whole_j = static_cast<int>(std::floor(shift.y()));
    const auto part_i = static_cast<float>(shift.x() - whole_i);
    const auto part_j = static_cast<float>(shift.y() - whole_j);
    const auto value = [&](int i, int j) {
        if (i < 0 || j < 0 || i >= grid.columns || j >= grid.rows) return air_hu;
        return hu[static_cast<std::size_t>(j) * columns + static_cast<std::size_t>(i)];
    };
    const int width = stack.volume.sizes[0];
    const int height = stack.volume.sizes[1];
    const std::size_t plane_size =
        static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    std::vector<float> plane(plane_size, air_hu);
    // Volume pixel (whole + i) lies at slice pixel i - part.
    for (int j = 0; j <= grid.rows && whole_j + j < height; ++j)
        for (int i = 0; i <= grid.columns && whole_i + i < width; ++i)
            plane[static_cast<std::size_t>(whole_j + j) * static_cast<std::size_t>(width) +
                  static_cast<std::size_t>(whole_i + i)] =
                mix(mix(value(i, j), value(i - 1, j), part_i),
                    mix(value(i, j - 1), value(i - 1, j - 1), part_i), part_j);

    for (std::size_t k = 0; k < stack.slice_of_plane.size(); ++k) {
        const double whole = std::floor(stack.slice_of_plane[k]);
        const auto part = static_cast<float>(stack.slice_of_plane[k] - whole);
        const auto below = static_cast<std::size_t>(whole);
        float* const out = stack.volume.hu.data() + k * plane_size;
        if (s == below) {
            std::copy(plane.begin(), plane.end(), out);
        } else if (s == below + 1 && part > 0.0F) {
            for (std::size_t n = 0; n < plane_size; ++n)
                out[n] = mix(out[n], plane[n], part);
        }
    }
}

}  // namespace drr
