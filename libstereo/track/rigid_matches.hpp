#pragma once

#include <drr/geometry/rigid3.hpp>
#include <stereo/recon/epipolar_pairs.hpp>
#include <stereo/track/track_beads.hpp>

#include <array>
#include <span>
#include <utility>
#include <vector>

namespace stereo {

/// A point that may be a bead. Two that need the same detection exclude each other.
struct SpacePoint {
    Eigen::Vector3d point_mm = Eigen::Vector3d::Zero();
    Eigen::Matrix3d covariance_mm2 = Eigen::Matrix3d::Zero();
    std::array<std::size_t, 2> detection{no_detection, no_detection};
    /// Square of its detections' epipolar distance in standard deviations; false pairs have large
    /// ones.
    double epipolar_chi2 = 0.0;

    [[nodiscard]] bool excludes(const SpacePoint& other) const;
};

/// Points of one set that a rigid motion carries onto points of another.
struct RigidMatch {
    std::vector<std::pair<std::size_t, std::size_t>> pairs;  ///< (from, to), by from
    drr::Rigid3 to_from_from;
    /// Sum over the pairs of 1 less what speaks against each, as a part of what is allowed: 0 for a
    /// pair at all gates, 1 for an exact one. A count would prefer many doubtful pairs to a few
    /// good ones (MSAC: Torr & Zisserman, CVIU 78, 2000).
    double support = 0.0;

    [[nodiscard]] bool better_than(const RigidMatch& other) const {
        return support > other.support;
    }
};

/// All proper motions that carry three or more points of `from`, at most max_extent_mm apart, onto
/// points of `to` within max_sigma, the best first. Exhaustive over triples of equal sides.
[[nodiscard]] std::vector<RigidMatch> rigid_matches(std::span<const SpacePoint> from,
                                                    std::span<const SpacePoint> to,
                                                    const TrackOptions& options);

}  // namespace stereo
