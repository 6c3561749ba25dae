#pragma once

#include "normal_equations.hpp"

namespace stereo {

/// How the markers of one image project.
class ImageProjection {
  public:
    ImageProjection(const ImageObservations& image, const BundleState& state)
        : pinhole_(state.views[static_cast<std::size_t>(image.view)].pinhole) {
        const drr::Rigid3& view = state.views[static_cast<std::size_t>(image.view)].view_from_world;
        const drr::Rigid3& pose = state.world_from_phantom[static_cast<std::size_t>(image.pose)];
        const Eigen::Matrix3d view_turn = view.matrix();
        turn_ = view_turn * pose.matrix();
        shift_mm_ = view_turn * pose.translation_mm;
        view_shift_mm_ = view.translation_mm;
        by_pose_.block<3, 3>(4, 0) = view_turn;
        by_pose_.block<3, 3>(7, 0) = drr::cross_matrix(shift_mm_) * view_turn;
        by_pose_.block<3, 3>(7, 3) = view_turn;
    }

    /// A motion of the phantom is one of the view, seen from elsewhere: derivatives by the pose are
    /// those by the view times this matrix, one for the whole image. Derivatives are analytic: of a
    /// pixel by a turn w from the left of a rotation, d(exp(w) R x)/dw = -[R x]x.
    using PoseColumns = Eigen::Matrix<double, view_columns, 6>;
    [[nodiscard]] const PoseColumns& by_pose() const { return by_pose_; }

    [[nodiscard]] const drr::Pinhole& pinhole() const { return pinhole_; }
    /// From the phantom's axes to the view's.
    [[nodiscard]] const Eigen::Matrix3d& turn() const { return turn_; }
    /// From the world's origin to the phantom's, and from the source to the world's origin, along
    /// the view's axes.
    [[nodiscard]] const Eigen::Vector3d& shift_mm() const { return shift_mm_; }
    [[nodiscard]] const Eigen::Vector3d& view_shift_mm() const { return view_shift_mm_; }

  private:
    const drr::Pinhole& pinhole_;
    Eigen::Matrix3d turn_;
    Eigen::Vector3d shift_mm_;
    Eigen::Vector3d view_shift_mm_;
    PoseColumns by_pose_ = PoseColumns::Zero();
};

}  // namespace stereo
