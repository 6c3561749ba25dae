#pragma once

#include "naming.hpp"

#include <vector>

namespace stereo {

/// A constellation with its symmetries.
struct PreparedLayout {
    explicit PreparedLayout(const MarkerConstellation& constellation);

    const MarkerConstellation& constellation;
    std::vector<Eigen::Vector3d> markers_mm;  ///< beads, then references
    std::vector<BeadSymmetry> symmetries;
    std::vector<drr::Rigid3> near_symmetries;
    std::vector<int> orbit_beads;   ///< one bead of each orbit of the symmetries
    Eigen::Vector3d thinnest_axis;  ///< of the beads; a flat layout's normal
};

/// Differences of log-likelihood beyond this are certainty: e^-25 is far below any probability of
/// error that an option could ask for.
constexpr double irrelevant_nats = 25.0;

/// The namings that compete for one view, by falling log-likelihood.
struct ViewSearch {
    std::vector<Naming> namings;
    double clutter_per_px2 = 0.0;  ///< density of false blobs by the best naming
};

/// Searches one view: poses through triples of blobs until one is found that cannot be chance, or
/// all triples or options.max_hypotheses are used up; then the rivals of the best by the layout's
/// near symmetries.
[[nodiscard]] ViewSearch search_view(const ViewProblem& view, const PreparedLayout& layout);

}  // namespace stereo
