#pragma once

#include "discovery.hpp"

#include <optional>
#include <span>
#include <vector>

namespace stereo {

/// A point seen in a frame, in a body's frame.
struct PointInBody {
    std::size_t frame = 0;
    BodyBead point;
};

/// The point in the frame of a body with the given pose (the pose's covariance included).
[[nodiscard]] BodyBead in_body(const PoseEstimate& pose, const Eigen::Vector3d& point_in_world_mm,
                               const Eigen::Matrix3d& covariance_mm2);

/// Their mean weighted by their covariances, with its covariance.
[[nodiscard]] BodyBead mean_of(std::span<const PointInBody> points);

/// Places in the body where points of `frames_needed` frames or more coincide within max_sigma:
/// beads that the layout lacks. The best supported first; at most max_extent_mm from all beads.
[[nodiscard]] std::vector<BodyBead> missing_beads(const Body& body, std::vector<PointInBody> points,
                                                  std::size_t frames_needed,
                                                  const TrackOptions& options);

}  // namespace stereo
