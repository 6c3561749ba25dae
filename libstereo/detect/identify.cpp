#include "pose_search.hpp"

#include <drr/core/error.hpp>
#include <stereo/detect/identify.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace stereo {
namespace {

// One way to name the blobs of a view.
struct Hypothesis {
    ViewIdentity identity;
    double score = 0.0;
};

// Names the blobs under a pose. Each marker takes the blob nearest to its prediction, and a blob
// with two predictions close by stays without a name: it may be either or both.
Hypothesis name_blobs(const BlobMap& map, const MarkerConstellation& constellation,
                      const drr::Rigid3& pose, const NominalView& nominal,
                      const IdentifyOptions& options) {
    const auto markers = constellation.all_mm();
    const auto beads = constellation.beads_mm.size();
    Hypothesis h;
    h.identity.view_from_phantom = pose;
    h.identity.marker_of_blob.assign(map.blobs().size(), -1);
    std::vector<Eigen::Vector2d> predicted;
    for (const auto& marker : markers) {
        const Eigen::Vector3d p = pose * marker;
        predicted.push_back(
            p.z() > 0.0 ? nominal.pinhole.project(p)
                        : Eigen::Vector2d::Constant(std::numeric_limits<double>::infinity()));
    }
    double sum = 0.0;
    int missing = 0;
    std::vector<bool> explained(map.blobs().size(), false);
    for (std::size_t i = 0; i < markers.size(); ++i) {
        if (!predicted[i].allFinite()) continue;
        const auto nearest = map.nearest(predicted[i]);
        const bool is_bead = i < beads;
        // A blob that a bead explains is no evidence of a reference: else every orientation would
        // find some.
        if (nearest.blob < 0 || nearest.distance_px > options.gate_px ||
            (!is_bead && explained[static_cast<std::size_t>(nearest.blob)])) {
            if (map.contains(predicted[i])) ++missing;
            continue;
        }
        const auto blob = static_cast<std::size_t>(nearest.blob);
        explained[blob] = true;
        h.score += 1.0;
        ++(is_bead ? h.identity.beads_found : h.identity.references_found);
        if (is_bead) sum += nearest.distance_px * nearest.distance_px;
        // Another marker predicted at the same place: the blob may be either, and is not named.
        const bool alone = std::none_of(predicted.begin(), predicted.end(), [&](const auto& other) {
            return &other != &predicted[i] &&
                   (other - map.blobs()[blob]).norm() < options.ambiguity_px;
        });
        if (alone) h.identity.marker_of_blob[blob] = static_cast<int>(i);
    }
    h.score -= 0.5 * missing;
    h.identity.rms_px = std::sqrt(sum / std::max(h.identity.beads_found, 1));
    return h;
}

// All hypotheses of a view: its poses, each with every symmetry of the beads.
std::vector<Hypothesis> hypotheses(const BlobMap& map, const MarkerConstellation& constellation,
                                   const std::vector<BeadSymmetry>& symmetries,
                                   const NominalView& nominal, const IdentifyOptions& options) {
    const Eigen::Vector3d centroid = centroid_of(constellation.beads_mm);
    std::vector<Hypothesis> result;
    for (const auto& candidate :
         search_poses(map, constellation.beads_mm, symmetries, nominal, options))
        for (const auto& symmetry : symmetries) {
            const drr::Rigid3 turn(symmetry.rotation, centroid - symmetry.rotation * centroid);
            result.push_back(name_blobs(map, constellation, candidate.view_from_phantom * turn,
                                        nominal, options));
        }
    return result;
}

double rotation_error_rad(const Hypothesis& a, const Hypothesis& b, const NominalView& nominal_a,
                          const NominalView& nominal_b) {
    return drr::angle_between_rad(
        b.identity.view_from_phantom.rotation * a.identity.view_from_phantom.rotation.conjugate(),
        nominal_b.view_from_rig * nominal_a.view_from_rig.conjugate());
}

// One hypothesis a view, such that all agree with how the views stand to each other.
struct Choice {
    std::vector<const Hypothesis*> of_view;
    double score = 0.0;
};

}  // namespace

void IdentifyOptions::validate() const {
    drr::require(gate_px > 0.0, "gate_px must be positive");
    drr::require(ambiguity_px >= gate_px, "ambiguity_px must be at least gate_px");
    drr::require(max_rotation_error_rad > 0.0, "max_rotation_error_rad must be positive");
    drr::require(min_found_fraction > 0.0 && min_found_fraction <= 1.0,
                 "min_found_fraction must be in (0, 1]");
    drr::require(min_margin >= 1, "min_margin must be at least 1");
    drr::require(orientations > 0, "at least one orientation must be tried");
}

IdentifyResult identify_markers(std::span<const std::vector<Eigen::Vector2d>> blobs_px,
                                const MarkerConstellation& constellation,
                                std::span<const NominalView> nominal,
                                const IdentifyOptions& options) {
    options.validate();
    drr::require(!blobs_px.empty() && blobs_px.size() == nominal.size(),
                 "identification needs the blobs and the nominal values of each view");
    IdentifyResult result;
    if (constellation.beads_mm.size() < 6) {
        result.summary = "the phantom has fewer than 6 beads";
        return result;
    }
    const auto symmetries = bead_symmetries(constellation.beads_mm);
    std::vector<std::vector<Hypothesis>> views;
    for (std::size_t v = 0; v < blobs_px.size(); ++v) {
        const BlobMap map(blobs_px[v], nominal[v].width_px, nominal[v].height_px);
        views.push_back(hypotheses(map, constellation, symmetries, nominal[v], options));
        if (views.back().empty()) {
            result.summary = fmt::format("view {}: only {} blobs", v, blobs_px[v].size());
            return result;
        }
    }

    // For each hypothesis of the first view the best agreeing ones of the others.
    std::vector<Choice> choices;
    for (const auto& first : views[0]) {
        Choice choice{{&first}, first.score};
        for (std::size_t v = 1; v < views.size(); ++v) {
            const Hypothesis* best = nullptr;
            for (const auto& other : views[v])
                if (rotation_error_rad(first, other, nominal[0], nominal[v]) <=
                        options.max_rotation_error_rad &&
                    (best == nullptr || other.score > best->score))
                    best = &other;
            if (best == nullptr) break;
            choice.of_view.push_back(best);
            choice.score += best->score;
        }
        if (choice.of_view.size() == views.size()) choices.push_back(choice);
    }
    if (choices.empty()) {
        result.summary = "no orientation of the phantom agrees with all views";
        return result;
    }
    std::stable_sort(choices.begin(), choices.end(),
                     [](const Choice& a, const Choice& b) { return a.score > b.score; });
    int beads = 0;
    int references = 0;
    for (const Hypothesis* h : choices[0].of_view) {
        result.views.push_back(h->identity);
        beads += h->identity.beads_found;
        references += h->identity.references_found;
    }
    const auto wanted = options.min_found_fraction * static_cast<double>(views.size()) *
                        static_cast<double>(constellation.beads_mm.size());
    const double margin = choices.size() > 1 ? choices[0].score - choices[1].score
                                             : std::numeric_limits<double>::infinity();
    const bool found = beads >= wanted;
    result.ambiguous = found && margin < options.min_margin;
    result.ok = found && !result.ambiguous;
    result.summary =
        fmt::format("{} beads and {} references in {} views{}", beads, references, views.size(),
                    !found             ? ": too few"
                    : result.ambiguous ? ": another orientation fits as well"
                                       : "");
    if (!result.ok)
        for (auto& view : result.views)
            std::fill(view.marker_of_blob.begin(), view.marker_of_blob.end(), -1);
    return result;
}

}  // namespace stereo
