#pragma once

#include "blob_map.hpp"
#include "lanes.hpp"

#include <vector>

namespace stereo {

/// Tells poses under which the beads miss the blobs too often, from few of the beads (Wald's
/// sequential test; Chum & Matas, "Optimal randomized RANSAC", PAMI 2008).
class SequentialTest {
  public:
    /// A pose is rejected when the log-likelihood ratio of its beads' hits against chance falls
    /// below this: the threshold for a false rejection of the right pose in one case of 20.
    static constexpr float reject_below = -3.0F;

    /// `blobs_radius_px`: of the surroundings that hold half of the blobs.
    SequentialTest(const std::vector<Eigen::Vector3f>& beads_mm, double diameter_mm,
                   const BlobMap& map, double blobs_radius_px, const NominalView& nominal,
                   const IdentifyOptions& options);

    /// How far off a blob a bead may be and count as a hit.
    [[nodiscard]] double hit_radius_px() const { return hit_radius_px_; }
    /// Of the view's directions, homogeneous, into the places that poses for the test lead to.
    [[nodiscard]] const Eigen::Matrix3f& table_from_view() const { return table_from_view_; }

    /// The log-likelihood ratio of a few beads, one pose a lane.
    [[nodiscard]] Lanes first_look(const AffineLanes& table_from_phantom) const;
    /// That of all beads, for the pose of a lane and its first look; of fewer where they suffice to
    /// reject.
    [[nodiscard]] float score(const AffineLanes& table_from_phantom, int lane,
                              float first_look) const;

  private:
    void choose_hit_radius(double diameter_mm, double blobs_radius_px, const NominalView& nominal,
                           const IdentifyOptions& options, std::size_t blob_count);
    /// Of so many beads, from the sum of their cells in the cover.
    [[nodiscard]] float gain(unsigned beads, unsigned tally) const;

    double hit_radius_px_ = 0.0;
    std::vector<Eigen::Vector3f> first_;  // beads, mm, in no spatial order
    std::vector<BeadLanes> others_;
    std::vector<BlobCover> cover_;  // one
    Eigen::Matrix3f table_from_view_;
    float gain_of_hit_ = 0.0F;  // log-likelihood ratios
    float gain_of_miss_ = 0.0F;
    float gain_outside_ = 0.0F;
};

}  // namespace stereo
