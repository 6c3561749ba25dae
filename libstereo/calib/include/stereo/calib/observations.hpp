#pragma once

#include <Eigen/Core>

#include <vector>

namespace stereo {

/// One identified marker in one image.
struct Observation {
    int pose = 0;    ///< index of the phantom's pose
    int view = 0;    ///< index of the view
    int marker = 0;  ///< index into Observations::markers_in_phantom_mm
    Eigen::Vector2d pixel = Eigen::Vector2d::Zero();
    double sd_px = 1.0;  ///< standard deviation of one coordinate; only ratios matter
};

/// A wand of two beads or more that is moved through the volume: a body of its own, whose pose is
/// unknown in every frame. Its length is what tells the scale.
struct Wand {
    std::vector<Eigen::Vector3d> beads_mm;  ///< in its own frame; empty: there is no wand
    /// Standard deviation of its size over what `beads_mm` say.
    double relative_sd = 0.0;
    int frame_count = 0;
    /// `pose` is the frame, `marker` the bead.
    std::vector<Observation> items;
};

/// What a calibration procedure gets to see: the phantom as designed and where its markers were
/// seen. Pose 0 defines the world frame.
struct Observations {
    std::vector<Eigen::Vector3d> markers_in_phantom_mm;
    int view_count = 2;
    int pose_count = 0;
    int width_px = 0;
    int height_px = 0;
    std::vector<Observation> items;
    Wand wand;  ///< of bundle and bundle_phantom only; it frees the size of the phantom

    /// Throws drr::Error(usage) when an index is out of its range or a pixel is not finite.
    void validate() const;
};

/// The matched 3D and 2D points of one image.
struct ImagePoints {
    std::vector<Eigen::Vector3d> points_in_phantom_mm;
    std::vector<Eigen::Vector2d> pixels;
};
[[nodiscard]] ImagePoints points_of_image(const Observations& observations, int pose, int view);

/// The images of one view, by pose.
[[nodiscard]] std::vector<ImagePoints> points_of_view(const Observations& observations, int view);

}  // namespace stereo
