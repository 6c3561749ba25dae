#pragma once

#include <Eigen/Core>

#include <limits>
#include <span>
#include <vector>

namespace stereo {

struct ClusterOptions {
    /// Points nearer than this to a member belong to its cluster. Bead clusters are a few
    /// millimetres wide and sit on different bones.
    double max_gap_mm = 15.0;
    /// Three points in the general case make a rigid body.
    std::size_t min_beads = 3;
    /// How much a distance within a cluster may change between frames.
    double max_change_mm = 0.5;

    /// Throws drr::Error(usage).
    void validate() const;
};

/// Index of a bead that a frame does not show.
inline constexpr std::size_t no_bead = std::numeric_limits<std::size_t>::max();

/// One rigid group of beads over frames.
struct RigidCluster {
    /// beads[frame][k]: index of the cluster's k-th bead among the frame's points, or no_bead.
    std::vector<std::vector<std::size_t>> beads;
    /// Change of the distances between beads from one frame to another, over all pairs of beads:
    /// sqrt(2) times the standard deviation over frames, which for two frames is the difference.
    double change_median_mm = 0.0;
    double change_rms_mm = 0.0;
    double change_max_mm = 0.0;
    std::size_t pairs = 0;  ///< distances that two or more frames show
    /// A second correspondence between frames fits as well (a symmetric cluster).
    bool ambiguous = false;
};

/// Groups of points by proximity (single linkage), of min_beads or more, larger ones first.
[[nodiscard]] std::vector<std::vector<std::size_t>> group_by_proximity(
    std::span<const Eigen::Vector3d> points_mm, const ClusterOptions& options = {});

/// Groups the points of the first frame, and finds each group again in the other frames by a rigid
/// motion (proper, so mirror images do not match) that carries three or more of its points onto
/// points of that frame within max_change_mm. A group that no other frame shows is returned with
/// pairs = 0. Throws drr::Error(usage) for no frame.
[[nodiscard]] std::vector<RigidCluster> clusters_over_frames(
    std::span<const std::vector<Eigen::Vector3d>> frames_mm, const ClusterOptions& options = {});

}  // namespace stereo
