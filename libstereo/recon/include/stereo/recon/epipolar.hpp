#pragma once

#include <drr/geometry/pinhole.hpp>

#include <span>
#include <vector>

namespace stereo {

/// The fundamental matrix of two calibrated views, b^T F a = 0 for homogeneous pixels a of the
/// first and b of the second view; Frobenius norm 1 (Hartley & Zisserman 2004, eq. 9.1). It is
/// blind to scale: sources and points that are all twice as far apart give the same matrix.
[[nodiscard]] Eigen::Matrix3d fundamental_from_views(const drr::CalibratedView& a,
                                                     const drr::CalibratedView& b);

/// Distance of pixel b from the epipolar line of pixel a, px.
[[nodiscard]] double point_to_line_px(const Eigen::Matrix3d& fundamental, const Eigen::Vector2d& a,
                                      const Eigen::Vector2d& b);

/// Root mean square of the two point-to-line distances of a match, px.
[[nodiscard]] double symmetric_distance_px(const Eigen::Matrix3d& fundamental,
                                           const Eigen::Vector2d& a, const Eigen::Vector2d& b);

/// Sampson distance of a match, px: the first-order distance to the nearest exact match (Hartley &
/// Zisserman 2004, eq. 11.9). Signed.
[[nodiscard]] double sampson_distance_px(const Eigen::Matrix3d& fundamental,
                                         const Eigen::Vector2d& a, const Eigen::Vector2d& b);

/// Statistics of the absolute values of distances.
struct EpipolarStatistics {
    std::size_t count = 0;
    double rms_px = 0.0;
    double median_px = 0.0;
    double percentile_95_px = 0.0;  ///< interpolated between order statistics
    double max_px = 0.0;
    std::size_t above_1_px = 0;
};

[[nodiscard]] EpipolarStatistics distance_statistics(std::vector<double> distances_px);

/// Of the symmetric distances of matches. Throws drr::Error(usage) when the counts differ, as the
/// next ones do.
[[nodiscard]] EpipolarStatistics epipolar_statistics(const Eigen::Matrix3d& fundamental,
                                                     std::span<const Eigen::Vector2d> a,
                                                     std::span<const Eigen::Vector2d> b);

/// Of the Sampson distances of matches.
[[nodiscard]] EpipolarStatistics sampson_statistics(const Eigen::Matrix3d& fundamental,
                                                    std::span<const Eigen::Vector2d> a,
                                                    std::span<const Eigen::Vector2d> b);

}  // namespace stereo
