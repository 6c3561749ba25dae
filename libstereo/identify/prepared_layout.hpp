#pragma once

#include <stereo/identify/constellation.hpp>

#include <vector>

namespace stereo {

/// A constellation with its symmetries.
struct PreparedLayout {
    explicit PreparedLayout(const MarkerConstellation& constellation);

    const MarkerConstellation& constellation;
    std::vector<Eigen::Vector3d> markers_mm;  ///< beads, then references
    std::vector<BeadSymmetry> symmetries;
    std::vector<drr::Rigid3> near_symmetries;
    std::vector<int> orbit_beads;   ///< one of each orbit of what nearly are symmetries
    Eigen::Vector3d thinnest_axis;  ///< of the beads; a flat layout's normal
};

}  // namespace stereo
