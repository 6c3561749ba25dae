#pragma once

#include "blob_map.hpp"

#include <array>
#include <vector>

namespace stereo {

/// A pose proposed by three pairs, for nominal intrinsics.
struct PoseProposal {
    drr::Rigid3 view_from_phantom;
    std::array<int, 3> beads{};  ///< of the three blobs
    double score = 0.0;          ///< log-likelihood ratio of the beads' hits against chance
};

/// Poses of the phantom that explain three blobs of a view by three of its beads. Two lengths and
/// an angle of a triangle give its scale and its slant in closed form under scaled orthography
/// (Alter, "3-D pose from 3 points using weak perspective", PAMI 1994); taken about the ray of the
/// first blob and iterated with the depths found (DeMenthon & Davis, "Model-based object pose in 25
/// lines of code", IJCV 1995) it becomes the perspective pose. A pose is dropped as soon as its
/// other beads miss the blobs too often (Wald's sequential test; Chum & Matas, "Optimal randomized
/// RANSAC", PAMI 2008).
class TripleSearch {
  public:
    /// `first_beads`: those that the first blob of a triple may be; one of each orbit of the
    /// layout's symmetries will do.
    TripleSearch(const MarkerConstellation& constellation, const std::vector<int>& first_beads,
                 const BlobMap& map, const NominalView& nominal, const IdentifyOptions& options);

    /// The best proposals through three blobs, at most `keep`, by falling score.
    [[nodiscard]] std::vector<PoseProposal> poses_through(const std::array<int, 3>& blobs,
                                                          std::size_t keep) const;
    /// Pairs of one triple of blobs with triples of beads.
    [[nodiscard]] std::size_t triples_of_beads() const;
    /// How far off a blob a bead may be and count as a hit.
    [[nodiscard]] double hit_radius_px() const { return hit_radius_px_; }

  private:
    /// Beads or triples that are looked at together, one a lane, for the processor's vectors.
    static constexpr int lane_count = 8;
    using Lanes = Eigen::Array<float, lane_count, 1>;
    /// Beads in lanes; the last block is filled up by its first bead.
    struct BeadLanes {
        Lanes x, y, z;
        int count = 0;
    };
    struct Sights;
    struct Found;
    struct Triangles;
    [[nodiscard]] static std::vector<BeadLanes> in_lanes(const std::vector<Eigen::Vector3f>& beads);
    void bound_magnification(const MarkerConstellation& constellation);
    void choose_hit_radius();
    /// Poses through beads `first`, `second` and each of a block.
    void add_poses(const Sights& sights, std::size_t first, std::size_t second, std::size_t block,
                   Found& found) const;
    /// `table_from_phantom`: homogeneous, into cover_.
    [[nodiscard]] float score(const Eigen::Matrix3f& table_from_phantom,
                              const Eigen::Vector3f& shift) const;

    const BlobMap& map_;
    const NominalView& nominal_;
    const IdentifyOptions& options_;
    std::vector<int> first_beads_;
    std::vector<Eigen::Vector3f> beads_;  // mm
    std::vector<BeadLanes> blocks_;       // the same
    std::vector<BeadLanes> shuffled_;     // the same in no spatial order
    std::vector<Lanes> distance2_;        // mm^2, bead by block; 0 in lanes that hold no bead
    double diameter_mm_ = 0.0;            // the largest distance of two beads
    float min_inverse_depth2_ = 0.0F;     // of a bead, 1/mm^2
    float max_inverse_depth2_ = 0.0F;
    double hit_radius_px_ = 0.0;
    std::vector<BlobCover> cover_;         // one
    Eigen::Matrix3f table_from_view_;      // homogeneous, into cover_
    std::array<float, 3> gain_of_cell_{};  // log-likelihood ratio, by CoverCell
};

}  // namespace stereo
