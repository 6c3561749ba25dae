#pragma once

#include <drr/geometry/rigid3.hpp>

#include <vector>

namespace stereo {

/// The markers of a phantom as they are designed, mm, in the phantom's frame. References are the
/// extra marks (lead shapes on a LEGO cube) that tell symmetric orientations apart.
struct MarkerConstellation {
    std::vector<Eigen::Vector3d> beads_mm;
    std::vector<Eigen::Vector3d> references_mm;
    /// Of the beads, then of the references; empty where sizes are not known.
    std::vector<double> radii_mm;

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

/// What near_symmetries() counts as near.
struct NearSymmetryOptions {
    double tolerance_mm = 1.0;  ///< how far a moved bead may lie from a bead
    /// Fraction of the beads that come to lie on beads. What covers less leaves as many beads
    /// unexplained as are usually missed, and its rivalry shows in the image itself.
    double min_fraction = 0.5;

    /// Throws drr::Error(usage).
    void validate() const;
};

/// Rigid motions that carry most of the beads onto beads, the identity first: the rivals of a
/// naming. All of bead_symmetries() are among them; of the others (a lattice shifted by a step, a
/// cage turned so that only its missing corner tells) those that carry one of some 30 triples of
/// beads, drawn from a fixed stream, onto beads. The inverse of each is there too. Only the
/// identity for beads on one line or fewer than 3.
[[nodiscard]] std::vector<drr::Rigid3> near_symmetries(const std::vector<Eigen::Vector3d>& beads_mm,
                                                       const NearSymmetryOptions& options = {});

}  // namespace stereo
