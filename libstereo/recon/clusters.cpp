#include <drr/core/error.hpp>
#include <drr/core/order_statistics.hpp>
#include <stereo/recon/clusters.hpp>
#include <stereo/recon/rigid_fit.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace stereo {
namespace {

using Points = std::span<const Eigen::Vector3d>;
using Indices = std::vector<std::size_t>;

struct Correspondence {
    Indices to;  // for each bead of the group, its index in the frame, or no_bead
    std::size_t found = 0;
    double rms_mm = std::numeric_limits<double>::infinity();

    [[nodiscard]] bool better_than(const Correspondence& other) const {
        return found != other.found ? found > other.found : rms_mm < other.rms_mm;
    }
};

// A second correspondence is a rival when it finds as many beads and fits nearly as well.
constexpr double rival_factor = 2.0;

/// The points of `frame` nearest to the group's points under the motion that three of them define.
Correspondence extend(const std::vector<Eigen::Vector3d>& group, Points frame,
                      const std::array<std::size_t, 3>& from, const std::array<std::size_t, 3>& to,
                      double tolerance_mm) {
    Correspondence result;
    std::vector<Eigen::Vector3d> a;
    std::vector<Eigen::Vector3d> b;
    for (std::size_t k = 0; k < 3; ++k) {
        a.push_back(group[from[k]]);
        b.push_back(frame[to[k]]);
    }
    RigidFit motion = fit_rigid(a, b);
    if (!motion.ok || motion.rms_mm > tolerance_mm) return result;
    result.to.assign(group.size(), no_bead);
    std::vector<bool> used(frame.size(), false);
    a.clear();
    b.clear();
    for (std::size_t i = 0; i < group.size(); ++i) {
        const Eigen::Vector3d moved = motion.to_from_from * group[i];
        double least = tolerance_mm;
        for (std::size_t j = 0; j < frame.size(); ++j) {
            const double distance = (frame[j] - moved).norm();
            if (used[j] || distance >= least) continue;
            least = distance;
            result.to[i] = j;
        }
        if (result.to[i] == no_bead) continue;
        used[result.to[i]] = true;
        a.push_back(group[i]);
        b.push_back(frame[result.to[i]]);
        ++result.found;
    }
    motion = fit_rigid(a, b);
    if (!motion.ok) return {};
    result.rms_mm = motion.rms_mm;
    return result;
}

/// Adds every correspondence that maps three given beads of the group onto points of the frame with
/// the same distances between them.
void try_triple(const std::vector<Eigen::Vector3d>& group, Points frame,
                const std::array<std::size_t, 3>& from, double tolerance_mm,
                std::vector<Correspondence>& tried) {
    const auto same = [&](std::size_t p, std::size_t q, std::size_t i, std::size_t j) {
        return std::abs((group[from[p]] - group[from[q]]).norm() - (frame[i] - frame[j]).norm()) <
               tolerance_mm;
    };
    for (std::size_t i = 0; i < frame.size(); ++i)
        for (std::size_t j = 0; j < frame.size(); ++j) {
            if (i == j || !same(0, 1, i, j)) continue;
            for (std::size_t k = 0; k < frame.size(); ++k) {
                if (k == i || k == j || !same(0, 2, i, k) || !same(1, 2, j, k)) continue;
                Correspondence next = extend(group, frame, from, {i, j, k}, tolerance_mm);
                if (next.found >= 3) tried.push_back(std::move(next));
            }
        }
}

struct Search {
    Correspondence best;
    bool ambiguous = false;
};

/// Tries the triples of the group until one leads to all of its beads.
Search find_group(const std::vector<Eigen::Vector3d>& group, Points frame, double tolerance_mm) {
    Search search;
    std::vector<Correspondence> tried;
    for (std::size_t a = 0; a < group.size() && search.best.found < group.size(); ++a)
        for (std::size_t b = a + 1; b < group.size() && search.best.found < group.size(); ++b)
            for (std::size_t c = b + 1; c < group.size() && search.best.found < group.size(); ++c) {
                try_triple(group, frame, {a, b, c}, tolerance_mm, tried);
                for (const Correspondence& one : tried)
                    if (one.better_than(search.best)) search.best = one;
            }
    for (const Correspondence& one : tried)
        search.ambiguous =
            search.ambiguous || (one.to != search.best.to && one.found == search.best.found &&
                                 one.rms_mm < rival_factor * search.best.rms_mm);
    return search;
}

void measure_changes(RigidCluster& cluster, std::span<const std::vector<Eigen::Vector3d>> frames) {
    std::vector<double> changes;
    double sum = 0.0;
    const std::size_t beads = cluster.beads.front().size();
    for (std::size_t p = 0; p < beads; ++p)
        for (std::size_t q = p + 1; q < beads; ++q) {
            std::vector<double> distances;
            for (std::size_t f = 0; f < frames.size(); ++f) {
                const std::size_t i = cluster.beads[f][p];
                const std::size_t j = cluster.beads[f][q];
                if (i != no_bead && j != no_bead)
                    distances.push_back((frames[f][i] - frames[f][j]).norm());
            }
            if (distances.size() < 2) continue;
            double mean = 0.0;
            for (const double d : distances)
                mean += d / static_cast<double>(distances.size());
            double variance = 0.0;
            for (const double d : distances)
                variance += (d - mean) * (d - mean) / static_cast<double>(distances.size() - 1);
            const auto [low, high] = std::minmax_element(distances.begin(), distances.end());
            sum += 2.0 * variance;
            cluster.change_max_mm = std::max(cluster.change_max_mm, *high - *low);
            changes.push_back(std::sqrt(2.0 * variance));
        }
    cluster.pairs = changes.size();
    if (changes.empty()) return;
    cluster.change_rms_mm = std::sqrt(sum / static_cast<double>(changes.size()));
    cluster.change_median_mm = drr::median(std::move(changes));
}

}  // namespace

void ClusterOptions::validate() const {
    drr::require(max_gap_mm > 0.0, "max_gap_mm must be positive");
    drr::require(min_beads >= 3, "a rigid cluster has at least 3 beads");
    drr::require(max_change_mm > 0.0, "max_change_mm must be positive");
}

std::vector<Indices> group_by_proximity(Points points_mm, const ClusterOptions& options) {
    options.validate();
    std::vector<bool> seen(points_mm.size(), false);
    std::vector<Indices> groups;
    for (std::size_t start = 0; start < points_mm.size(); ++start) {
        if (seen[start]) continue;
        Indices group = {start};
        seen[start] = true;
        for (std::size_t at = 0; at < group.size(); ++at)
            for (std::size_t j = 0; j < points_mm.size(); ++j)
                if (!seen[j] && (points_mm[group[at]] - points_mm[j]).norm() < options.max_gap_mm) {
                    seen[j] = true;
                    group.push_back(j);
                }
        if (group.size() < options.min_beads) continue;
        std::sort(group.begin(), group.end());
        groups.push_back(std::move(group));
    }
    std::stable_sort(groups.begin(), groups.end(),
                     [](const Indices& a, const Indices& b) { return a.size() > b.size(); });
    return groups;
}

std::vector<RigidCluster> clusters_over_frames(
    std::span<const std::vector<Eigen::Vector3d>> frames_mm, const ClusterOptions& options) {
    drr::require(!frames_mm.empty(), "at least one frame of points was expected");
    std::vector<RigidCluster> clusters;
    for (const Indices& members : group_by_proximity(frames_mm.front(), options)) {
        std::vector<Eigen::Vector3d> group;
        for (const std::size_t i : members)
            group.push_back(frames_mm.front()[i]);
        RigidCluster cluster;
        cluster.beads.push_back(members);
        for (std::size_t f = 1; f < frames_mm.size(); ++f) {
            Search search = find_group(group, frames_mm[f], options.max_change_mm);
            if (search.best.found == 0) search.best.to.assign(group.size(), no_bead);
            cluster.ambiguous = cluster.ambiguous || search.ambiguous;
            cluster.beads.push_back(std::move(search.best.to));
        }
        measure_changes(cluster, frames_mm);
        clusters.push_back(std::move(cluster));
    }
    return clusters;
}

}  // namespace stereo
