#include "joint_namings.hpp"

#include "name_posteriors.hpp"

#include <Eigen/Cholesky>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace stereo {
namespace {

// How far two detectors may be turned against each other beside the nominal angle: 2 degrees, more
// than anybody mounts them wrong.
constexpr double mounting_sd_rad = 0.035;

// Names are the same when most blobs that both name have the same.
bool same_identity(const JointNaming& a, const JointNaming& b) {
    int common = 0;
    int same = 0;
    for (std::size_t v = 0; v < a.of_view.size(); ++v)
        for (std::size_t i = 0; i < a.of_view[v]->marker_of_blob.size(); ++i) {
            const int of_a = a.of_view[v]->marker_of_blob[i];
            const int of_b = b.of_view[v]->marker_of_blob[i];
            if (of_a < 0 || of_b < 0) continue;
            ++common;
            if (of_a == of_b) ++same;
        }
    return 2 * same > common;
}

ViewIdentity identity_of(const Naming& naming) {
    ViewIdentity identity;
    identity.marker_of_blob = naming.marker_of_blob;
    for (std::size_t i = 0; i < naming.doubtful.size(); ++i)
        if (naming.doubtful[i]) identity.marker_of_blob[i] = -1;
    identity.view_from_phantom = naming.fit.pose.view_from_phantom;
    identity.focal_scale = std::exp(naming.fit.pose.log_focal);
    identity.beads_found = naming.beads_found;
    identity.references_found = naming.references_found;
    identity.rms_px = std::sqrt(naming.squares_px2 / std::max(naming.beads_found, 1));
    return identity;
}

RivalIdentity identity_of(const JointNaming& naming, double probability) {
    RivalIdentity identity;
    for (const Naming* view : naming.of_view)
        identity.views.push_back(identity_of(*view));
    identity.probability = probability;
    return identity;
}

// Probability that a random rotation differs from a given one by at most an angle.
double probability_of_turn(double angle_rad) {
    return (angle_rad - std::sin(angle_rad)) / std::numbers::pi;
}

// The odds of a rival against the best without the blob that speaks most for the best. `log_odds`:
// with it.
double odds_without_a_blob(const JointNaming& best, const JointNaming& rival, double log_odds,
                           std::span<const double> clutter_per_px2) {
    double most = 0.0;
    for (std::size_t v = 0; v < best.of_view.size(); ++v) {
        const double log_clutter = std::log(clutter_per_px2[v]);
        const auto evidence = [&](const Naming& naming, std::size_t blob) {
            return naming.marker_of_blob[blob] < 0 ? 0.0 : naming.evidence[blob] - log_clutter;
        };
        for (std::size_t blob = 0; blob < best.of_view[v]->evidence.size(); ++blob)
            most = std::max(most,
                            evidence(*best.of_view[v], blob) - evidence(*rival.of_view[v], blob));
    }
    return std::exp(log_odds + most);
}

// Namings that say the same, under their best, with the probability of all of them.
std::vector<std::pair<std::size_t, double>> identities(const std::vector<JointNaming>& namings,
                                                       const std::vector<double>& log_weights) {
    std::vector<std::size_t> order(namings.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return log_weights[a] > log_weights[b]; });
    std::vector<std::pair<std::size_t, double>> result;
    double total = 0.0;
    for (const std::size_t i : order) {
        const double weight = std::exp(log_weights[i] - log_weights[order[0]]);
        if (weight < std::exp(-irrelevant_nats)) break;
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

}  // namespace

Eigen::Matrix3d nominal_turn_covariance(const NominalView& first, const NominalView& view,
                                        const IdentifyOptions& options) {
    const Eigen::Vector3d nominal =
        drr::vector_from_rotation(view.view_from_rig * first.view_from_rig.conjugate());
    const double relative_sd = options.max_nominal_error / std::sqrt(3.0);
    return relative_sd * relative_sd * nominal * nominal.transpose() +
           mounting_sd_rad * mounting_sd_rad * Eigen::Matrix3d::Identity();
}

double log_normal(const Eigen::Vector3d& offset, const Eigen::Matrix3d& covariance) {
    const Eigen::LLT<Eigen::Matrix3d> root(covariance);
    const Eigen::Vector3d normalized = root.matrixL().solve(offset);
    return -0.5 * normalized.squaredNorm() - root.matrixLLT().diagonal().array().log().sum() -
           1.5 * std::log(2.0 * std::numbers::pi);
}

std::vector<JointNaming> join_views(std::span<const ViewSearch> searches,
                                    std::span<const NominalView> nominal,
                                    const IdentifyOptions& options) {
    std::vector<JointNaming> joint;
    for (const auto& naming : searches[0].namings)
        joint.push_back({{&naming}, naming.log_likelihood(searches[0].clutter_per_px2), {}, {}});
    for (std::size_t v = 1; v < searches.size(); ++v) {
        const Eigen::Quaterniond nominal_turn =
            nominal[v].view_from_rig * nominal[0].view_from_rig.conjugate();
        const Eigen::Matrix3d prior = nominal_turn_covariance(nominal[0], nominal[v], options);
        std::vector<JointNaming> longer;
        for (const auto& first : joint)
            for (const auto& naming : searches[v].namings) {
                const auto& from = first.of_view[0]->fit;
                const Eigen::Quaterniond turn = naming.fit.pose.view_from_phantom.rotation *
                                                from.pose.view_from_phantom.rotation.conjugate();
                const Eigen::Vector3d offset =
                    drr::vector_from_rotation(turn * nominal_turn.conjugate());
                const Eigen::Matrix3d turned = turn.toRotationMatrix();
                const Eigen::Matrix3d covariance =
                    naming.fit.rotation_covariance() +
                    turned * from.rotation_covariance() * turned.transpose();
                // Half the square of the offset in standard deviations, as a log-likelihood.
                const Eigen::Matrix3d all = covariance + prior;
                if (0.5 * offset.dot(all.ldlt().solve(offset)) > irrelevant_nats) continue;
                JointNaming both = first;
                both.of_view.push_back(&naming);
                both.log_likelihood += naming.log_likelihood(searches[v].clutter_per_px2);
                both.turn_rad.push_back(offset);
                both.turn_covariance.push_back(covariance);
                longer.push_back(std::move(both));
            }
        joint = std::move(longer);
    }
    return joint;
}

double log_posterior(const JointNaming& naming, std::span<const NominalView> nominal,
                     const IdentifyOptions& options) {
    double sum = naming.log_likelihood;
    for (std::size_t v = 1; v < nominal.size(); ++v)
        sum += log_normal(naming.turn_rad[v - 1],
                          naming.turn_covariance[v - 1] +
                              nominal_turn_covariance(nominal[0], nominal[v], options));
    return sum;
}

IdentifyResult decide(std::span<const ViewProblem> views, const std::vector<JointNaming>& namings,
                      const std::vector<double>& log_weights, const IdentifyOptions& options) {
    const auto ranked = identities(namings, log_weights);
    const JointNaming& best = namings[ranked[0].first];
    IdentifyResult result;
    result.probability = ranked[0].second;
    result.views = identity_of(best, result.probability).views;
    withhold_doubtful_names(views, best, result.views, options);
    std::vector<double> clutter_per_px2;
    for (std::size_t v = 0; v < views.size(); ++v)
        clutter_per_px2.push_back(false_blobs_per_px2(views[v], *best.of_view[v]));
    std::vector<double> odds_without;
    for (const auto& [index, probability] : ranked)
        odds_without.push_back(odds_without_a_blob(
            best, namings[index], log_weights[index] - log_weights[ranked[0].first],
            clutter_per_px2));
    const double rivals_without =
        std::accumulate(odds_without.begin() + 1, odds_without.end(), 0.0);
    int beads = 0;
    int references = 0;
    std::string reason;
    // Of a random pose in one view, that its rotation agrees with that of another.
    double log10_agreement = 0.0;
    double worst_log10_chance = -std::numeric_limits<double>::infinity();
    for (std::size_t v = 0; v < views.size(); ++v) {
        const Naming& naming = *best.of_view[v];
        beads += naming.beads_found;
        references += naming.references_found;
        const double chance = log10_chance(views[v], naming);
        worst_log10_chance = std::max(worst_log10_chance, chance);
        result.log10_chance += chance;
        if (v > 0) {
            const Eigen::Matrix3d covariance =
                best.turn_covariance[v - 1] +
                nominal_turn_covariance(views[0].nominal, views[v].nominal, options);
            const double allowed = options.gate_sd * std::sqrt(covariance.trace() / 3.0);
            log10_agreement = std::log10(probability_of_turn(std::min(allowed, std::numbers::pi)));
            result.log10_chance += log10_agreement;
        }
        if (naming.beads_found < options.min_beads && reason.empty())
            reason = fmt::format("view {}: {} beads found, {} are needed", v, naming.beads_found,
                                 options.min_beads);
        else if (plausibility(views[v], naming) < options.max_error_probability && reason.empty())
            reason = fmt::format("not found: view {} shows {} of {} beads, too few to be likely", v,
                                 naming.beads_accounted, naming.beads_visible);
    }
    // Each view has to be found, given the others: one that is beyond doubt says nothing of another
    // but how the phantom is turned there.
    result.log10_chance = std::max(result.log10_chance, worst_log10_chance + log10_agreement);
    if (reason.empty() && result.log10_chance > std::log10(options.max_chance_poses))
        reason = fmt::format("not found: chance alone would give 10^{:.1f} such poses",
                             result.log10_chance);
    const double wrong = std::max(0.0, 1.0 - result.probability);
    if (reason.empty() && (wrong > options.max_error_probability ||
                           rivals_without > options.max_odds_without_a_blob)) {
        result.ambiguous = true;
        for (std::size_t i = 0; i < ranked.size(); ++i)
            if (ranked[i].second > options.max_error_probability ||
                odds_without[i] > options.max_odds_without_a_blob)
                result.rivals.push_back(identity_of(namings[ranked[i].first], ranked[i].second));
        reason = fmt::format("ambiguous: {} namings, the best with a probability of {:.3g}",
                             ranked.size(), result.probability);
    }
    result.ok = reason.empty();
    if (result.ok) reason = fmt::format("certain, probability of error {:.0e}", wrong);
    result.summary = fmt::format("{} beads and {} references in {} view{}; {}", beads, references,
                                 views.size(), views.size() == 1 ? "" : "s", reason);
    if (!result.ok)
        for (auto& view : result.views)
            std::fill(view.marker_of_blob.begin(), view.marker_of_blob.end(), -1);
    return result;
}

}  // namespace stereo
