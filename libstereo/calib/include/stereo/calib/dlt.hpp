#pragma once

#include <drr/geometry/pinhole.hpp>

#include <span>
#include <string>

namespace stereo {

/// A projection matrix from matched points by the direct linear transform.
struct DltResult {
    drr::Matrix34d projection_matrix = drr::Matrix34d::Zero();  ///< px from mm, norm 1
    double rms_px = 0.0;  ///< of the length of the reprojection residuals
    bool ok = false;      ///< false for fewer than 6 points or a degenerate set (points on a plane)
    std::string summary;
};

/// Direct linear transform with 11 parameters (Abdel-Aziz & Karara 1971) on normalized coordinates
/// (Hartley & Zisserman 2004, algorithm 7.1). Throws drr::Error(usage) when the counts differ.
[[nodiscard]] DltResult dlt(std::span<const Eigen::Vector3d> points_mm,
                            std::span<const Eigen::Vector2d> pixels);

}  // namespace stereo
