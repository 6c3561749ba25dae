#include "decision.hpp"

#include "chance.hpp"
#include "lesser_rivals.hpp"
#include "name_posteriors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace stereo {
namespace {

// Names are the same when most blobs that both name have the same.
bool same_identity(const JointNaming& a, const JointNaming& b) {
    int common = 0;
    int same = 0;
    for (std::size_t v = 0; v < a.marker_of_blob.size(); ++v)
        for (std::size_t i = 0; i < a.marker_of_blob[v].size(); ++i) {
            const int of_a = a.marker_of_blob[v][i];
            const int of_b = b.marker_of_blob[v][i];
            if (of_a < 0 || of_b < 0) continue;
            ++common;
            if (of_a == of_b) ++same;
        }
    return 2 * same > common;
}

RivalIdentity identity_of(const JointNaming& joint, double probability) {
    RivalIdentity result;
    result.probability = probability;
    for (std::size_t v = 0; v < joint.of_view.size(); ++v) {
        const Naming& naming = *joint.of_view[v];
        ViewIdentity identity;
        identity.marker_of_blob = joint.marker_of_blob[v];
        identity.view_from_phantom =
            joint.fit.relations.view_from_first[v] * joint.fit.first_from_phantom[0];
        identity.focal_scale = std::exp(joint.fit.relations.log_focal[v]);
        identity.beads_found = naming.beads_found;
        identity.references_found = naming.references_found;
        identity.rms_px = std::sqrt(naming.squares_px2 / std::max(naming.beads_found, 1));
        result.views.push_back(std::move(identity));
    }
    return result;
}

// Probability that a random rotation differs from a given one by at most an angle.
double probability_of_turn(double angle_rad) {
    return (angle_rad - std::sin(angle_rad)) / std::numbers::pi;
}

// Namings that say the same, under their best, with the probability of all of them.
std::vector<std::pair<std::size_t, double>> identities(const std::vector<JointNaming>& namings) {
    std::vector<std::size_t> order(namings.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return namings[a].log_likelihood > namings[b].log_likelihood;
    });
    std::vector<std::pair<std::size_t, double>> result;
    double total = 0.0;
    for (const std::size_t i : order) {
        const double weight =
            std::exp(namings[i].log_likelihood - namings[order[0]].log_likelihood);
        if (!(weight >= std::exp(-irrelevant_nats))) break;
        total += weight;
        const auto same = std::find_if(result.begin(), result.end(), [&](const auto& known) {
            return same_identity(namings[known.first], namings[i]);
        });
        if (same == result.end())
            result.emplace_back(i, weight);
        else
            same->second += weight;
    }
    for (auto& [index, probability] : result)
        probability /= total;
    return result;
}

// log10 of how many poses are expected to fit all views as well by chance.
double log10_chance(std::span<const ViewProblem> views, const JointNaming& joint,
                    const RigKnowledge& rig) {
    std::vector<ChanceHits> hits;
    for (std::size_t v = 0; v < views.size(); ++v)
        hits.push_back(chance_hits(views[v], *joint.of_view[v]));
    if (rig.shifts_known) {
        // A pose through three blobs of one view has all further beads of all views to find.
        ChanceHits all = hits[0];
        for (std::size_t v = 1; v < views.size(); ++v) {
            all.log10_poses = std::min(all.log10_poses, hits[v].log10_poses);
            all.visible += hits[v].visible;
            all.found += hits[v].found;
            all.hit_rate = std::max(all.hit_rate, hits[v].hit_rate);
        }
        return log10_chance(all);
    }
    // That random poses of all views agree in their rotations. What one view says, given that the
    // others show the phantom, is weighed against its rivals.
    double sum = log10_chance(hits[0]);
    for (std::size_t v = 1; v < views.size(); ++v) {
        const Eigen::Matrix3d covariance = joint.of_view[0]->fit.rotation_covariance() +
                                           joint.of_view[v]->fit.rotation_covariance() +
                                           rig.turn_covariance(v);
        const double allowed = views[v].options.gate_sd * std::sqrt(covariance.trace() / 3.0);
        sum += log10_chance(hits[v]) +
               std::log10(probability_of_turn(std::min(allowed, std::numbers::pi)));
    }
    return sum;
}

// Beads that have to be found in all views together, and in each. Six in one view are 12 equations
// for 7 unknowns (min_beads). Of several views each may show two less, which the others make up
// for: what rivals that show still less could explain is weighed, the names of the other views
// held (lesser_rivals.hpp). One view that shows one more has to hold them: of two views of four,
// one in 1,000 was certain and wrong. With a known rig a pose has 6 unknowns, whatever view its
// beads are in, but six or seven of them, spread over two views, still left two names interchanged
// in 2 of 730 poses, and eight were all named wrongly in one of 250 (test_identify_phantoms,
// stacks of a cluster).
struct NeededBeads {
    int together = 0;
    int in_each = 0;
};

NeededBeads needed_beads(std::size_t views, const IdentifyOptions& options,
                         const RigKnowledge& rig) {
    if (rig.shifts_known) return {options.min_beads + 3, 0};
    if (views == 1) return {options.min_beads, options.min_beads};
    const int in_each = options.min_beads - 2;
    return {static_cast<int>(views) * in_each + 1, in_each};
}

// Why a naming shows too little of the phantom; empty if it does not.
std::string too_little(std::span<const ViewProblem> views, const JointNaming& joint,
                       const RigKnowledge& rig) {
    const IdentifyOptions& options = views[0].options;
    const NeededBeads needed = needed_beads(views.size(), options, rig);
    int beads = 0;
    for (std::size_t v = 0; v < views.size(); ++v) {
        const Naming& naming = *joint.of_view[v];
        beads += naming.beads_found;
        if (naming.beads_found < needed.in_each)
            return fmt::format("view {}: {} beads found, {} are needed", v, naming.beads_found,
                               needed.in_each);
        if (plausibility(views[v], naming) < options.max_error_probability)
            return fmt::format("not found: view {} shows {} of {} beads, too few to be likely", v,
                               naming.beads_accounted, naming.beads_visible);
    }
    if (beads < needed.together)
        return fmt::format("{} beads found, {} are needed", beads, needed.together);
    return {};
}

// The weight of the namings by which a view that shows few beads shows others, and still fewer.
double weight_of_showing_less(std::span<const ViewProblem> views, const JointNaming& best,
                              const PriorKnowledge& knowledge) {
    const IdentifyOptions& options = views[0].options;
    if (views.size() == 1 || knowledge.rig.shifts_known) return 0.0;
    std::vector<double> clutter_per_px2;
    for (std::size_t v = 0; v < views.size(); ++v)
        clutter_per_px2.push_back(false_blobs_per_px2(views[v], *best.of_view[v]));
    double sum = 0.0;
    for (std::size_t v = 0; v < views.size(); ++v)
        if (best.of_view[v]->beads_found < options.min_beads)
            sum += weight_of_lesser_rivals(views, clutter_per_px2, knowledge, best, v,
                                           options.max_error_probability);
    return sum;
}

}  // namespace

IdentifyResult decide(std::span<const ViewProblem> views, const std::vector<JointNaming>& namings,
                      const PriorKnowledge& knowledge) {
    const IdentifyOptions& options = views[0].options;
    const auto ranked = identities(namings);
    const JointNaming& best = namings[ranked[0].first];
    IdentifyResult result;
    result.probability = ranked[0].second;
    result.views = identity_of(best, result.probability).views;
    set_names(best, name_errors(views, namings, best, places_for(views, best.of_view, knowledge)),
              options, result.views);

    result.log10_chance = log10_chance(views, best, knowledge.rig);
    std::string reason = too_little(views, best, knowledge.rig);
    if (reason.empty() && result.log10_chance > std::log10(options.max_chance_poses))
        reason = fmt::format("not found: chance alone would give 10^{:.1f} such poses",
                             result.log10_chance);
    if (reason.empty()) {
        const double less = weight_of_showing_less(views, best, knowledge);
        if (less > options.max_error_probability)
            reason = "few beads found: a view may as well show others, and still fewer";
        result.probability /= 1.0 + less * result.probability;
    }
    const double wrong = std::max(0.0, 1.0 - result.probability);
    if (reason.empty() && wrong > options.max_error_probability) {
        result.ambiguous = true;
        for (const auto& [index, probability] : ranked)
            if (probability > options.max_error_probability)
                result.rivals.push_back(identity_of(namings[index], probability));
        reason = fmt::format("ambiguous: {} namings, the best with a probability of {:.3g}",
                             ranked.size(), result.probability);
    }
    result.ok = reason.empty();
    if (result.ok) reason = fmt::format("certain, probability of error {:.0e}", wrong);
    int beads = 0;
    int references = 0;
    for (const Naming* naming : best.of_view) {
        beads += naming->beads_found;
        references += naming->references_found;
    }
    result.summary = fmt::format("{} beads and {} references in {} view{}; {}", beads, references,
                                 views.size(), views.size() == 1 ? "" : "s", reason);
    if (!result.ok)
        for (auto& view : result.views) {
            std::fill(view.marker_of_blob.begin(), view.marker_of_blob.end(), -1);
            view.name_error_of_blob.clear();
            view.other_marker_error_of_blob.clear();
        }
    return result;
}

}  // namespace stereo
