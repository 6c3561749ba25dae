#pragma once

#include "normal_equations.hpp"

#include <cmath>

namespace stereo {

/// Residual of one marker and its derivatives, in standard deviations as the loss weighs them.
struct MarkerRows {
    /// By the view's numbers. Rows side by side in memory, so that sums over markers run over whole
    /// registers.
    Eigen::Matrix<double, 2, view_columns, Eigen::RowMajor> by_view;
    Eigen::Vector2d residual;
    double loss = 0.0;
};

/// How the markers of one image project. Derivatives are analytic: of a pixel by a turn w from the
/// left of a rotation, d(exp(w) R x)/dw = -[R x]x.
class ImageProjection {
  public:
    ImageProjection(const ImageObservations& image, const BundleState& state)
        : pinhole_(state.views[static_cast<std::size_t>(image.view)].pinhole),
          aspect_(pinhole_.fy_px / pinhole_.fx_px) {
        const drr::Rigid3& view = state.views[static_cast<std::size_t>(image.view)].view_from_world;
        const drr::Rigid3& pose = state.world_from_phantom[static_cast<std::size_t>(image.pose)];
        const Eigen::Matrix3d view_turn = view.matrix();
        turn_ = view_turn * pose.matrix();
        shift_ = view_turn * pose.translation_mm;
        view_shift_ = view.translation_mm;
        by_pose_.block<3, 3>(4, 0) = view_turn;
        by_pose_.block<3, 3>(7, 0) = drr::cross_matrix(shift_) * view_turn;
        by_pose_.block<3, 3>(7, 3) = view_turn;
    }

    /// A motion of the phantom is one of the view, seen from elsewhere: derivatives by the pose are
    /// those by the view times this matrix, one for the whole image.
    using PoseColumns = Eigen::Matrix<double, view_columns, 6>;
    [[nodiscard]] const PoseColumns& by_pose() const { return by_pose_; }
    /// From the phantom's axes to the view's.
    [[nodiscard]] const Eigen::Matrix3d& turn() const { return turn_; }

    /// False where the marker lies behind the source.
    bool look_at(const Observation& item, const Eigen::Vector3d& in_phantom_mm,
                 const CalibrationOptions& options, MarkerRows& rows) const {
        const drr::Pinhole& k = pinhole_;
        const Eigen::Vector3d a = turn_ * in_phantom_mm + shift_;  // in the view's axes
        const Eigen::Vector3d p = a + view_shift_;
        if (!(p.z() > 0.0)) return false;
        const double by_depth = 1.0 / p.z();
        const double x = p.x() * by_depth;
        const double y = p.y() * by_depth;
        rows.residual = Eigen::Vector2d(k.fx_px * x + k.cx_px - item.pixel.x(),
                                        k.fy_px * y + k.cy_px - item.pixel.y()) /
                        item.sd_px;
        const Robust loss = robust(rows.residual.squaredNorm(), options);
        rows.loss = loss.rho;
        const double root_weight = std::sqrt(loss.weight);
        rows.residual *= root_weight;
        const double per_sd = root_weight / item.sd_px;
        const double fx = k.fx_px * by_depth * per_sd;
        const double fy = k.fy_px * by_depth * per_sd;
        // By the turn: a x what the shift's are.
        rows.by_view.row(0) << per_sd * x, 0.0, per_sd, 0.0, -fx * x * a.y(),
            fx * (a.z() + x * a.x()), -fx * a.y(), fx, 0.0, -fx * x;
        rows.by_view.row(1) << per_sd * aspect_ * y, per_sd * k.fx_px * y, 0.0, per_sd,
            -fy * (a.z() + y * a.y()), fy * y * a.x(), fy * a.x(), 0.0, fy, -fy * y;
        return true;
    }

  private:
    // rho and its derivative for s = (residual / sd)^2.
    struct Robust {
        double rho = 0.0;
        double weight = 1.0;
    };
    static Robust robust(double s, const CalibrationOptions& options) {
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

    const drr::Pinhole& pinhole_;
    double aspect_;
    Eigen::Matrix3d turn_;
    Eigen::Vector3d shift_;
    Eigen::Vector3d view_shift_;
    PoseColumns by_pose_ = PoseColumns::Zero();
};

}  // namespace stereo
