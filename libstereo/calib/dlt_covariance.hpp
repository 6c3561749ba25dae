#pragma once

#include "bundle_state.hpp"

#include <optional>
#include <span>

namespace stereo {

using ViewCovariance = Eigen::Matrix<double, view_columns, view_columns>;

/// Covariance of the view that a DLT finds, of (f, aspect, cx, cy, turn, shift) as view_step() has
/// them, first order: derivatives of the whole estimate by each pixel, by central differences. None
/// where a moved pixel leaves no view. `sd_px`: of one coordinate, one each.
[[nodiscard]] std::optional<ViewCovariance> dlt_covariance(
    std::span<const Eigen::Vector3d> points_mm, std::span<const Eigen::Vector2d> pixels,
    std::span<const double> sd_px, const drr::CalibratedView& found);

/// The parameters of a view in that order.
[[nodiscard]] std::vector<Parameter> view_parameters(int view);

}  // namespace stereo
