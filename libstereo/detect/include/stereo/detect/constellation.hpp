#pragma once

#include <Eigen/Geometry>

#include <vector>

namespace stereo {

/// The markers of a phantom as they are designed, mm, in the phantom's frame. References are the
/// extra marks (lead shapes on a LEGO cube) that tell symmetric orientations apart.
struct MarkerConstellation {
    std::vector<Eigen::Vector3d> beads_mm;
    std::vector<Eigen::Vector3d> references_mm;

    /// Beads first, then references.
    [[nodiscard]] std::vector<Eigen::Vector3d> all_mm() const;
};

/// The mean of points, mm; at least one is needed.
[[nodiscard]] Eigen::Vector3d centroid_of(const std::vector<Eigen::Vector3d>& points_mm);

/// A rotation of the beads onto themselves and what it does to them: bead i comes to lie where bead
/// image_of_bead[i] was.
struct BeadSymmetry {
    Eigen::Quaterniond rotation;  ///< about the beads' centroid
    std::vector<int> image_of_bead;
};

/// All proper rotations that carry the set of beads onto itself within `tolerance_mm`, the identity
/// first: 24 for a cubic lattice, 1 for a set without symmetry. Sets of beads on one line have
/// infinitely many; for those and for fewer than 3 beads only the identity is returned.
[[nodiscard]] std::vector<BeadSymmetry> bead_symmetries(
    const std::vector<Eigen::Vector3d>& beads_mm, double tolerance_mm = 1.0);

}  // namespace stereo
