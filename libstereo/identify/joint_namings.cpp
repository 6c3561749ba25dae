#include "joint_namings.hpp"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stereo {
namespace {

// How far two detectors may be turned against each other beside the nominal angle: 2 degrees, more
// than anybody mounts them wrong.
constexpr double mounting_sd_rad = 0.035;

// A combination before it is fitted jointly.
struct Combination {
    std::vector<const Naming*> of_view;
    double rough = 0.0;  // log-likelihood with as-built errors of their own in each view
};

double log_normal(const Eigen::Vector3d& offset, const Eigen::Matrix3d& covariance) {
    const Eigen::LLT<Eigen::Matrix3d> root(covariance);
    const Eigen::Vector3d normalized = root.matrixL().solve(offset);
    return -0.5 * normalized.squaredNorm() - root.matrixLLT().diagonal().array().log().sum() -
           1.5 * std::log(2.0 * std::numbers::pi);
}

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
                if (0.5 * offset.dot(covariance.ldlt().solve(offset)) > irrelevant_nats) continue;
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
    for (std::size_t v = 0; v < of_view.size(); ++v)
        for (std::size_t blob = 0; blob < of_view[v]->marker_of_blob.size(); ++blob)
            if (of_view[v]->marker_of_blob[blob] >= 0)
                sightings.push_back({static_cast<std::size_t>(of_view[v]->marker_of_blob[blob]),
                                     pose, v, blob, views[v].map.centers_px()[blob]});
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
    std::vector<drr::Pinhole> pinholes;
    JointNaming joint;
    for (std::size_t v = 0; v < views.size(); ++v) {
        pinholes.push_back(views[v].nominal.pinhole);
        joint.log_likelihood +=
            of_view[v]->log_detections - of_view[v]->markers_found() * std::log(clutter_per_px2[v]);
    }
    joint.fit = fit_jointly(sightings_of(views, of_view, 0), places_for(views, of_view, knowledge),
                            pinholes, knowledge.rig, start.relations, start.first_from_phantom,
                            views[0].options.blob_sd_px);
    joint.log_likelihood += joint.fit.log_likelihood;
    joint.of_view = std::move(of_view);
    return joint;
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
        const drr::Rigid3& first = combination.of_view[0]->fit.pose.view_from_phantom;
        JointFit start;
        start.first_from_phantom = {first};
        for (const Naming* naming : combination.of_view) {
            start.relations.log_focal.push_back(naming->fit.pose.log_focal);
            start.relations.view_from_first.push_back(naming->fit.pose.view_from_phantom *
                                                      first.inverse());
        }
        start.relations.view_from_first[0] = drr::Rigid3();
        JointNaming joint = join(views, clutter_per_px2, combination.of_view, start, knowledge);
        if (std::isfinite(joint.log_likelihood)) namings.push_back(std::move(joint));
    }
    return namings;
}

}  // namespace stereo
