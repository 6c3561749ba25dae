#pragma once

#include "sequential_test.hpp"

#include <array>
#include <vector>

namespace stereo {

/// A pose proposed by three pairs, for nominal intrinsics.
struct PoseProposal {
    drr::Rigid3 view_from_phantom;
    std::array<int, 3> beads{};  ///< of the three blobs
    double score = 0.0;          ///< log-likelihood ratio of the beads' hits against chance
};

/// Rotations of which one has to be near.
struct RotationGate {
    std::vector<Eigen::Matrix3f> view_from_phantom;
    float min_cosine = -1.0F;  ///< of the angle that a rotation may differ by

    [[nodiscard]] bool admits(const Eigen::Matrix3f& rotation) const;
};

/// Poses of the phantom that explain three blobs of a view by three of its beads (TriangleLanes)
/// and pass a test by the other beads.
class TripleSearch {
  public:
    /// `first_beads`: those that the first blob of a triple may be; one of each orbit of the
    /// layout's symmetries will do.
    TripleSearch(const MarkerConstellation& constellation, const std::vector<int>& first_beads,
                 const BlobMap& map, const NominalView& nominal, const IdentifyOptions& options);

    /// The best proposals through three blobs, at most `keep`, by falling score. `gate`: which
    /// rotations count; null for all.
    [[nodiscard]] std::vector<PoseProposal> poses_through(const std::array<int, 3>& blobs,
                                                          std::size_t keep,
                                                          const RotationGate* gate) const;
    /// Pairs of one triple of blobs with triples of beads.
    [[nodiscard]] std::size_t triples_of_beads() const;
    /// How far off a blob a bead may be and count as a hit.
    [[nodiscard]] double hit_radius_px() const { return test_[0].hit_radius_px(); }

  private:
    struct View;
    struct Found;
    void bound_magnification(const MarkerConstellation& constellation, double diameter_mm,
                             double radius_px);
    /// Poses through beads `first`, `second` and each of a block.
    void add_poses(const View& view, std::size_t first, std::size_t second, std::size_t block,
                   Found& found) const;

    const BlobMap& map_;
    const NominalView& nominal_;
    const IdentifyOptions& options_;
    std::vector<int> first_beads_;
    std::vector<Eigen::Vector3f> beads_;  // mm
    std::vector<BeadLanes> blocks_;       // the same
    std::vector<Lanes> distance2_;        // mm^2, bead by block; 0 in lanes that hold no bead
    float min_inverse_depth2_ = 0.0F;     // of a bead, 1/mm^2
    float max_inverse_depth2_ = 0.0F;
    std::vector<SequentialTest> test_;  // one
};

}  // namespace stereo
