#include "prepared_layout.hpp"

#include <drr/geometry/decompositions.hpp>

#include <algorithm>
#include <mutex>

namespace stereo {
namespace {

Eigen::Vector3d thinnest_axis_of(const std::vector<Eigen::Vector3d>& points_mm) {
    const Eigen::Vector3d centroid = centroid_of(points_mm);
    Eigen::Matrix3d scatter = Eigen::Matrix3d::Zero();
    for (const auto& point : points_mm)
        scatter += (point - centroid) * (point - centroid).transpose();
    return drr::symmetric_eigen(scatter).vectors.col(0);
}

// The near symmetries, and what is one more roughly: most of what a shift of two plates of
// different pitch by a row is off by lies along the beam, where it does not show; of the RSA cage 3
// mm of 430. What is near a precise one already would only be a worse start.
std::vector<drr::Rigid3> rivals_of(const std::vector<Eigen::Vector3d>& beads_mm) {
    constexpr double rough_tolerance_of_size = 0.01;
    constexpr double same_cosine = 0.9995;  // of half the angle: 0.06 rad
    Eigen::AlignedBox3d box;
    for (const auto& bead : beads_mm)
        box.extend(bead);
    const double tolerance_mm = rough_tolerance_of_size * box.diagonal().norm();
    std::vector<drr::Rigid3> motions = near_symmetries(beads_mm);
    // A symmetric layout is one lattice, whose shifts are all precise.
    const bool symmetric = bead_symmetries(beads_mm).size() > 1;
    if (symmetric || tolerance_mm <= NearSymmetryOptions().tolerance_mm) return motions;
    const auto precise = static_cast<std::ptrdiff_t>(motions.size());
    const Eigen::Vector3d middle = centroid_of(beads_mm);
    for (const auto& motion : near_symmetries(beads_mm, {.tolerance_mm = tolerance_mm}))
        if (std::none_of(motions.begin(), motions.begin() + precise, [&](const drr::Rigid3& known) {
                return std::abs(known.rotation.dot(motion.rotation)) > same_cosine &&
                       (known * middle - motion * middle).norm() < 2.0 * tolerance_mm;
            }))
            motions.push_back(motion);
    return motions;
}

// One bead of each orbit of the motions that carry nearly all beads onto beads: a pose that is off
// by one of them is as easily found, and add_rivals() leads from there to the right one.
std::vector<int> orbits_of(const std::vector<Eigen::Vector3d>& beads_mm) {
    constexpr NearSymmetryOptions nearly_all{.min_fraction = 0.9};
    const auto motions = near_symmetries(beads_mm, nearly_all);
    std::vector<int> orbits;
    for (std::size_t bead = 0; bead < beads_mm.size(); ++bead)
        if (std::none_of(motions.begin(), motions.end(), [&](const drr::Rigid3& motion) {
                const Eigen::Vector3d moved = motion * beads_mm[bead];
                return std::any_of(orbits.begin(), orbits.end(), [&](int other) {
                    return (beads_mm[static_cast<std::size_t>(other)] - moved).norm() <=
                           nearly_all.tolerance_mm;
                });
            }))
            orbits.push_back(static_cast<int>(bead));
    return orbits;
}

}  // namespace

PreparedLayout::PreparedLayout(const MarkerConstellation& c)
    : constellation(c),
      markers_mm(c.all_mm()),
      symmetries(bead_symmetries(c.beads_mm)),
      near_symmetries(rivals_of(c.beads_mm)),
      orbit_beads(orbits_of(c.beads_mm)),
      thinnest_axis(thinnest_axis_of(c.beads_mm)) {}

std::shared_ptr<const PreparedLayout> prepared(const MarkerConstellation& constellation) {
    static std::mutex mutex;
    static std::shared_ptr<const PreparedLayout> last;
    const auto is_last = [&] {
        return last != nullptr && last->constellation.beads_mm == constellation.beads_mm &&
               last->constellation.references_mm == constellation.references_mm &&
               last->constellation.radii_mm == constellation.radii_mm;
    };
    // Held while it prepares: trials that run beside each other wait for one layout.
    const std::lock_guard lock(mutex);
    if (!is_last()) last = std::make_shared<const PreparedLayout>(constellation);
    return last;
}

}  // namespace stereo
