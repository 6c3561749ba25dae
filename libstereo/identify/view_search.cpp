#include "view_search.hpp"

#include "blob_triples.hpp"
#include "chance.hpp"
#include "naming_pool.hpp"
#include "triple_search.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stereo {
namespace {

// The search ends when no unrelated pose is as good by chance, and the one found leaves no more
// beads unexplained than one right pose in ten does: a plate turned over, or a lattice seen at
// another depth, explain half of them.
constexpr double plausible = 0.1;

// A pose that is no chance but leaves more unexplained than that may still be right: the search for
// a better one takes this many triples of blobs more, of which each finds it in one of three cases
// or more. One that would be refused for what it leaves does not limit the search.
constexpr std::size_t patience = 6;

// A gain in log-likelihood that shows that a rival explains more, not that it was fitted better.
constexpr double settled_nats = 0.1;

// Of the poses that the layout's symmetries make equal, the one turned least.
ViewPose canonical(ViewPose pose, const PreparedLayout& layout) {
    const Eigen::Quaterniond rotation = pose.view_from_phantom.rotation;
    const Eigen::Vector3d centroid = centroid_of(layout.constellation.beads_mm);
    const Eigen::Vector3d fixed = pose.view_from_phantom * centroid;
    double least = -1.0;
    for (const auto& symmetry : layout.symmetries) {
        const Eigen::Quaterniond turned = rotation * symmetry.rotation;
        if (std::abs(turned.w()) <= least) continue;
        least = std::abs(turned.w());
        pose.view_from_phantom.rotation = turned.normalized();
    }
    pose.view_from_phantom.translation_mm = fixed - pose.view_from_phantom.rotation * centroid;
    return pose;
}

// About the log-likelihood of a naming, without its residuals: to tell cheaply what cannot compete.
double rough_log_likelihood(const ViewProblem& view, const ViewPose& pose, double clutter_per_px2,
                            double gate_px) {
    const drr::Pinhole pinhole = scaled(view.nominal.pinhole, pose.log_focal);
    const Eigen::Matrix3d rotation = pose.view_from_phantom.matrix();
    const double blob_variance_px2 = view.options.blob_sd_px * view.options.blob_sd_px;
    const double log_miss = std::log1p(-view.options.detection_rate);
    const double log_hit =
        std::log(view.options.detection_rate / (2.0 * std::numbers::pi * clutter_per_px2));
    double sum = 0.0;
    for (const auto& marker : view.markers_mm) {
        const Eigen::Vector3d p = rotation * marker + pose.view_from_phantom.translation_mm;
        if (p.z() <= 0.0) continue;
        const Eigen::Vector2d pixel = pinhole.project(p);
        if (!view.map.contains(pixel)) continue;
        if (view.map.nearest(pixel, gate_px) < 0) {
            sum += log_miss;
            continue;
        }
        const double as_built_px = view.options.as_built_sd_mm * pinhole.fx_px / p.z();
        sum += log_hit - std::log(as_built_px * as_built_px + blob_variance_px2);
    }
    return sum;
}

// The pose from which a flat phantom is seen nearly the same: its plane slanted to the other side
// of the ray to its middle (Schweighofer & Pinz, "Robust pose estimation from a planar target",
// PAMI 2006).
ViewPose slanted_back(const ViewPose& pose, const PreparedLayout& layout) {
    const Eigen::Vector3d middle = centroid_of(layout.constellation.beads_mm);
    const Eigen::Vector3d seen = pose.view_from_phantom * middle;
    const Eigen::Vector3d ray = seen.normalized();
    const Eigen::Vector3d normal = pose.view_from_phantom.rotation * layout.thinnest_axis;
    // The reflection in the plane across the ray, after that in the phantom's own plane.
    const Eigen::Matrix3d turn = (Eigen::Matrix3d::Identity() - 2.0 * ray * ray.transpose()) *
                                 (Eigen::Matrix3d::Identity() - 2.0 * normal * normal.transpose());
    ViewPose other = pose;
    other.view_from_phantom.rotation =
        (Eigen::Quaterniond(turn) * pose.view_from_phantom.rotation).normalized();
    other.view_from_phantom.translation_mm = seen - other.view_from_phantom.rotation * middle;
    return other;
}

// The namings of the pool that lead, slanted back, and carried over by all near symmetries of the
// layout. A leader that fits a part of the phantom is a rough place to start from: rivals find
// their beads within `gate_px` first.
void add_rivals(const ViewProblem& view, const PreparedLayout& layout, double clutter_per_px2,
                double gate_px, double as_built_sd_mm, NamingPool& pool) {
    // A pose may be a rival's; each of the first few gives the right one if it is related to it.
    constexpr std::size_t leaders = 4;
    const std::vector<Naming> start(
        pool.namings().begin(),
        pool.namings().begin() + static_cast<long>(std::min(leaders, pool.namings().size())));
    if (start.empty()) return;
    const double top = start[0].log_likelihood(clutter_per_px2);
    for (const auto& leader : start) {
        // A blob within the gate may be there by chance, and denser beads find more: what a pose
        // gains so, its rivals gain too, so that a rival is estimated from its leader.
        const double offset = leader.log_likelihood(clutter_per_px2) -
                              rough_log_likelihood(view, leader.fit.pose, clutter_per_px2, gate_px);
        const auto try_pose = [&](const ViewPose& pose) {
            // The estimate knows neither residuals nor beads that hide each other.
            constexpr double roughness_nats = 15.0;
            if (offset + rough_log_likelihood(view, pose, clutter_per_px2, gate_px) <=
                top - irrelevant_nats - roughness_nats)
                return;
            pool.add(name_blobs(view, pose, as_built_sd_mm));
            if (const auto refined = refine_pose(view, pose, gate_px))
                pool.add(name_blobs(view, *refined, as_built_sd_mm));
        };
        try_pose(slanted_back(leader.fit.pose, layout));
        for (const auto& motion : layout.near_symmetries)
            try_pose({leader.fit.pose.view_from_phantom * motion, leader.fit.pose.log_focal});
    }
}

// A pose that fits only a few layers of a lattice is too rough for its rivals far away to find
// their beads; the rival that explains more is a better place to look from. The best is left only
// when its own rivals are no better.
void add_rivals_of_the_best(const ViewProblem& view, const PreparedLayout& layout,
                            double clutter_per_px2, double gate_px, double as_built_sd_mm,
                            NamingPool& pool) {
    double before = 0.0;
    do {
        before = pool.namings()[0].log_likelihood(clutter_per_px2);
        add_rivals(view, layout, clutter_per_px2, gate_px, as_built_sd_mm, pool);
    } while (pool.namings()[0].log_likelihood(clutter_per_px2) > before + settled_nats);
}

}  // namespace

ViewSearch search_view(const ViewProblem& view, const PreparedLayout& layout) {
    const TripleSearch search(view.constellation, layout.orbit_beads, view.map, view.nominal,
                              view.options);
    const auto blobs = static_cast<double>(view.map.size());
    double clutter = blobs / view.map.area_px2();
    NamingPool pool(clutter);
    BlobTriples triples(view.map.centers_px());
    std::array<int, 3> triple{};
    std::size_t hypotheses = 0;
    const double enough = log10_chance_beyond_doubt(view.options);
    std::size_t limit = view.options.max_hypotheses;
    const double start_gate_px = start_gates * search.hit_radius_px();
    while (hypotheses < limit && triples.next(triple)) {
        hypotheses += search.triples_of_beads();
        for (const auto& proposal : search.poses_through(triple, proposals_per_triple, nullptr)) {
            if (pool.knows(triple, proposal.beads)) continue;
            const auto refined =
                refine_pose(view, {proposal.view_from_phantom, 0.0}, start_gate_px);
            if (!refined) continue;
            Naming naming =
                name_blobs(view, canonical(*refined, layout), view.options.as_built_sd_mm);
            const double fits = plausibility(view, naming);
            if (fits > view.options.max_error_probability &&
                log10_chance(chance_hits(view, naming)) < enough)
                limit = std::min(limit, fits > plausible
                                            ? hypotheses
                                            : hypotheses + patience * search.triples_of_beads());
            pool.add(std::move(naming));
        }
    }
    ViewSearch result;
    if (pool.namings().empty()) return result;
    add_rivals_of_the_best(view, layout, clutter, start_gate_px, view.options.as_built_sd_mm, pool);

    // Once more with the scatter and the clutter that the best leaves, which may be another's best.
    const double scatter_mm = pool.namings()[0].as_built_sd_mm;
    clutter = false_blobs_per_px2(view, pool.namings()[0]);
    NamingPool last(clutter);
    for (const auto& naming : pool.namings())
        last.add(name_blobs(view, naming.fit.pose, scatter_mm));
    add_rivals_of_the_best(view, layout, clutter, start_gate_px, scatter_mm, last);
    result.namings = std::move(last.namings());
    result.clutter_per_px2 = clutter;
    return result;
}

}  // namespace stereo
