#include "agreeing_search.hpp"
#include "decision.hpp"
#include "joint_search.hpp"
#include "pose_stack.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/core/progress.hpp>
#include <stereo/identify/identify.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace stereo {
namespace {

void require_valid(std::span<const ViewBlobs> blobs, const MarkerConstellation& constellation,
                   std::span<const NominalView> nominal, const IdentifyOptions& options) {
    options.validate();
    drr::require(!nominal.empty() && blobs.size() % nominal.size() == 0,
                 "identification needs the blobs and the nominal values of each view");
    for (const auto& view : blobs) {
        drr::require(std::all_of(view.centers_px.begin(), view.centers_px.end(),
                                 [](const auto& center_px) { return center_px.allFinite(); }),
                     "a blob's centre is not a number");
        drr::require(view.radii_px.empty() || view.radii_px.size() == view.centers_px.size(),
                     "identification needs a radius for each blob, or none");
    }
    const auto markers = constellation.beads_mm.size() + constellation.references_mm.size();
    drr::require(constellation.radii_mm.empty() || constellation.radii_mm.size() == markers,
                 "identification needs a radius for each marker, or none");
}

IdentifyResult not_found(std::span<const ViewBlobs> blobs, std::string reason) {
    IdentifyResult result;
    for (const auto& view : blobs) {
        result.views.emplace_back();
        result.views.back().marker_of_blob.assign(view.centers_px.size(), -1);
    }
    result.summary = std::move(reason);
    return result;
}

// The namings of one pose's views, or why there are none.
struct PoseSearch {
    std::vector<BlobMap> maps;
    std::vector<ViewProblem> views;
    std::vector<ViewSearch> searches;
    std::vector<JointNaming> namings;
    std::string failure;  ///< why nothing is decided by the pose alone
    std::vector<std::vector<Naming>> kept;

    PoseSearch(std::span<const ViewBlobs> blobs, const PreparedLayout& layout,
               std::span<const NominalView> nominal, const IdentifyOptions& options,
               const PriorKnowledge& knowledge) {
        maps.reserve(blobs.size());
        for (std::size_t v = 0; v < blobs.size(); ++v) {
            maps.emplace_back(blobs[v], nominal[v].width_px, nominal[v].height_px);
            views.push_back(
                {maps[v], layout.constellation, layout.markers_mm, nominal[v], options});
        }
        for (std::size_t v = 0; v < blobs.size(); ++v) {
            constexpr std::size_t least = 4;  // blobs that have a pose
            const bool enough = blobs[v].centers_px.size() >= least;
            searches.push_back(enough ? search_view(views[v], layout) : ViewSearch());
            if (!failure.empty()) continue;
            if (!enough)
                failure = fmt::format("view {}: {} blobs, {} beads are needed", v,
                                      blobs[v].centers_px.size(), least);
            else if (searches[v].namings.empty())
                failure = fmt::format("view {}: not found, no pose explains more than chance", v);
        }
        if (!failure.empty()) return;
        search_agreeing(views, knowledge.rig, searches);
        namings = join_views(views, searches, knowledge);
        if (search_jointly(views, namings, searches))
            namings = join_views(views, searches, knowledge);
        if (namings.empty()) failure = "not found: no poses of the views agree with each other";
    }
    // What the joint fits hold of each sighting only a decision needs.
    void release_fits() {
        for (auto& naming : namings) {
            naming.fit.blocks = {};
            naming.fit.covariance.resize(0, 0);
        }
    }
    // Other namings of the pose, and what they point to.
    void keep(std::vector<std::vector<Naming>> of_views, std::vector<JointNaming> joint) {
        kept = std::move(of_views);
        namings = std::move(joint);
    }
    PoseSearch(const PoseSearch&) = delete;
    PoseSearch& operator=(const PoseSearch&) = delete;
};

using PoseSearches = std::vector<std::optional<PoseSearch>>;

// Decides one refused pose again; nothing when it stays refused.
std::optional<IdentifyResult> decided_again(PoseSearch& search,
                                            std::span<const NominalView> nominal,
                                            const PriorKnowledge& knowledge,
                                            const std::vector<Eigen::Vector3d>& markers_mm) {
    std::vector<ViewProblem> views;
    for (std::size_t v = 0; v < nominal.size(); ++v) {
        const ViewProblem& view = search.views[v];
        views.push_back({view.map, view.constellation, markers_mm, view.nominal, view.options});
    }
    std::vector<std::vector<Naming>> storage;
    auto namings =
        join_views_of_known_rig(views, search.searches, knowledge, search.namings, storage);
    if (namings.empty()) return std::nullopt;
    IdentifyResult result = decide(views, namings, knowledge);
    if (!result.ok) return std::nullopt;
    result.summary += ", with the rig and the phantom of other poses";
    search.keep(std::move(storage), std::move(namings));
    search.release_fits();
    return result;
}

// Decides the refused poses again with what the certain ones tell. True when that made one certain
// and others are left.
bool retry_refused(PoseSearches& searches, std::vector<IdentifyResult>& results,
                   std::span<const NominalView> nominal, const IdentifyOptions& options) {
    std::vector<CertainPose> certain;
    std::vector<std::size_t> refused;
    for (std::size_t p = 0; p < results.size(); ++p)
        if (results[p].ok)
            certain.push_back(
                {searches[p]->views, &most_likely(searches[p]->namings), &results[p]});
        else
            refused.push_back(p);
    if (certain.empty() || refused.empty()) return false;
    const auto knowledge = learn_from(certain, nominal, options);
    if (!knowledge) return false;
    std::vector<Eigen::Vector3d> markers_mm;
    for (const auto& place : knowledge->places)
        markers_mm.push_back(place.mean_mm);
    std::vector<std::optional<IdentifyResult>> again(refused.size());
    drr::parallel_for(refused.size(), [&](std::size_t i) {
        again[i] = decided_again(*searches[refused[i]], nominal, *knowledge, markers_mm);
    });
    bool gained = false;
    for (std::size_t i = 0; i < refused.size(); ++i) {
        if (!again[i]) continue;
        results[refused[i]] = *std::move(again[i]);
        gained = true;
    }
    return gained;
}

std::optional<std::string> too_few_beads(const MarkerConstellation& constellation,
                                         const IdentifyOptions& options) {
    if (constellation.beads_mm.size() >= static_cast<std::size_t>(options.min_beads))
        return std::nullopt;
    return fmt::format("the phantom has {} beads, {} are needed", constellation.beads_mm.size(),
                       options.min_beads);
}

}  // namespace

void IdentifyOptions::validate() const {
    drr::require(max_nominal_error > 0.0 && max_nominal_error < 1.0,
                 "max_nominal_error must be in (0, 1)");
    drr::require(as_built_sd_mm >= 0.0, "as_built_sd_mm must not be negative");
    drr::require(blob_sd_px > 0.0, "blob_sd_px must be positive");
    drr::require(radius_log_sd > 0.0, "radius_log_sd must be positive");
    drr::require(gate_sd > 0.0, "gate_sd must be positive");
    drr::require(detection_rate > 0.0 && detection_rate < 1.0, "detection_rate must be in (0, 1)");
    drr::require(ambiguity_px >= 0.0, "ambiguity_px must not be negative");
    drr::require(min_beads >= 4, "min_beads must be at least 4");
    drr::require(max_error_probability > 0.0 && max_error_probability < 1.0,
                 "max_error_probability must be in (0, 1)");
    drr::require(max_name_error > 0.0 && max_name_error < 1.0, "max_name_error must be in (0, 1)");
    drr::require(max_other_marker_error > 0.0 && max_other_marker_error < 1.0,
                 "max_other_marker_error must be in (0, 1)");
    drr::require(max_chance_poses > 0.0, "max_chance_poses must be positive");
    drr::require(max_size_diagonals > 0.0, "max_size_diagonals must be positive");
    drr::require(max_hypotheses > 0, "max_hypotheses must be positive");
}

IdentifyResult identify_markers(std::span<const ViewBlobs> blobs,
                                const MarkerConstellation& constellation,
                                std::span<const NominalView> nominal,
                                const IdentifyOptions& options) {
    drr::require(blobs.size() == nominal.size(),
                 "identification needs the blobs and the nominal values of each view");
    return identify_poses(blobs, constellation, nominal, options)[0];
}

std::vector<IdentifyResult> identify_poses(std::span<const ViewBlobs> blobs,
                                           const MarkerConstellation& constellation,
                                           std::span<const NominalView> nominal,
                                           const IdentifyOptions& options,
                                           const drr::ProgressSink& progress) {
    require_valid(blobs, constellation, nominal, options);
    const std::size_t views = nominal.size();
    const std::size_t poses = blobs.size() / views;
    std::vector<IdentifyResult> results;
    if (const auto reason = too_few_beads(constellation, options)) {
        for (std::size_t p = 0; p < poses; ++p)
            results.push_back(not_found(blobs.subspan(p * views, views), *reason));
        return results;
    }
    const auto layout = prepared(constellation);
    const PriorKnowledge knowledge = nominal_knowledge(nominal, options);
    PoseSearches searches(poses);
    results.resize(poses);
    drr::ProgressCount count(progress, "identify", poses);
    drr::parallel_for(poses, [&](std::size_t p) {
        const auto of_pose = blobs.subspan(p * views, views);
        PoseSearch& search = searches[p].emplace(of_pose, *layout, nominal, options, knowledge);
        results[p] = search.failure.empty() ? decide(search.views, search.namings, knowledge)
                                            : not_found(of_pose, search.failure);
        search.release_fits();
        count.step();
    });
    while (retry_refused(searches, results, nominal, options)) {
    }
    return results;
}

}  // namespace stereo
