#pragma once

#include "naming.hpp"
#include "prepared_layout.hpp"

#include <vector>

namespace stereo {

/// Differences of log-likelihood beyond this are certainty: e^-25 is far below any probability of
/// error that an option could ask for.
constexpr double irrelevant_nats = 25.0;

/// Poses through three blobs that are refined.
constexpr std::size_t proposals_per_triple = 8;

/// Their first gate, in hit radii of TripleSearch.
constexpr double start_gates = 1.5;

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
