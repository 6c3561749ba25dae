#pragma once

#include <stereo/recon/epipolar.hpp>

namespace stereo {

/// Images of one point in two views.
struct PixelPairs {
    std::vector<Eigen::Vector2d> a;
    std::vector<Eigen::Vector2d> b;
};

/// A box in the world, edges along its axes.
struct WorkingVolume {
    Eigen::Vector3d low_mm = Eigen::Vector3d::Zero();
    Eigen::Vector3d high_mm = Eigen::Vector3d::Zero();
    int steps = 5;  ///< points along each edge

    /// Throws drr::Error(usage) unless high > low and steps >= 2.
    void validate() const;
};

/// The images of a grid of points that both detectors show.
[[nodiscard]] PixelPairs volume_in_views(const drr::CalibratedView& view_a,
                                         const drr::CalibratedView& view_b,
                                         const WorkingVolume& volume);

/// How far apart the epipolar lines of two matrices are, px: for each pair, the distance at right
/// angles to the lines where the first matrix's line passes nearest to the pair's pixel, root mean
/// square of both views. Unlike the difference of coefficients it says what a matrix is used for,
/// where it is used (Zhang, "Determining the epipolar geometry and its uncertainty", IJCV 1998, has
/// random points for it). Throws drr::Error(usage) when the counts differ.
[[nodiscard]] EpipolarStatistics compare_fundamentals(const Eigen::Matrix3d& first,
                                                      const Eigen::Matrix3d& second,
                                                      const PixelPairs& pairs);

}  // namespace stereo
