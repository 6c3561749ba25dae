#include "identify_oracle.hpp"

#include "agreeing_search.hpp"
#include "joint_search.hpp"
#include "lesser_rivals.hpp"
#include "name_posteriors.hpp"

#include <algorithm>
#include <cmath>

namespace test {
namespace {

using Names = std::vector<std::vector<int>>;  // per view and blob: marker or -1

Names true_names(const IdentifyCase& c) {
    Names names;
    for (const auto& view : c.truth) {
        names.emplace_back();
        for (const auto& markers : view)
            names.back().push_back(markers.size() == 1 ? markers[0] : -1);
    }
    return names;
}

// The pose and focal length that explain the true names best.
stereo::ViewPose true_pose(const IdentifyCase& c, std::size_t view, const stereo::ViewProblem& in) {
    const drr::Pinhole& is = c.true_pinholes[view];
    const drr::Pinhole& told = c.nominal[view].pinhole;
    stereo::ViewPose pose{c.view_from_phantom[view], std::log(is.fx_px / told.fx_px)};
    // The principal point that a view does not have is a shift across its beam.
    const double depth_mm = (pose.view_from_phantom * stereo::centroid_of(c.design.beads_mm)).z();
    pose.view_from_phantom.translation_mm.head<2>() +=
        depth_mm *
        Eigen::Vector2d((is.cx_px - told.cx_px) / is.fx_px, (is.cy_px - told.cy_px) / is.fy_px);
    drr::MarkerSights sights(c.truth[view].size());
    for (std::size_t blob = 0; blob < c.truth[view].size(); ++blob) {
        if (c.truth[view][blob].size() != 1) continue;
        const auto marker = static_cast<std::size_t>(c.truth[view][blob][0]);
        sights.add(
            in.markers_mm[marker], c.blobs[view].centers_px[blob],
            std::hypot(c.options.as_built_sd_mm * is.fx_px / depth_mm, c.options.blob_sd_px));
    }
    constexpr int iterations = 20;
    return fit_pose_and_focal(sights, told, pose, in.log_focal_sd(), iterations).pose;
}

bool agrees(const Names& names, const Names& truth) {
    int common = 0;
    int same = 0;
    for (std::size_t v = 0; v < truth.size(); ++v)
        for (std::size_t blob = 0; blob < truth[v].size(); ++blob) {
            if (names[v][blob] < 0 || truth[v][blob] < 0) continue;
            ++common;
            if (names[v][blob] == truth[v][blob]) ++same;
        }
    return 2 * same > common;
}

}  // namespace

OracleAnswer ask_oracle(const IdentifyCase& c) {
    const stereo::PreparedLayout layout(c.design);
    const auto knowledge = stereo::nominal_knowledge(c.nominal, c.options);
    const Names truth = true_names(c);
    std::vector<stereo::BlobMap> maps;
    maps.reserve(c.blobs.size());
    std::vector<stereo::ViewProblem> views;
    std::vector<stereo::ViewSearch> searches;
    for (std::size_t v = 0; v < c.blobs.size(); ++v) {
        maps.emplace_back(c.blobs[v], c.nominal[v].width_px, c.nominal[v].height_px);
        views.push_back(
            {maps[v], layout.constellation, layout.markers_mm, c.nominal[v], c.options});
        constexpr std::size_t least = 4;  // blobs that a naming needs
        if (maps[v].size() < least) return {};
        searches.push_back(search_view(views[v], layout));
    }
    search_agreeing(views, knowledge.rig, searches);
    (void)search_jointly(views, join_views(views, searches, knowledge), searches);
    for (std::size_t v = 0; v < c.blobs.size(); ++v) {
        auto& namings = searches[v].namings;
        const stereo::ViewPose pose = true_pose(c, v, views[v]);
        for (const auto& motion : layout.near_symmetries)
            namings.push_back(name_blobs(views[v],
                                         {pose.view_from_phantom * motion, pose.log_focal},
                                         c.options.as_built_sd_mm));
        searches[v].clutter_per_px2 =
            false_blobs_per_px2(views[v], namings[namings.size() - layout.near_symmetries.size()]);
        std::stable_sort(namings.begin(), namings.end(), [&](const auto& a, const auto& b) {
            return a.log_likelihood(searches[v].clutter_per_px2) >
                   b.log_likelihood(searches[v].clutter_per_px2);
        });
    }
    const auto namings = join_views(views, searches, knowledge);
    if (namings.empty()) return {};
    OracleAnswer answer;
    double right = 0.0;
    double total = 0.0;
    const stereo::JointNaming* best = nullptr;
    const double most = most_likely(namings).log_likelihood;
    for (const auto& naming : namings) {
        const double weight = std::exp(naming.log_likelihood - most);
        total += weight;
        if (!agrees(naming.marker_of_blob, truth)) continue;
        right += weight;
        if (best == nullptr || naming.log_likelihood > best->log_likelihood) best = &naming;
    }
    answer.error_probability = (total - right) / total;
    if (best == nullptr) return answer;
    if (views.size() == 2 && answer.error_probability <= c.options.max_error_probability) {
        std::vector<double> clutter_per_px2;
        for (std::size_t v = 0; v < views.size(); ++v)
            clutter_per_px2.push_back(
                false_blobs_per_px2(views[v], *most_likely(namings).of_view[v]));
        for (std::size_t v = 0; v < views.size(); ++v)
            answer.error_probability += weight_of_lesser_rivals(
                views, clutter_per_px2, knowledge, *best, v, c.options.max_error_probability);
    }
    std::vector<stereo::ViewIdentity> identities(views.size());
    set_names(*best,
              name_errors(views, namings, *best, places_for(views, best->of_view, knowledge)),
              c.options, identities);
    for (std::size_t v = 0; v < views.size(); ++v)
        for (std::size_t blob = 0; blob < truth[v].size(); ++blob) {
            if (!is_unambiguous(c, v, blob)) continue;
            ++answer.names;
            if (identities[v].marker_of_blob[blob] == truth[v][blob]) ++answer.names_kept;
        }
    return answer;
}

}  // namespace test
