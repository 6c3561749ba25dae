#pragma once

#include <stereo/identify/constellation.hpp>

#include <memory>
#include <vector>

namespace stereo {

/// A constellation with its symmetries.
struct PreparedLayout {
    explicit PreparedLayout(const MarkerConstellation& constellation);

    MarkerConstellation constellation;
    std::vector<Eigen::Vector3d> markers_mm;  ///< beads, then references
    std::vector<BeadSymmetry> symmetries;
    std::vector<drr::Rigid3> near_symmetries;
    std::vector<int> orbit_beads;   ///< one of each orbit of what nearly are symmetries
    Eigen::Vector3d thinnest_axis;  ///< of the beads; a flat layout's normal
};

/// A layout prepared, which takes about as long as to name a view; the last one is kept, for the
/// next trial of a study mostly asks for the same.
[[nodiscard]] std::shared_ptr<const PreparedLayout> prepared(
    const MarkerConstellation& constellation);

}  // namespace stereo
