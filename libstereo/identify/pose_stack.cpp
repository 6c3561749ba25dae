#include "pose_stack.hpp"

#include "cholesky.hpp"

#include <drr/geometry/decompositions.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace stereo {
namespace {

// More poses would add little to what these tell; a fit takes a second with 50.
constexpr std::size_t poses_to_learn_from = 12;

// Standard deviations of what is learned are taken for this much larger: they are those of a model
// without distortion or a play of the rig.
constexpr double caution = 2.0;

// Squared residuals in standard deviations, for each that there is, above which poses contradict
// each other: right ones leave 1 or less, for blobs are seen better than options.blob_sd_px.
constexpr double contradiction = 2.0;

double mean_square(const JointFit& fit) {
    double sum = 0.0;
    double rows = 0.0;
    for (const auto& block : fit.blocks) {
        sum += Whitening(block.covariance).square(block.residual_px);
        rows += static_cast<double>(block.residual_px.size());
    }
    return sum / rows;
}

double scatter_mm(const std::vector<MarkerPlace>& places) {
    double sum = 0.0;
    for (const auto& place : places)
        sum += place.covariance_mm2.trace() / 3.0;
    return std::sqrt(sum / static_cast<double>(places.size()));
}

std::vector<const Naming*> pointers(const std::vector<Naming>& namings) {
    std::vector<const Naming*> result;
    for (const auto& naming : namings)
        result.push_back(&naming);
    return result;
}

bool same_names(const std::vector<Naming>& a, const std::vector<Naming>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), [](const Naming& x, const Naming& y) {
        return x.marker_of_blob == y.marker_of_blob;
    });
}

// The blobs of all views named under the pose of one view's naming, and the fit to all of them;
// nothing when fewer than four markers are found.
std::vector<Naming> named_everywhere(std::span<const ViewProblem> views, std::size_t from_view,
                                     const Naming& from, const PriorKnowledge& knowledge) {
    const ViewRelations& relations = knowledge.rig.mean;
    const double sd_mm = scatter_mm(knowledge.places);
    std::vector<drr::Pinhole> pinholes;
    for (const auto& view : views)
        pinholes.push_back(view.nominal.pinhole);
    const auto fitted = [&](const std::vector<Sighting>& sightings, const JointFit& start) {
        return fit_jointly(sightings, knowledge.places, pinholes, knowledge.rig, start.relations,
                           start.first_from_phantom);
    };
    JointFit fit;
    fit.relations = relations;
    // As far as the known focal length puts it.
    drr::Rigid3 pose = from.fit.pose.view_from_phantom;
    pose.translation_mm.z() *= std::exp(relations.log_focal[from_view] - from.fit.pose.log_focal);
    fit.first_from_phantom = {relations.view_from_first[from_view].inverse() * pose};
    std::vector<const Naming*> only_from(views.size(), nullptr);
    only_from[from_view] = &from;
    std::vector<Sighting> sightings = sightings_of(views, only_from, 0);
    std::vector<Naming> namings;
    // The first fit predicts the other views with the error of a pose in depth.
    constexpr double gates[] = {3.0, 1.0, 1.0};
    for (const double gate : gates) {
        fit = fitted(sightings, fit);
        if (!std::isfinite(fit.log_likelihood)) return {};
        namings.clear();
        for (std::size_t v = 0; v < views.size(); ++v) {
            const ViewPose in_view{fit.relations.view_from_first[v] * fit.first_from_phantom[0],
                                   fit.relations.log_focal[v]};
            const double depth_mm =
                (in_view.view_from_phantom * centroid_of(views[v].constellation.beads_mm)).z();
            const double sd_px =
                std::hypot(sd_mm * scaled(pinholes[v], in_view.log_focal).fx_px / depth_mm,
                           views[v].options.blob_sd_px);
            namings.push_back(name_blobs_at(
                views[v], in_view, sd_mm,
                v == from_view || gate == 1.0 ? 0.0 : gate * views[v].options.gate_sd * sd_px));
        }
        sightings = sightings_of(views, pointers(namings), 0);
        constexpr std::size_t least = 4;
        if (sightings.size() < least) return {};
    }
    return namings;
}

}  // namespace

std::optional<PriorKnowledge> learn_from(std::vector<CertainPose> poses,
                                         std::span<const NominalView> nominal,
                                         const IdentifyOptions& options) {
    const auto beads = [](const CertainPose& pose) {
        int sum = 0;
        for (const Naming* naming : pose.naming->of_view)
            sum += naming->beads_found;
        return sum;
    };
    std::stable_sort(poses.begin(), poses.end(), [&](const CertainPose& a, const CertainPose& b) {
        return beads(a) > beads(b);
    });
    if (poses.size() > poses_to_learn_from) poses.resize(poses_to_learn_from);

    PriorKnowledge knowledge = nominal_knowledge(nominal, options);
    const std::vector<MarkerPlace> before =
        places_for(poses[0].views, poses[0].naming->of_view, knowledge);
    std::vector<Sighting> sightings;
    std::vector<drr::Rigid3> first_from_phantom;
    for (std::size_t p = 0; p < poses.size(); ++p) {
        first_from_phantom.push_back(poses[p].naming->fit.first_from_phantom[0]);
        for (const auto& s : sightings_of(poses[p].views, poses[p].naming->of_view, p))
            if (poses[p].result->views[s.view].marker_of_blob[s.blob] >= 0) sightings.push_back(s);
    }
    std::vector<drr::Pinhole> pinholes;
    for (const auto& view : nominal)
        pinholes.push_back(view.pinhole);
    const JointFit fit = fit_jointly(sightings, before, pinholes, knowledge.rig,
                                     poses[0].naming->fit.relations, first_from_phantom);
    if (!std::isfinite(fit.log_likelihood) || mean_square(fit) > contradiction) return std::nullopt;
    const Eigen::Index relations = fit.relations.parameter_count();
    knowledge.rig.mean = fit.relations;
    knowledge.rig.information =
        drr::inverse_of(fit.covariance.topLeftCorner(relations, relations)) / (caution * caution);
    knowledge.rig.shifts_known = nominal.size() > 1;
    knowledge.places = before;
    for (const auto& block : fit.blocks) {
        MarkerPlace& place = knowledge.places[block.sightings[0].marker];
        const Eigen::Matrix3d limit = place.covariance_mm2;
        place = place_after(fit, block, place);
        place.covariance_mm2 *= caution * caution;
        if (place.covariance_mm2.trace() > limit.trace()) place.covariance_mm2 = limit;
    }
    return knowledge;
}

std::vector<JointNaming> join_views_of_known_rig(std::span<const ViewProblem> views,
                                                 std::span<const ViewSearch> searches,
                                                 const PriorKnowledge& knowledge,
                                                 const std::vector<JointNaming>& alone,
                                                 std::vector<std::vector<Naming>>& storage) {
    storage.clear();
    for (std::size_t v = 0; v < searches.size(); ++v)
        for (const auto& naming : searches[v].namings) {
            std::vector<Naming> named = named_everywhere(views, v, naming, knowledge);
            if (!named.empty() &&
                std::none_of(storage.begin(), storage.end(),
                             [&](const auto& known) { return same_names(known, named); }))
                storage.push_back(std::move(named));
        }
    std::vector<double> clutter_per_px2;
    for (const auto& view : views)
        clutter_per_px2.push_back(static_cast<double>(view.map.size()) / view.map.area_px2());
    std::vector<JointNaming> joint;
    for (const auto& named : storage) {
        JointFit start;
        start.relations = knowledge.rig.mean;
        start.first_from_phantom = {knowledge.rig.mean.view_from_first[0] *
                                    named[0].fit.pose.view_from_phantom};
        add_if_new(join(views, clutter_per_px2, pointers(named), start, knowledge), joint);
    }
    for (const auto& naming : alone)
        add_if_new(join(views, clutter_per_px2, naming.of_view, naming.fit, knowledge), joint);
    weigh_with_clutter_of_best(views, clutter_per_px2, joint);
    return joint;
}

}  // namespace stereo
