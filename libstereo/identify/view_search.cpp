#include "view_search.hpp"

#include "blob_triples.hpp"
#include "chance.hpp"
#include "naming_pool.hpp"
#include "triple_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

namespace stereo {
namespace {

// The search ends when no unrelated pose is as good by chance, and the one found leaves no more
// beads unexplained than one right pose in ten does: a plate turned over, or a lattice seen at
// another depth, explain half of them.
constexpr double plausible = 0.1;

// A pose that is no chance but leaves more unexplained than that may still be right: the search for
// a better one takes this many triples of blobs more, of which each finds it in one of three cases
// or more; and more of them where they are cheap, up to 30 ms in all. One that would be refused for
// what it leaves does not limit the search.
constexpr std::size_t patience_triples = 6;
constexpr std::size_t patience_hypotheses = 250'000;

// More names than this hold a pose against the false ones among them: in none of 170 views of that
// many a pose was found to be bent.
constexpr std::size_t few_names = 32;

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

/// A ball about the markers.
struct Extent {
    Eigen::Vector3d middle_mm = Eigen::Vector3d::Zero();
    double radius_mm = 0.0;
};

Extent extent_of(const std::vector<Eigen::Vector3d>& markers_mm) {
    Extent extent{centroid_of(markers_mm), 0.0};
    for (const auto& marker : markers_mm)
        extent.radius_mm = std::max(extent.radius_mm, (marker - extent.middle_mm).norm());
    return extent;
}

// The next number that has no divisor in common with n after the golden section of it.
std::size_t even_stride(std::size_t n) {
    auto stride = static_cast<std::size_t>(static_cast<double>(n) / std::numbers::phi) + 1;
    while (std::gcd(stride, n) != 1)
        ++stride;
    return stride;
}

// About the log-likelihood of a naming, without its residuals: to tell cheaply what cannot compete.
// Less than `least` as soon as it cannot reach it. `stride` is even_stride() of the markers.
double rough_log_likelihood(const ViewProblem& view, const Extent& extent, std::size_t stride,
                            const ViewPose& pose, double clutter_per_px2, double gate_px,
                            double least) {
    const drr::Pinhole pinhole = scaled(view.nominal.pinhole, pose.log_focal);
    const Eigen::Matrix3d rotation = pose.view_from_phantom.matrix();
    const Eigen::Vector3d& shift = pose.view_from_phantom.translation_mm;
    const double blob_variance_px2 = view.options.blob_sd_px * view.options.blob_sd_px;
    const double log_miss = std::log1p(-view.options.detection_rate);
    const double log_hit =
        std::log(view.options.detection_rate / (2.0 * std::numbers::pi * clutter_per_px2));
    const auto variance_px2 = [&](double depth_mm) {
        const double as_built_px = view.options.as_built_sd_mm * pinhole.fx_px / depth_mm;
        return as_built_px * as_built_px + blob_variance_px2;
    };
    const double deepest_mm =
        std::max((rotation.row(2) * extent.middle_mm).value() + shift.z() + extent.radius_mm, 1.0);
    const double most_of_a_hit = std::max(log_hit - std::log(variance_px2(deepest_mm)), 0.0);
    // A logarithm of so many variances at a time.
    constexpr int at_once = 16;
    double variances = 1.0;
    int hits = 0;
    double sum = 0.0;
    const std::size_t count = view.markers_mm.size();
    double reachable = most_of_a_hit * static_cast<double>(count);
    // Neighbours in the list are neighbours in space, and missed together.
    for (std::size_t n = 0, i = 0; n < count; ++n, i = (i + stride) % count) {
        const Eigen::Vector3d p = rotation * view.markers_mm[i] + shift;
        const Eigen::Vector2d pixel = pinhole.project(p);
        if (p.z() <= 0.0 || !view.map.contains(pixel)) {
            reachable -= most_of_a_hit;
        } else if (view.map.nearest(pixel, gate_px) < 0) {
            sum += log_miss;
            reachable += log_miss - most_of_a_hit;
        } else {
            sum += log_hit;
            variances *= variance_px2(p.z());
            if (++hits % at_once == 0) sum -= std::log(std::exchange(variances, 1.0));
        }
        if (reachable < least) return reachable;
    }
    return sum - std::log(variances);
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

// The namings of a rough pose, as it is and refined from `gate_px` on.
void add_namings_from(const ViewProblem& view, const ViewPose& pose, double gate_px,
                      double as_built_sd_mm, NamingPool& pool) {
    pool.add(name_blobs(view, pose, as_built_sd_mm));
    if (const auto refined = refine_pose(view, pose, gate_px))
        pool.add(name_blobs(view, *refined, as_built_sd_mm));
}

/// Looks for what competes with the namings of a pool: those that lead, slanted back, and carried
/// over by all near symmetries of the layout. A leader that fits a part of the phantom is a rough
/// place to start from: rivals find their beads within `gate_px` first.
class RivalSearch {
  public:
    RivalSearch(const ViewProblem& view, const PreparedLayout& layout, double clutter_per_px2,
                double gate_px, double as_built_sd_mm)
        : view_(view),
          layout_(layout),
          clutter_per_px2_(clutter_per_px2),
          gate_px_(gate_px),
          as_built_sd_mm_(as_built_sd_mm),
          extent_(extent_of(view.markers_mm)),
          stride_(even_stride(view.markers_mm.size())) {}

    /// A pose that fits only a few layers of a lattice is too rough for its rivals far away to find
    /// their beads; the rival that explains more is a better place to look from. The best is left
    /// only when its own rivals are no better.
    void add_rivals_of_the_best(NamingPool& pool) {
        double before = 0.0;
        do {
            before = pool.namings()[0].log_likelihood(clutter_per_px2_);
            add_rivals(pool);
        } while (pool.namings()[0].log_likelihood(clutter_per_px2_) > before + settled_nats);
    }

  private:
    void add_rivals(NamingPool& pool);
    [[nodiscard]] double rough_of(const ViewPose& pose, double least) const {
        return rough_log_likelihood(view_, extent_, stride_, pose, clutter_per_px2_, gate_px_,
                                    least);
    }
    /// Whether a search from nearly the same pose took place: it led where this one would. Rivals
    /// of a rival are for the most part those of its leader.
    [[nodiscard]] bool was_tried(const ViewPose& pose) const;

    const ViewProblem& view_;
    const PreparedLayout& layout_;
    double clutter_per_px2_;
    double gate_px_;
    double as_built_sd_mm_;
    Extent extent_;
    std::size_t stride_;
    std::vector<ViewPose> tried_;
};

bool RivalSearch::was_tried(const ViewPose& pose) const {
    // So much nearer than the gate within which beads are found at first.
    constexpr double share_of_gate = 0.1;
    const Eigen::Vector3d middle = pose.view_from_phantom * extent_.middle_mm;
    const double px_per_mm =
        scaled(view_.nominal.pinhole, pose.log_focal).fx_px / std::max(middle.z(), 1.0);
    return std::any_of(tried_.begin(), tried_.end(), [&](const ViewPose& other) {
        const double shift_mm = (other.view_from_phantom * extent_.middle_mm - middle).norm();
        const double turn_mm = extent_.radius_mm * pose.view_from_phantom.rotation.angularDistance(
                                                       other.view_from_phantom.rotation);
        return (shift_mm + turn_mm) * px_per_mm < share_of_gate * gate_px_;
    });
}

void RivalSearch::add_rivals(NamingPool& pool) {
    // A pose may be a rival's; each of the first few gives the right one if it is related to it.
    constexpr std::size_t leaders = 4;
    const std::vector<Naming> start(
        pool.namings().begin(),
        pool.namings().begin() + static_cast<long>(std::min(leaders, pool.namings().size())));
    if (start.empty()) return;
    const double top = start[0].log_likelihood(clutter_per_px2_);
    for (const auto& leader : start) {
        // A blob within the gate may be there by chance, and denser beads find more: what a pose
        // gains so, its rivals gain too, so that a rival is estimated from its leader.
        const double offset = leader.log_likelihood(clutter_per_px2_) -
                              rough_of(leader.fit.pose, std::numeric_limits<double>::lowest());
        // The estimate knows neither residuals nor beads that hide each other.
        constexpr double roughness_nats = 15.0;
        const double least = top - irrelevant_nats - roughness_nats - offset;
        const auto try_pose = [&](const ViewPose& pose) {
            if (rough_of(pose, least) <= least || was_tried(pose)) return;
            tried_.push_back(pose);
            add_namings_from(view_, pose, gate_px_, as_built_sd_mm_, pool);
        };
        try_pose(slanted_back(leader.fit.pose, layout_));
        for (const auto& motion : layout_.near_symmetries)
            try_pose({leader.fit.pose.view_from_phantom * motion, leader.fit.pose.log_focal});
    }
}

// False names bend a pose, which then misses beads farther off and takes other blobs for them. The
// best naming is looked at again without each of its names in turn, and from the half of them that
// is nearest to each, until that gains nothing.
void add_from_parts_of_the_best(const ViewProblem& view, double clutter_per_px2, double gate_px,
                                double as_built_sd_mm, NamingPool& pool) {
    double before = 0.0;
    do {
        const Naming best = pool.namings()[0];
        before = best.log_likelihood(clutter_per_px2);
        const std::vector<std::size_t> named = named_blobs(best);
        if (named.size() > few_names) return;
        const auto try_part = [&](std::span<const std::size_t> part, bool rough) {
            const auto fit = fit_to_some(view, best, part, as_built_sd_mm);
            if (!fit) return;
            if (rough)
                add_namings_from(view, fit->pose, gate_px, as_built_sd_mm, pool);
            else
                pool.add(name_blobs(view, fit->pose, as_built_sd_mm));
        };
        std::vector<std::size_t> nearest = named;
        for (const std::size_t from : named) {
            const Eigen::Vector2d& middle = view.map.centers_px()[from];
            std::stable_sort(nearest.begin(), nearest.end(), [&](std::size_t a, std::size_t b) {
                return (view.map.centers_px()[a] - middle).squaredNorm() <
                       (view.map.centers_px()[b] - middle).squaredNorm();
            });
            try_part(std::span(nearest).subspan(1), false);
            try_part(std::span(nearest).first((nearest.size() + 1) / 2), true);
        }
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
    const std::size_t patience =
        std::max(patience_hypotheses, patience_triples * search.triples_of_beads());
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
                limit = std::min(limit, fits > plausible ? hypotheses : hypotheses + patience);
            pool.add(std::move(naming));
        }
    }
    ViewSearch result;
    if (pool.namings().empty()) return result;
    RivalSearch(view, layout, clutter, start_gate_px, view.options.as_built_sd_mm)
        .add_rivals_of_the_best(pool);

    // Once more with the scatter and the clutter that the best leaves, which may be another's best.
    const double scatter_mm = pool.namings()[0].as_built_sd_mm;
    clutter = false_blobs_per_px2(view, pool.namings()[0]);
    NamingPool last(clutter);
    for (const auto& naming : pool.namings())
        last.add(name_blobs(view, naming.fit.pose, scatter_mm));
    RivalSearch(view, layout, clutter, start_gate_px, scatter_mm).add_rivals_of_the_best(last);
    add_from_parts_of_the_best(view, clutter, start_gate_px, scatter_mm, last);
    result.namings = std::move(last.namings());
    result.clutter_per_px2 = clutter;
    return result;
}

}  // namespace stereo
