#include "normal_equations.hpp"

#include <cmath>
#include <utility>

namespace stereo {
namespace {

// Rows side by side in memory, so that sums over markers run over whole registers.
using ViewDerivatives = Eigen::Matrix<double, 2, view_columns, Eigen::RowMajor>;
using ViewNormal = Eigen::Matrix<double, view_columns, view_columns>;
using PoseColumns = Eigen::Matrix<double, view_columns, 6>;

// rho and its derivative for s = (residual / sd)^2.
struct Robust {
    double rho = 0.0;
    double weight = 1.0;
};

Robust robust(double s, const CalibrationOptions& options) {
    const double c2 = options.loss_sigmas * options.loss_sigmas;
    switch (options.loss) {
        case Loss::squared:
            break;
        case Loss::huber:
            if (s > c2) return {2.0 * std::sqrt(c2 * s) - c2, std::sqrt(c2 / s)};
            break;
        case Loss::cauchy:
            return {c2 * std::log1p(s / c2), 1.0 / (1.0 + s / c2)};
    }
    return {s, 1.0};
}

// The lower half of normal += d^T weighted, in whole registers. Eigen packs a product of this size
// as if it were large, which takes ten times as long as the product.
template <int... columns>
void add_products(const ViewDerivatives& d, const ViewDerivatives& weighted, ViewNormal& normal,
                  std::integer_sequence<int, columns...>) {
    constexpr int lanes = 2;  // doubles in a register of any x86-64
    ((normal.template block<view_columns - columns / lanes * lanes, 1>(columns / lanes * lanes,
                                                                       columns) +=
      weighted(0, columns) *
          d.row(0).template tail<view_columns - columns / lanes * lanes>().transpose() +
      weighted(1, columns) *
          d.row(1).template tail<view_columns - columns / lanes * lanes>().transpose()),
     ...);
}

}  // namespace

void add_image(const Observations& observations, const ImageObservations& image,
               const BundleState& state, const BundleLayout& layout,
               const CalibrationOptions& options, NormalEquations& equations) {
    const auto v = static_cast<std::size_t>(image.view);
    const drr::Pinhole& k = state.views[v].pinhole;
    const double aspect = k.fy_px / k.fx_px;
    const Eigen::Matrix3d view_turn = state.views[v].view_from_world.matrix();
    const Eigen::Vector3d& view_shift = state.views[v].view_from_world.translation_mm;
    const drr::Rigid3& pose = state.world_from_phantom[static_cast<std::size_t>(image.pose)];
    const Eigen::Matrix3d pose_turn = pose.matrix();
    // A motion of the phantom is one of the view, seen from elsewhere: derivatives by the pose are
    // those by the view times one matrix for the whole image. Sums over markers are over the view's
    // columns alone.
    PoseColumns pose_from_view = PoseColumns::Zero();
    pose_from_view.block<3, 3>(4, 0) = view_turn;
    pose_from_view.block<3, 3>(7, 0) =
        drr::cross_matrix(view_turn * pose.translation_mm) * view_turn;
    pose_from_view.block<3, 3>(7, 3) = view_turn;
    const auto& columns = layout.of_view[v];
    const int slot = layout.of_pose[static_cast<std::size_t>(image.pose)];

    ViewNormal normal = ViewNormal::Zero();
    Eigen::Matrix<double, view_columns, 1> gradient =
        Eigen::Matrix<double, view_columns, 1>::Zero();
    ViewDerivatives d = ViewDerivatives::Zero();
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

    for (const std::size_t i : image.items) {
        const Observation& item = observations.items[i];
        const Eigen::Vector3d in_phantom = state.marker_mm(observations, item.marker);
        const Eigen::Vector3d in_phantom_axes = pose_turn * in_phantom;
        const Eigen::Vector3d in_view_axes = view_turn * (in_phantom_axes + pose.translation_mm);
        const Eigen::Vector3d p = in_view_axes + view_shift;
        if (!(p.z() > 0.0)) {
            equations.valid = false;
            return;
        }
        const double x = p.x() / p.z();
        const double y = p.y() / p.z();
        const Eigen::Vector2d residual(k.fx_px * x + k.cx_px - item.pixel.x(),
                                       k.fy_px * y + k.cy_px - item.pixel.y());
        const double information = 1.0 / (item.sd_px * item.sd_px);
        const Robust loss = robust(residual.squaredNorm() * information, options);
        equations.cost += loss.rho;
        const double weight = information * loss.weight;

        Eigen::Matrix<double, 2, 3> d_point;
        d_point << k.fx_px, 0.0, -k.fx_px * x, 0.0, k.fy_px, -k.fy_px * y;
        d_point /= p.z();
        d(0, 0) = x;
        d(1, 0) = aspect * y;
        d(1, 1) = k.fx_px * y;
        d(0, 2) = 1.0;
        d(1, 3) = 1.0;
        for (int row = 0; row < 2; ++row)  // -d [a]x is a x d, row by row
            d.block<1, 3>(row, 4) = in_view_axes.cross(Eigen::Vector3d(d_point.row(row)));
        d.block<2, 3>(0, 7) = d_point;
        const ViewDerivatives weighted = weight * d;
        add_products(d, weighted, normal, std::make_integer_sequence<int, view_columns>());
        gradient += weighted.transpose().lazyProduct(residual);
        if (!shape) continue;

        const int marker = layout.of_marker[static_cast<std::size_t>(item.marker)];
        const int scale = state.is_of_wand(item.marker) ? layout.wand_scale : layout.scale;
        const double body_scale = state.scale_of(item.marker);
        const Eigen::Matrix<double, 2, 3> d_world = d_point * view_turn;
        const Eigen::Matrix<double, 2, 3> d_marker = body_scale * d_world * pose_turn;
        const Eigen::Vector2d d_scale = d_world * in_phantom_axes / body_scale;
        if (scale >= 0) {
            scatter(scale, d_scale.transpose() * weighted);
            equations.common(scale, scale) += weight * d_scale.squaredNorm();
            equations.common_gradient[scale] += weight * d_scale.dot(residual);
        }
        if (marker < 0) continue;
        const Eigen::Matrix<double, 3, view_columns> with_image = d_marker.transpose() * weighted;
        for (int row = 0; row < 3; ++row)
            scatter(marker + row, with_image.row(row));
        equations.common.block<3, 3>(marker, marker) += weight * d_marker.transpose() * d_marker;
        equations.common_gradient.segment<3>(marker) += weight * d_marker.transpose() * residual;
        if (scale < 0) continue;
        const Eigen::Vector3d with_scale = weight * d_marker.transpose() * d_scale;
        equations.common.block<3, 1>(marker, scale) += with_scale;
        equations.common.block<1, 3>(scale, marker) += with_scale.transpose();
    }

    normal.triangularView<Eigen::StrictlyUpper>() = normal.transpose();
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
