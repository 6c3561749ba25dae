#pragma once

#include <stereo/calib/calibration.hpp>

#include <array>
#include <vector>

namespace stereo {

/// The values that a bundle adjusts.
struct BundleState {
    std::vector<drr::CalibratedView> views;
    std::vector<drr::Rigid3> world_from_phantom;
    std::vector<Eigen::Vector3d> marker_shifts_mm;  ///< from the design
    double phantom_scale = 1.0;
    double wand_scale = 1.0;
    std::size_t phantom_markers = 0;  ///< those of a wand come after them

    [[nodiscard]] bool is_of_wand(int marker) const {
        return static_cast<std::size_t>(marker) >= phantom_markers;
    }
    [[nodiscard]] double scale_of(int marker) const {
        return is_of_wand(marker) ? wand_scale : phantom_scale;
    }
    /// A marker in its body as the state has it.
    [[nodiscard]] Eigen::Vector3d marker_mm(const Observations& observations, int marker) const {
        const auto m = static_cast<std::size_t>(marker);
        return scale_of(marker) * (observations.markers_in_phantom_mm[m] + marker_shifts_mm[m]);
    }
};

/// Numbers of one view in the normal equations: f, aspect, cx, cy, turn, shift.
inline constexpr int view_columns = 10;

/// Which numbers are adjusted, and where they stand: "common" ones (views, scale, markers) first,
/// then six for each free pose.
struct BundleLayout {
    std::vector<Parameter> parameters;
    int common_count = 0;
    std::vector<std::array<int, view_columns>> of_view;  ///< columns; -1: not adjusted
    int scale = -1;
    int wand_scale = -1;
    std::vector<int> spinning_poses;  ///< of a wand whose beads lie on a line
    bool refines_markers = false;
    std::vector<int> of_marker;  ///< the first of three columns; -1: not adjusted
    std::vector<int> of_pose;    ///< index among the free poses; -1: not adjusted
    int free_poses = 0;

    [[nodiscard]] bool is_adjusted(int pose) const {
        return of_pose[static_cast<std::size_t>(pose)] >= 0;
    }
    [[nodiscard]] int size() const { return static_cast<int>(parameters.size()); }
};

struct LayoutChoice {
    int world_pose = 0;
    bool refine_markers = false;
    std::size_t phantom_markers = 0;
    int phantom_poses = 0;  ///< those of a wand come after them
    bool has_wand = false;
    bool wand_is_straight = false;
};
[[nodiscard]] BundleLayout make_layout(const CalibrationOptions& options, std::size_t view_count,
                                       const std::vector<bool>& pose_known,
                                       std::size_t marker_count, const LayoutChoice& choice);

/// The numbers (f, aspect, cx, cy, turn, shift) by which moved() takes one view to another.
[[nodiscard]] Eigen::Matrix<double, view_columns, 1> view_step(const drr::CalibratedView& from,
                                                               const drr::CalibratedView& to);

/// The state after a step in the order of the layout.
[[nodiscard]] BundleState moved(const BundleState& state, const std::vector<Parameter>& parameters,
                                const Eigen::VectorXd& step);

}  // namespace stereo
