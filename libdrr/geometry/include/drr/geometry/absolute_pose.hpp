#pragma once

#include <drr/geometry/pinhole.hpp>

#include <span>

namespace drr {

/// The pose of a known object in one view, fitted to the pixels of its points.
struct PoseFit {
    Rigid3 view_from_object;
    double rms_px = 0.0;     ///< root mean square of the 2D residuals' length
    bool converged = false;  ///< false also when a point came behind the source
};

/// Least-squares pose for known intrinsics from matched points (mm, in the object's frame) and
/// pixels, by Levenberg-Marquardt from `initial` with analytic derivatives; at least 3 matches,
/// else the result is not converged. Throws Error(usage) when the counts differ.
[[nodiscard]] PoseFit fit_pose(std::span<const Eigen::Vector3d> points_in_object_mm,
                               std::span<const Eigen::Vector2d> pixels, const Pinhole& pinhole,
                               const Rigid3& initial, int max_iterations = 50);

}  // namespace drr
