#pragma once

#include <drr/geometry/stereo_rig.hpp>
#include <stereo/study/experiment.hpp>

#include <array>
#include <vector>

namespace stereo {

/// What is true in an experiment. World = phantom in pose 0, as in XMALab.
struct Truth {
    drr::MarkerPhantom phantom;  ///< as built
    std::array<drr::XrayView, 2> views;
    /// Calibration poses, then held-out ones, at the instant of view 0.
    std::vector<drr::Rigid3> world_from_phantom;
    /// The same at the instant of view 1, which may be another one (MotionSpec).
    std::vector<drr::Rigid3> world_from_phantom_in_view1;
    std::vector<Eigen::Vector3d> markers_in_phantom_mm;  ///< beads, then references
    /// Rows are the stereo axes in the world: along the baseline, across it, along the mean beam.
    Eigen::Matrix3d stereo_from_world = Eigen::Matrix3d::Identity();

    /// Where the phantom is when a view sees it.
    [[nodiscard]] const drr::Rigid3& seen_pose(int pose, int view) const {
        return (view == 0 ? world_from_phantom
                          : world_from_phantom_in_view1)[static_cast<std::size_t>(pose)];
    }
};

/// The true geometry of an experiment: the phantom as built, views and poses drawn from its seed.
[[nodiscard]] Truth make_truth(const ExperimentSpec& spec);

/// The same truth in the world of another pose, which is that of a calibration that could not use
/// pose 0.
[[nodiscard]] Truth in_world_of_pose(const Truth& truth, int pose);

/// What the procedure is told, with errors drawn from the experiment's seed.
[[nodiscard]] drr::StereoRigSpec make_nominal(const ExperimentSpec& spec);

/// Where a point in the world is seen in a view, distortion of the intensifier and all.
[[nodiscard]] Eigen::Vector2d true_pixel(const ExperimentSpec& spec,
                                         const drr::CalibratedView& view,
                                         const Eigen::Vector3d& point_in_world_mm);

}  // namespace stereo
