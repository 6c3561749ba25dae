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

    /// A marker in the phantom as the state has it.
    [[nodiscard]] Eigen::Vector3d marker_mm(const Observations& observations, int marker) const {
        const auto m = static_cast<std::size_t>(marker);
        return phantom_scale * (observations.markers_in_phantom_mm[m] + marker_shifts_mm[m]);
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
};
[[nodiscard]] BundleLayout make_layout(const CalibrationOptions& options, std::size_t view_count,
                                       const std::vector<bool>& pose_known,
                                       std::size_t marker_count, const LayoutChoice& choice);

/// The state after a step in the order of the layout.
[[nodiscard]] BundleState moved(const BundleState& state, const std::vector<Parameter>& parameters,
                                const Eigen::VectorXd& step);

}  // namespace stereo
