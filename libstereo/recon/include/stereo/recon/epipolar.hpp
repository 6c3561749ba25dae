#pragma once

#include <drr/geometry/pinhole.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace stereo {

/// The fundamental matrix of two calibrated views, b^T F a = 0 for homogeneous pixels a of the
/// first and b of the second view; Frobenius norm 1 (Hartley & Zisserman 2004, eq. 9.1).
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

/// Statistics of the symmetric distances of matches.
struct EpipolarStatistics {
    std::size_t count = 0;
    double rms_px = 0.0;
    double median_px = 0.0;
    double max_px = 0.0;
    std::size_t above_1_px = 0;
};

[[nodiscard]] EpipolarStatistics epipolar_statistics(const Eigen::Matrix3d& fundamental,
                                                     std::span<const Eigen::Vector2d> a,
                                                     std::span<const Eigen::Vector2d> b);

struct FundamentalOptions {
    double threshold_px = 1.0;   ///< of an inlier's distance
    double confidence = 0.9999;  ///< that an all-inlier sample was drawn
    int max_iterations = 10000;
    std::uint64_t seed = 0;  ///< same seed, same result

    void validate() const;
};

struct FundamentalEstimate {
    Eigen::Matrix3d fundamental = Eigen::Matrix3d::Zero();  ///< rank 2, norm 1
    std::vector<bool> inliers;                              ///< one per match
    std::size_t inlier_count = 0;
    EpipolarStatistics statistics;  ///< of the inliers
    bool ok = false;                ///< false for fewer than 8 matches or no consensus
    std::string summary;            ///< one line
};

/// The fundamental matrix from matched pixels: RANSAC (OpenCV's USAC with the MAGSAC++ score),
/// then the minimum of the squared Sampson distances of the inliers over matrices of rank 2.
/// Throws drr::Error(usage) when the counts differ.
[[nodiscard]] FundamentalEstimate estimate_fundamental(std::span<const Eigen::Vector2d> a,
                                                       std::span<const Eigen::Vector2d> b,
                                                       const FundamentalOptions& options = {});

}  // namespace stereo
