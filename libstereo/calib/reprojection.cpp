#include "marker_rows.hpp"

#include <drr/core/product_sums.hpp>

namespace stereo {
namespace {

using ViewNormal = Eigen::Matrix<double, view_columns, view_columns>;
using PoseColumns = ImageProjection::PoseColumns;

}  // namespace

void add_image(const Observations& observations, const ImageObservations& image,
               const BundleState& state, const BundleLayout& layout,
               const CalibrationOptions& options, MarkerRows& rows, NormalEquations& equations) {
    const ImageProjection projection(image, state);
    const PoseColumns& pose_from_view = projection.by_pose();
    const auto& columns = layout.of_view[static_cast<std::size_t>(image.view)];
    const int slot = layout.of_pose[static_cast<std::size_t>(image.pose)];

    if (!fill_rows(observations, image, state, projection, options, rows)) {
        equations.valid = false;
        return;
    }
    equations.cost += rows.loss;
    // Sums over markers are over the view's columns and the residuals alone.
    Eigen::Matrix<double, view_columns + 1, view_columns + 1, Eigen::RowMajor> sums;
    drr::product_sums({rows.values.data(), static_cast<std::size_t>(rows.values.rows()),
                       static_cast<std::size_t>(rows.values.rows()), view_columns + 1},
                      sums.data());
    const ViewNormal normal =
        sums.topLeftCorner<view_columns, view_columns>().selfadjointView<Eigen::Lower>();
    const Eigen::Matrix<double, view_columns, 1> gradient =
        sums.row(view_columns).head<view_columns>();

    const bool shape = layout.scale >= 0 || layout.refines_markers;  // a wand frees the scale
    const auto scatter = [&](int row, const Eigen::Matrix<double, 1, view_columns>& values) {
        for (int j = 0; j < view_columns; ++j) {
            const int column = columns[static_cast<std::size_t>(j)];
            if (column < 0) continue;
            equations.common(row, column) += values[j];
            equations.common(column, row) += values[j];
        }
        if (slot >= 0)
            equations.coupling[static_cast<std::size_t>(slot)].row(row) +=
                values.lazyProduct(pose_from_view);
    };

    for (std::size_t n = 0; shape && n < image.items.size(); ++n) {
        const Observation& item = observations.items[image.items[n]];
        const Eigen::Vector3d in_phantom = state.marker_mm(observations, item.marker);
        const Eigen::Matrix<double, 2, view_columns> d = rows.by_view(n);
        const Eigen::Vector2d residual = rows.residual(n);
        const int marker = layout.of_marker[static_cast<std::size_t>(item.marker)];
        const int scale = state.is_of_wand(item.marker) ? layout.wand_scale : layout.scale;
        const double body_scale = state.scale_of(item.marker);
        const Eigen::Matrix<double, 2, 3> d_body = d.rightCols<3>() * projection.turn();
        const Eigen::Matrix<double, 2, 3> d_marker = body_scale * d_body;
        const Eigen::Vector2d d_scale = d_body * in_phantom / body_scale;
        if (scale >= 0) {
            scatter(scale, d_scale.transpose() * d);
            equations.common(scale, scale) += d_scale.squaredNorm();
            equations.common_gradient[scale] += d_scale.dot(residual);
        }
        if (marker < 0) continue;
        const Eigen::Matrix<double, 3, view_columns> with_image = d_marker.transpose() * d;
        for (int row = 0; row < 3; ++row)
            scatter(marker + row, with_image.row(row));
        equations.common.block<3, 3>(marker, marker) += d_marker.transpose() * d_marker;
        equations.common_gradient.segment<3>(marker) += d_marker.transpose() * residual;
        if (scale < 0) continue;
        const Eigen::Vector3d with_scale = d_marker.transpose() * d_scale;
        equations.common.block<3, 1>(marker, scale) += with_scale;
        equations.common.block<1, 3>(scale, marker) += with_scale.transpose();
    }

    const PoseColumns coupling = normal.lazyProduct(pose_from_view);
    for (int a = 0; a < view_columns; ++a) {
        const int row = columns[static_cast<std::size_t>(a)];
        if (row < 0) continue;
        equations.common_gradient[row] += gradient[a];
        for (int b = 0; b < view_columns; ++b) {
            const int column = columns[static_cast<std::size_t>(b)];
            if (column >= 0) equations.common(row, column) += normal(a, b);
        }
        if (slot >= 0)
            equations.coupling[static_cast<std::size_t>(slot)].row(row) += coupling.row(a);
    }
    if (slot < 0) return;
    equations.pose[static_cast<std::size_t>(slot)] +=
        pose_from_view.transpose().lazyProduct(coupling);
    equations.pose_gradient[static_cast<std::size_t>(slot)] +=
        pose_from_view.transpose() * gradient;
}

}  // namespace stereo
