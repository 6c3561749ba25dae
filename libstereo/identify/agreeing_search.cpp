#include "agreeing_search.hpp"

#include "blob_triples.hpp"
#include "chance.hpp"
#include "naming_pool.hpp"
#include "triple_search.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace stereo {
namespace {

// Namings of another view that are looked from: its few best.
constexpr std::size_t leaders = 16;

// The work for one view: where it is more than that, as for tens of beads, a view alone is beyond
// doubt unless it shows next to nothing.
constexpr std::size_t max_hypotheses = 1'000'000;

// Poses through three blobs that are refined, where a rotation is as told.
constexpr std::size_t agreeing_proposals = 32;

// A pose through three pairs is turned off by about this much.
constexpr double proposal_error_rad = 0.1;

RotationGate gate_from(const ViewSearch& other, const Eigen::Quaterniond& view_from_other,
                       const Eigen::Matrix3d& turn_covariance, double gate_sd) {
    RotationGate gate;
    double variance = 0.0;
    for (const auto& naming : other.namings) {
        if (gate.view_from_phantom.size() == leaders) break;
        gate.view_from_phantom.push_back(
            (view_from_other * naming.fit.pose.view_from_phantom.rotation)
                .toRotationMatrix()
                .cast<float>());
        variance =
            std::max(variance, (turn_covariance + naming.fit.rotation_covariance()).trace() / 3.0);
    }
    gate.min_cosine = static_cast<float>(
        std::cos(std::min(std::numbers::pi, gate_sd * std::sqrt(variance) + proposal_error_rad)));
    return gate;
}

bool beyond_doubt(const ViewProblem& view, const ViewSearch& search) {
    return !search.namings.empty() && log10_chance(chance_hits(view, search.namings[0])) <
                                          log10_chance_beyond_doubt(view.options);
}

void search_with(const ViewProblem& view, const RotationGate& gate, ViewSearch& search) {
    std::vector<int> all_beads(view.bead_count());
    std::iota(all_beads.begin(), all_beads.end(), 0);
    const TripleSearch triples_of(view.constellation, all_beads, view.map, view.nominal,
                                  view.options);
    NamingPool pool(search.clutter_per_px2);
    BlobTriples triples(view.map.centers_px());
    std::array<int, 3> triple{};
    std::size_t hypotheses = 0;
    const double scatter_mm = search.namings[0].as_built_sd_mm;
    while (hypotheses < max_hypotheses && triples.next(triple)) {
        hypotheses += triples_of.triples_of_beads();
        for (const auto& proposal : triples_of.poses_through(triple, agreeing_proposals, &gate)) {
            if (pool.knows(triple, proposal.beads)) continue;
            const auto refined = refine_pose(view, {proposal.view_from_phantom, 0.0},
                                             start_gates * triples_of.hit_radius_px());
            if (refined) pool.add(name_blobs(view, *refined, scatter_mm));
        }
    }
    for (auto& naming : pool.namings())
        if (std::none_of(search.namings.begin(), search.namings.end(),
                         [&](const Naming& known) { return same_naming(known, naming); }))
            search.namings.push_back(std::move(naming));
    std::stable_sort(search.namings.begin(), search.namings.end(),
                     [&](const Naming& a, const Naming& b) {
                         return a.log_likelihood(search.clutter_per_px2) >
                                b.log_likelihood(search.clutter_per_px2);
                     });
}

}  // namespace

void search_agreeing(std::span<const ViewProblem> views, const RigKnowledge& rig,
                     std::vector<ViewSearch>& searches) {
    const std::vector<ViewSearch> alone = searches;
    for (std::size_t v = 0; v < views.size(); ++v) {
        if (alone[v].namings.empty() || beyond_doubt(views[v], alone[v])) continue;
        for (std::size_t other = 0; other < views.size(); ++other) {
            if (other == v || alone[other].namings.empty()) continue;
            const Eigen::Quaterniond turn = rig.mean.view_from_first[v].rotation *
                                            rig.mean.view_from_first[other].rotation.conjugate();
            Eigen::Matrix3d covariance = Eigen::Matrix3d::Zero();
            for (const std::size_t turned : {v, other})
                if (turned > 0) covariance += rig.turn_covariance(turned);
            search_with(views[v],
                        gate_from(alone[other], turn, covariance, views[v].options.gate_sd),
                        searches[v]);
        }
    }
}

}  // namespace stereo
