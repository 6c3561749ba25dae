#include "prepared_layout.hpp"

#include <drr/geometry/decompositions.hpp>

#include <algorithm>

namespace stereo {
namespace {

Eigen::Vector3d thinnest_axis_of(const std::vector<Eigen::Vector3d>& points_mm) {
    const Eigen::Vector3d centroid = centroid_of(points_mm);
    Eigen::Matrix3d scatter = Eigen::Matrix3d::Zero();
    for (const auto& point : points_mm)
        scatter += (point - centroid) * (point - centroid).transpose();
    return drr::symmetric_eigen(scatter).vectors.col(0);
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
      near_symmetries(stereo::near_symmetries(c.beads_mm)),
      orbit_beads(orbits_of(c.beads_mm)),
      thinnest_axis(thinnest_axis_of(c.beads_mm)) {}

}  // namespace stereo
