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

// The lower half of normal += d^T d, in whole registers. Eigen packs a product of this size as if
// it were large, which takes ten times as long as the product.
template <int... columns>
void add_products(const ViewDerivatives& d, ViewNormal& normal,
                  std::integer_sequence<int, columns...>) {
    constexpr int lanes = 2;  // doubles in a register of any x86-64
    ((normal.template block<view_columns - columns / lanes * lanes, 1>(columns / lanes * lanes,
                                                                       columns) +=
      d(0, columns) * d.row(0).template tail<view_columns - columns / lanes * lanes>().transpose() +
      d(1, columns) * d.row(1).template tail<view_columns - columns / lanes * lanes>().transpose()),
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
    const Eigen::Matrix3d turn = view_turn * pose_turn;
    const Eigen::Vector3d shift = view_turn * pose.translation_mm;
    // A motion of the phantom is one of the view, seen from elsewhere: derivatives by the pose are
    // those by the view times one matrix for the whole image. Sums over markers are over the view's
    // columns alone.
    PoseColumns pose_from_view = PoseColumns::Zero();
    pose_from_view.block<3, 3>(4, 0) = view_turn;
    pose_from_view.block<3, 3>(7, 0) = drr::cross_matrix(shift) * view_turn;
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
        const Eigen::Vector3d in_view_axes = turn * in_phantom + shift;
        const Eigen::Vector3d p = in_view_axes + view_shift;
        if (!(p.z() > 0.0)) {
            equations.valid = false;
            return;
        }
        const double by_depth = 1.0 / p.z();
        const double x = p.x() * by_depth;
        const double y = p.y() * by_depth;
        Eigen::Vector2d residual(k.fx_px * x + k.cx_px - item.pixel.x(),
                                 k.fy_px * y + k.cy_px - item.pixel.y());
        residual /= item.sd_px;
        const Robust loss = robust(residual.squaredNorm(), options);
        equations.cost += loss.rho;
        // From here on all in standard deviations as the loss weighs them.
        const double root_weight = std::sqrt(loss.weight);
        residual *= root_weight;
        const double per_sd = root_weight / item.sd_px;
        const double fx = k.fx_px * by_depth * per_sd;
        const double fy = k.fy_px * by_depth * per_sd;
        const Eigen::Vector3d& a = in_view_axes;  // by the turn: a x what the shift's are
        d.row(0) << per_sd * x, 0.0, per_sd, 0.0, -fx * x * a.y(), fx * (a.z() + x * a.x()),
            -fx * a.y(), fx, 0.0, -fx * x;
        d.row(1) << per_sd * aspect * y, per_sd * k.fx_px * y, 0.0, per_sd,
            -fy * (a.z() + y * a.y()), fy * y * a.x(), fy * a.x(), 0.0, fy, -fy * y;
        add_products(d, normal, std::make_integer_sequence<int, view_columns>());
        gradient += residual[0] * d.row(0).transpose() + residual[1] * d.row(1).transpose();
        if (!shape) continue;

        const int marker = layout.of_marker[static_cast<std::size_t>(item.marker)];
        const int scale = state.is_of_wand(item.marker) ? layout.wand_scale : layout.scale;
        const double body_scale = state.scale_of(item.marker);
        const Eigen::Matrix<double, 2, 3> d_body = d.rightCols<3>() * turn;
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
