#include "joint_namings.hpp"

#include "cholesky.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace stereo {
namespace {

// How far two detectors may be turned against each other beside the nominal angle: 2 degrees, more
// than anybody mounts them wrong.
constexpr double mounting_sd_rad = 0.035;

// Two shadows seen as one lie up to half the distance below which shadows merge from its centre;
// half of that as a standard deviation.
constexpr double merged_sd = 0.25;

// A combination before it is fitted jointly.
struct Combination {
    std::vector<const Naming*> of_view;
    double rough = 0.0;  // log-likelihood with as-built errors of their own in each view
};

std::vector<Combination> combinations(std::span<const ViewSearch> searches,
                                      const RigKnowledge& rig) {
    std::vector<Combination> all;
    for (const auto& naming : searches[0].namings)
        all.push_back({{&naming}, naming.log_likelihood(searches[0].clutter_per_px2)});
    for (std::size_t v = 1; v < searches.size(); ++v) {
        std::vector<Combination> longer;
        for (const auto& first : all)
            for (const auto& naming : searches[v].namings) {
                const auto& from = first.of_view[0]->fit;
                const Eigen::Quaterniond turn = naming.fit.pose.view_from_phantom.rotation *
                                                from.pose.view_from_phantom.rotation.conjugate();
                const Eigen::Vector3d offset = drr::vector_from_rotation(
                    turn * rig.mean.view_from_first[v].rotation.conjugate());
                const Eigen::Matrix3d turned = turn.toRotationMatrix();
                const Eigen::Matrix3d covariance =
                    naming.fit.rotation_covariance() +
                    turned * from.rotation_covariance() * turned.transpose() +
                    rig.turn_covariance(v);
                // Half the square of the offset in standard deviations, as a log-likelihood.
                if (0.5 * offset.dot(covariance.inverse() * offset) > irrelevant_nats) continue;
                Combination both = first;
                both.of_view.push_back(&naming);
                both.rough += naming.log_likelihood(searches[v].clutter_per_px2) +
                              log_normal(offset, covariance);
                longer.push_back(std::move(both));
            }
        all = std::move(longer);
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Combination& a, const Combination& b) { return a.rough > b.rough; });
    return all;
}

// The sightings that are less likely their markers' than false ones, each marker's weighed
// together.
std::vector<Sighting> unlikely_sightings(const JointFit& fit,
                                         std::span<const double> clutter_per_px2, double rate) {
    std::vector<Sighting> outliers;
    for (const auto& block : fit.blocks) {
        const std::size_t count = block.sightings.size();
        double best = -std::numeric_limits<double>::infinity();
        std::size_t best_kept = 0;
        for (std::size_t kept = 0; kept < std::size_t{1} << count; ++kept) {
            double sum = 0.0;
            std::vector<Eigen::Index> rows;
            for (std::size_t i = 0; i < count; ++i)
                if ((kept >> i & 1U) != 0) {
                    rows.push_back(static_cast<Eigen::Index>(2 * i));
                    rows.push_back(static_cast<Eigen::Index>(2 * i + 1));
                    sum += std::log(rate);
                } else {
                    sum += std::log((1.0 - rate) * clutter_per_px2[block.sightings[i].view]);
                }
            if (!rows.empty())
                sum += log_normal(block.residual_px(rows), block.covariance(rows, rows));
            if (!(sum > best)) continue;
            best = sum;
            best_kept = kept;
        }
        for (std::size_t i = 0; i < count; ++i)
            if ((best_kept >> i & 1U) == 0) outliers.push_back(block.sightings[i]);
    }
    return outliers;
}

}  // namespace

PriorKnowledge nominal_knowledge(std::span<const NominalView> nominal,
                                 const IdentifyOptions& options) {
    // A uniform error of +-e has the standard deviation e / sqrt(3).
    const double relative_sd = options.max_nominal_error / std::sqrt(3.0);
    PriorKnowledge knowledge;
    RigKnowledge& rig = knowledge.rig;
    rig.mean.log_focal.assign(nominal.size(), 0.0);
    rig.mean.view_from_first.assign(nominal.size(), drr::Rigid3());
    rig.information = Eigen::MatrixXd::Zero(rig.mean.parameter_count(), rig.mean.parameter_count());
    for (std::size_t v = 0; v < nominal.size(); ++v) {
        const auto focal = static_cast<Eigen::Index>(7 * v);
        rig.information(focal, focal) = 1.0 / (relative_sd * relative_sd);
        if (v == 0) continue;
        const Eigen::Quaterniond turn =
            nominal[v].view_from_rig * nominal[0].view_from_rig.conjugate();
        rig.mean.view_from_first[v].rotation = turn;
        const Eigen::Vector3d vector = drr::vector_from_rotation(turn);
        const Eigen::Matrix3d covariance =
            relative_sd * relative_sd * vector * vector.transpose() +
            mounting_sd_rad * mounting_sd_rad * Eigen::Matrix3d::Identity();
        rig.information.block<3, 3>(focal - 6, focal - 6) = covariance.inverse();
    }
    return knowledge;
}

std::vector<Sighting> sightings_of(std::span<const ViewProblem> views,
                                   std::span<const Naming* const> of_view, std::size_t pose) {
    std::vector<Sighting> sightings;
    for (std::size_t v = 0; v < of_view.size(); ++v) {
        if (of_view[v] == nullptr) continue;
        const IdentifyOptions& options = views[v].options;
        for (std::size_t blob = 0; blob < of_view[v]->marker_of_blob.size(); ++blob) {
            const int marker = of_view[v]->marker_of_blob[blob];
            if (marker < 0) continue;
            const double sd_px =
                of_view[v]->doubtful[blob]
                    ? std::hypot(options.blob_sd_px, merged_sd * options.ambiguity_px)
                    : options.blob_sd_px;
            sightings.push_back({static_cast<std::size_t>(marker), pose, v, blob,
                                 views[v].map.centers_px()[blob], sd_px});
        }
    }
    return sightings;
}

std::vector<MarkerPlace> places_for(std::span<const ViewProblem> views,
                                    std::span<const Naming* const> of_view,
                                    const PriorKnowledge& knowledge) {
    if (!knowledge.places.empty()) return knowledge.places;
    double beads_sd_mm = 0.0;
    for (const Naming* naming : of_view)
        beads_sd_mm = std::max(beads_sd_mm, naming->as_built_sd_mm);
    std::vector<MarkerPlace> places;
    for (std::size_t i = 0; i < views[0].markers_mm.size(); ++i) {
        const double sd_mm =
            i < views[0].bead_count() ? beads_sd_mm : views[0].options.as_built_sd_mm;
        places.push_back({views[0].markers_mm[i], sd_mm * sd_mm * Eigen::Matrix3d::Identity()});
    }
    return places;
}

JointNaming join(std::span<const ViewProblem> views, std::span<const double> clutter_per_px2,
                 std::vector<const Naming*> of_view, const JointFit& start,
                 const PriorKnowledge& knowledge) {
    const double rate = views[0].options.detection_rate;
    std::vector<drr::Pinhole> pinholes;
    JointNaming joint;
    double log_detections = 0.0;
    for (std::size_t v = 0; v < views.size(); ++v) {
        pinholes.push_back(views[v].nominal.pinhole);
        joint.marker_of_blob.push_back(of_view[v]->marker_of_blob);
        log_detections +=
            of_view[v]->log_detections - of_view[v]->markers_found() * std::log(clutter_per_px2[v]);
    }
    const auto places = places_for(views, of_view, knowledge);
    auto sightings = sightings_of(views, of_view, 0);
    const auto fitted = [&](const JointFit& from) {
        return fit_jointly(sightings, places, pinholes, knowledge.rig, from.relations,
                           from.first_from_phantom);
    };
    joint.fit = fitted(start);
    const auto outliers = unlikely_sightings(joint.fit, clutter_per_px2, rate);
    if (std::isfinite(joint.fit.log_likelihood) && !outliers.empty()) {
        for (const Sighting& out : outliers) {
            log_detections += std::log((1.0 - rate) / rate) + std::log(clutter_per_px2[out.view]);
            joint.marker_of_blob[out.view][out.blob] = -1;
        }
        std::erase_if(sightings,
                      [&](const Sighting& s) { return joint.marker_of_blob[s.view][s.blob] < 0; });
        joint.fit = fitted(joint.fit);
    }
    joint.log_likelihood = log_detections + joint.fit.log_likelihood;
    joint.of_view = std::move(of_view);
    return joint;
}

JointNaming join_from_views(std::span<const ViewProblem> views,
                            std::span<const double> clutter_per_px2,
                            std::vector<const Naming*> of_view, const PriorKnowledge& knowledge) {
    const drr::Rigid3& first = of_view[0]->fit.pose.view_from_phantom;
    JointFit start;
    start.first_from_phantom = {first};
    for (const Naming* naming : of_view) {
        start.relations.log_focal.push_back(naming->fit.pose.log_focal);
        start.relations.view_from_first.push_back(naming->fit.pose.view_from_phantom *
                                                  first.inverse());
    }
    start.relations.view_from_first[0] = drr::Rigid3();
    return join(views, clutter_per_px2, std::move(of_view), start, knowledge);
}

const JointNaming& most_likely(const std::vector<JointNaming>& namings) {
    return *std::max_element(namings.begin(), namings.end(),
                             [](const JointNaming& a, const JointNaming& b) {
                                 return a.log_likelihood < b.log_likelihood;
                             });
}

void weigh_with_clutter_of_best(std::span<const ViewProblem> views,
                                std::span<const double> clutter_per_px2,
                                std::vector<JointNaming>& namings) {
    if (namings.empty()) return;
    std::vector<double> log_ratios;
    const JointNaming& best = most_likely(namings);
    for (std::size_t v = 0; v < views.size(); ++v)
        log_ratios.push_back(
            std::log(clutter_per_px2[v] / false_blobs_per_px2(views[v], *best.of_view[v])));
    for (auto& naming : namings)
        for (std::size_t v = 0; v < views.size(); ++v) {
            const auto& names = naming.marker_of_blob[v];
            const auto named =
                std::count_if(names.begin(), names.end(), [](int marker) { return marker >= 0; });
            naming.log_likelihood += static_cast<double>(named) * log_ratios[v];
        }
}

void add_if_new(JointNaming naming, std::vector<JointNaming>& namings) {
    if (!std::isfinite(naming.log_likelihood)) return;
    const auto known = std::find_if(namings.begin(), namings.end(), [&](const JointNaming& other) {
        return other.marker_of_blob == naming.marker_of_blob;
    });
    if (known == namings.end())
        namings.push_back(std::move(naming));
    else if (known->log_likelihood < naming.log_likelihood)
        *known = std::move(naming);
}

std::vector<JointNaming> join_views(std::span<const ViewProblem> views,
                                    std::span<const ViewSearch> searches,
                                    const PriorKnowledge& knowledge) {
    // As-built errors that views share make a combination less likely in the rough than it is, by
    // up to half the square of each residual: this much of a difference the joint fit may turn.
    constexpr double roughness_nats = 15.0;
    constexpr std::size_t most = 128;
    std::vector<double> clutter_per_px2;
    for (const auto& search : searches)
        clutter_per_px2.push_back(search.clutter_per_px2);
    std::vector<JointNaming> namings;
    const auto all = combinations(searches, knowledge.rig);
    for (const auto& combination : all) {
        if (namings.size() == most ||
            combination.rough < all[0].rough - irrelevant_nats - roughness_nats)
            break;
        add_if_new(join_from_views(views, clutter_per_px2, combination.of_view, knowledge),
                   namings);
    }
    weigh_with_clutter_of_best(views, clutter_per_px2, namings);
    return namings;
}

}  // namespace stereo
