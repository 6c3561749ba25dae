#include "view_search.hpp"

#include "chance.hpp"
#include "triple_search.hpp"

#include <drr/core/rng.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stereo {
namespace {

constexpr std::size_t proposals_per_triple = 8;
constexpr std::size_t max_namings = 64;  // of one view that are compared

// The search ends when poses unrelated to the one found are expected to fit as well this much more
// rarely than errors are allowed; what is related to it, the near symmetries give.
constexpr double search_ends_below_errors = 0.01;

// And when it leaves no more beads unexplained than one right pose in ten does: a plate turned
// over, or a lattice seen at another depth, explain half of them.
constexpr double plausible = 0.1;

// A pose that is no chance but leaves more unexplained than that may still be right: the search for
// a better one takes this many triples of blobs more, of which each finds it in one of three cases
// or more. One that would be refused for what it leaves does not limit the search.
constexpr std::size_t patience = 6;

// A gain in log-likelihood that shows that a rival explains more, not that it was fitted better.
constexpr double settled_nats = 0.1;

// Triples of blobs in random order: all of them if they are few, else as many as drawn.
class BlobTriples {
  public:
    explicit BlobTriples(const std::vector<Eigen::Vector2d>& blobs)
        : blobs_(blobs), rng_({.seed = 3, .purpose = drr::RngPurpose::procedure}) {
        constexpr std::size_t few = 24;
        if (blobs_.size() > few) return;
        const int n = static_cast<int>(blobs_.size());
        for (int a = 0; a < n; ++a)
            for (int b = 0; b < a; ++b)
                for (int c = 0; c < b; ++c)
                    all_.push_back({a, b, c});
        for (std::size_t i = all_.size(); i > 1; --i)
            std::swap(all_[i - 1], all_[draw(i)]);
    }

    // False when there are no more.
    bool next(std::array<int, 3>& triple) {
        if (!all_.empty()) {
            if (used_ == all_.size()) return false;
            triple = all_[used_++];
            return true;
        }
        // Wide triangles give better poses: the widest of a few.
        constexpr int tries = 3;
        double widest = -1.0;
        for (int i = 0; i < tries; ++i) {
            const auto a = draw(blobs_.size());
            const auto b = draw(blobs_.size());
            const auto c = draw(blobs_.size());
            const Eigen::Vector2d ab = blobs_[b] - blobs_[a];
            const Eigen::Vector2d ac = blobs_[c] - blobs_[a];
            const double area = std::abs(ab.x() * ac.y() - ab.y() * ac.x());
            if (area <= widest) continue;
            widest = area;
            triple = {static_cast<int>(a), static_cast<int>(b), static_cast<int>(c)};
        }
        return true;
    }

  private:
    std::size_t draw(std::size_t count) {
        return static_cast<std::size_t>(rng_.uniform() * static_cast<double>(count));
    }

    const std::vector<Eigen::Vector2d>& blobs_;
    drr::Rng rng_;
    std::vector<std::array<int, 3>> all_;
    std::size_t used_ = 0;
};

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

// The same names under the same pose: a flat phantom may have two that fit.
bool same(const Naming& a, const Naming& b) {
    constexpr double same_cosine = 0.99985;  // of half the angle: 2 degrees
    return a.marker_of_blob == b.marker_of_blob &&
           std::abs(a.fit.pose.view_from_phantom.rotation.dot(
               b.fit.pose.view_from_phantom.rotation)) > same_cosine;
}

class Pool {
  public:
    explicit Pool(double clutter_per_px2) : clutter_(clutter_per_px2) {}

    void add(Naming naming) {
        const auto known = std::find_if(namings_.begin(), namings_.end(),
                                        [&](const Naming& other) { return same(other, naming); });
        if (known == namings_.end())
            namings_.push_back(std::move(naming));
        else if (known->log_likelihood(clutter_) < naming.log_likelihood(clutter_))
            *known = std::move(naming);
        else
            return;
        std::stable_sort(namings_.begin(), namings_.end(), [&](const Naming& a, const Naming& b) {
            return a.log_likelihood(clutter_) > b.log_likelihood(clutter_);
        });
        if (namings_.size() > max_namings) namings_.pop_back();
    }

    // Whether a naming of the pool gives the three blobs these names already.
    [[nodiscard]] bool knows(const std::array<int, 3>& blobs,
                             const std::array<int, 3>& beads) const {
        return std::any_of(namings_.begin(), namings_.end(), [&](const Naming& naming) {
            for (std::size_t i = 0; i < 3; ++i)
                if (naming.marker_of_blob[static_cast<std::size_t>(blobs[i])] != beads[i])
                    return false;
            return true;
        });
    }

    [[nodiscard]] std::vector<Naming>& namings() { return namings_; }

  private:
    double clutter_;
    std::vector<Naming> namings_;
};

// About the log-likelihood of a naming, without its residuals: to tell cheaply what cannot compete.
double rough_log_likelihood(const ViewProblem& view, const ViewPose& pose, double clutter_per_px2,
                            double gate_px) {
    const drr::Pinhole pinhole = scaled(view.nominal.pinhole, pose.log_focal);
    const Eigen::Matrix3d rotation = pose.view_from_phantom.matrix();
    double sum = 0.0;
    for (const auto& marker : view.markers_mm) {
        const Eigen::Vector3d p = rotation * marker + pose.view_from_phantom.translation_mm;
        if (p.z() <= 0.0) continue;
        const Eigen::Vector2d pixel = pinhole.project(p);
        if (!view.map.contains(pixel)) continue;
        const double sd_px = std::hypot(view.options.as_built_sd_mm * pinhole.fx_px / p.z(),
                                        view.options.blob_sd_px);
        sum += view.map.nearest(pixel, gate_px) >= 0
                   ? std::log(view.options.detection_rate /
                              (2.0 * std::numbers::pi * sd_px * sd_px * clutter_per_px2))
                   : std::log1p(-view.options.detection_rate);
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
                double gate_px, Pool& pool) {
    // A pose may be a rival's; each of the first few gives the right one if it is related to it.
    constexpr std::size_t leaders = 4;
    const std::vector<Naming> start(
        pool.namings().begin(),
        pool.namings().begin() + static_cast<long>(std::min(leaders, pool.namings().size())));
    if (start.empty()) return;
    const double top = start[0].log_likelihood(clutter_per_px2);
    struct Rival {
        ViewPose pose;
        double estimate;  // of its log-likelihood
    };
    for (const auto& leader : start) {
        // Chance gives to a pose and its rivals alike, but more to one seen small: each leader's
        // rivals are compared with it alone.
        const double offset = leader.log_likelihood(clutter_per_px2) -
                              rough_log_likelihood(view, leader.fit.pose, clutter_per_px2, gate_px);
        std::vector<Rival> rivals;
        double best = top;
        const auto add = [&](const ViewPose& pose) {
            const double estimate =
                offset + rough_log_likelihood(view, pose, clutter_per_px2, gate_px);
            best = std::max(best, estimate);
            rivals.push_back({pose, estimate});
        };
        add(slanted_back(leader.fit.pose, layout));
        for (const auto& motion : layout.near_symmetries)
            add({leader.fit.pose.view_from_phantom * motion, leader.fit.pose.log_focal});
        // The estimate knows neither residuals nor beads that hide each other.
        constexpr double roughness_nats = 15.0;
        for (const auto& rival : rivals) {
            if (rival.estimate <= best - irrelevant_nats - roughness_nats) continue;
            pool.add(name_blobs(view, rival.pose, view.options.as_built_sd_mm));
            if (const auto refined = refine_pose(view, rival.pose, gate_px))
                pool.add(name_blobs(view, *refined, view.options.as_built_sd_mm));
        }
    }
}

}  // namespace

ViewSearch search_view(const ViewProblem& view, const PreparedLayout& layout) {
    const TripleSearch search(view.constellation, layout.orbit_beads, view.map, view.nominal,
                              view.options);
    const auto blobs = static_cast<double>(view.map.size());
    double clutter = blobs / view.map.area_px2();
    Pool pool(clutter);
    BlobTriples triples(view.map.centers_px());
    std::array<int, 3> triple{};
    std::size_t hypotheses = 0;
    const double enough = std::log10(search_ends_below_errors * view.options.max_error_probability);
    std::size_t limit = view.options.max_hypotheses;
    const double start_gate_px = 1.5 * search.hit_radius_px();
    while (hypotheses < limit && triples.next(triple)) {
        if (triple[0] == triple[1] || triple[0] == triple[2] || triple[1] == triple[2]) continue;
        hypotheses += search.triples_of_beads();
        for (const auto& proposal : search.poses_through(triple, proposals_per_triple)) {
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
    // A pose that fits only a few layers of a lattice is too rough for its rivals far away to find
    // their beads; the rival that explains more is a better place to look from. The best is left
    // only when its own rivals are no better.
    double before = 0.0;
    do {
        before = pool.namings()[0].log_likelihood(clutter);
        add_rivals(view, layout, clutter, start_gate_px, pool);
    } while (pool.namings()[0].log_likelihood(clutter) > before + settled_nats);

    // Once more with the scatter and the clutter that the best leaves.
    const double scatter_mm = pool.namings()[0].as_built_sd_mm;
    clutter = false_blobs_per_px2(view, pool.namings()[0]);
    Pool last(clutter);
    for (const auto& naming : pool.namings())
        last.add(name_blobs(view, naming.fit.pose, scatter_mm));
    result.namings = std::move(last.namings());
    result.clutter_per_px2 = clutter;
    return result;
}

}  // namespace stereo
