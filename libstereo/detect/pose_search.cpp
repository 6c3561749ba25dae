#include "pose_search.hpp"

#include <drr/geometry/absolute_pose.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace stereo {
namespace {

constexpr int cell_px = 4;
constexpr std::size_t max_refined = 96;  // coarse candidates that are refined
// That are returned. With false blobs among the beads a wrong pose may explain more of one view
// than the right one; the other view decides, if both are there. Among 3 the right one was not
// always.
constexpr std::size_t max_candidates = 10;

// Centroid and root mean square distance from it, of the first two coordinates.
struct Spread {
    Eigen::Vector2d mean = Eigen::Vector2d::Zero();
    double rms = 0.0;
};

template <class Points>
Spread spread_of(const Points& points) {
    Spread spread;
    const auto count = static_cast<double>(points.size());
    for (const auto& p : points)
        spread.mean += p.template head<2>() / count;
    double sum = 0.0;
    for (const auto& p : points)
        sum += (p.template head<2>() - spread.mean).squaredNorm() / count;
    spread.rms = std::sqrt(sum);
    return spread;
}

// Evenly spread unit quaternions (Alexa, "Super-Fibonacci spirals", CVPR 2022).
Eigen::Quaterniond spiral_rotation(int index, int count) {
    constexpr double psi = 1.533751168755204288118041;
    const double s = index + 0.5;
    const double r = std::sqrt(s / count);
    const double big_r = std::sqrt(1.0 - s / count);
    const double alpha = 2.0 * std::numbers::pi * s / std::numbers::sqrt2;
    const double beta = 2.0 * std::numbers::pi * s / psi;
    return {big_r * std::cos(beta), r * std::sin(alpha), r * std::cos(alpha),
            big_r * std::sin(beta)};
}

// The pose of the given orientation under which the centroid and the size of the beads' image
// agree with those of the blobs. With some beads unseen this is only nearly right.
drr::Rigid3 pose_by_spread(const Eigen::Quaterniond& rotation,
                           const std::vector<Eigen::Vector3d>& turned, const Spread& blobs,
                           const drr::Pinhole& pinhole) {
    const Spread object = spread_of(turned);
    const double depth = pinhole.fx_px * object.rms / blobs.rms;
    const Eigen::Vector3d ray = pinhole.ray(blobs.mean);
    return {rotation, depth * ray - Eigen::Vector3d(object.mean.x(), object.mean.y(), 0.0)};
}

struct Matches {
    std::vector<Eigen::Vector3d> points;
    std::vector<Eigen::Vector2d> pixels;
    int missing = 0;  // predicted inside the image, but no blob there
};

// Pairs each predicted bead with the nearest blob within the gate; a blob goes to its nearest bead.
Matches match(const BlobMap& map, const std::vector<Eigen::Vector3d>& beads_mm,
              const drr::Pinhole& pinhole, const drr::Rigid3& pose, double gate_px) {
    constexpr int nobody = -1;
    std::vector<int> owner(map.blobs().size(), nobody);
    std::vector<double> distance(map.blobs().size(), std::numeric_limits<double>::infinity());
    Matches result;
    for (std::size_t i = 0; i < beads_mm.size(); ++i) {
        const Eigen::Vector3d p = pose * beads_mm[i];
        if (p.z() <= 0.0) continue;
        const Eigen::Vector2d pixel = pinhole.project(p);
        const auto nearest = map.nearest(pixel);
        if (nearest.blob < 0 || nearest.distance_px > gate_px) {
            if (map.contains(pixel)) ++result.missing;
            continue;
        }
        const auto blob = static_cast<std::size_t>(nearest.blob);
        if (nearest.distance_px >= distance[blob]) continue;
        distance[blob] = nearest.distance_px;
        owner[blob] = static_cast<int>(i);
    }
    for (std::size_t blob = 0; blob < owner.size(); ++blob) {
        if (owner[blob] == nobody) continue;
        result.points.push_back(beads_mm[static_cast<std::size_t>(owner[blob])]);
        result.pixels.push_back(map.blobs()[blob]);
    }
    return result;
}

PoseCandidate refine(const BlobMap& map, const std::vector<Eigen::Vector3d>& beads_mm,
                     const NominalView& nominal, const drr::Rigid3& start,
                     const IdentifyOptions& options) {
    // From half the usual distance between beads down to the gate, in units of the gate, so that
    // images of other resolutions are treated alike.
    constexpr double gates[] = {10.0, 8.3, 6.7, 5.0, 3.3, 2.5, 1.7};
    PoseCandidate candidate{start, 0.0};
    for (const double gate : gates) {
        const Matches m = match(map, beads_mm, nominal.pinhole, candidate.view_from_phantom,
                                gate * options.gate_px);
        if (m.points.size() < 6) return candidate;
        candidate.view_from_phantom =
            drr::fit_pose(m.points, m.pixels, nominal.pinhole, candidate.view_from_phantom, 5)
                .view_from_object;
    }
    // Until the pairs no longer change.
    constexpr int max_rounds = 10;
    std::size_t found = 0;
    for (int round = 0; round < max_rounds; ++round) {
        const Matches m =
            match(map, beads_mm, nominal.pinhole, candidate.view_from_phantom, options.gate_px);
        candidate.score = static_cast<double>(m.points.size()) - 0.5 * m.missing;
        if (m.points.size() < 6 || m.points.size() == found) break;
        found = m.points.size();
        candidate.view_from_phantom =
            drr::fit_pose(m.points, m.pixels, nominal.pinhole, candidate.view_from_phantom)
                .view_from_object;
    }
    return candidate;
}

// Shortest vectors from bead to bead. In a regular layout a pose that is off by one of them still
// finds most beads, and closest points alone do not leave it.
std::vector<Eigen::Vector3d> steps_between_beads(const std::vector<Eigen::Vector3d>& beads_mm) {
    double shortest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < beads_mm.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
            shortest = std::min(shortest, (beads_mm[i] - beads_mm[k]).norm());
    std::vector<Eigen::Vector3d> steps;
    for (const auto& a : beads_mm)
        for (const auto& b : beads_mm) {
            const Eigen::Vector3d step = a - b;
            // 10 % longer than the shortest, and 10 % different from those already known
            if (step.norm() <= 0.5 * shortest || step.norm() > 1.1 * shortest) continue;
            if (std::none_of(steps.begin(), steps.end(), [&](const Eigen::Vector3d& known) {
                    return (known - step).norm() < 0.1 * shortest;
                }))
                steps.push_back(step);
        }
    return steps;
}

// Walks in such steps as long as that explains more.
PoseCandidate leave_shifted(PoseCandidate candidate, const BlobMap& map,
                            const std::vector<Eigen::Vector3d>& beads_mm,
                            const std::vector<Eigen::Vector3d>& steps, const NominalView& nominal,
                            const IdentifyOptions& options) {
    bool moved = true;
    while (moved) {
        moved = false;
        for (const auto& step : steps) {
            const drr::Rigid3 shift(Eigen::Quaterniond::Identity(), step);
            const PoseCandidate trial =
                refine(map, beads_mm, nominal, candidate.view_from_phantom * shift, options);
            if (trial.score <= candidate.score) continue;
            candidate = trial;
            moved = true;
        }
    }
    return candidate;
}

// Whether a pose is in the list already, up to a symmetry of the beads.
bool is_known(const PoseCandidate& candidate, const std::vector<PoseCandidate>& list,
              const Eigen::Vector3d& centroid, const std::vector<BeadSymmetry>& symmetries) {
    // Fits to the same blobs agree far better than this; different solutions differ by far more.
    constexpr double same_rad = 0.02;
    constexpr double same_mm = 5.0;
    const drr::Rigid3& a = candidate.view_from_phantom;
    return std::any_of(list.begin(), list.end(), [&](const PoseCandidate& other) {
        const drr::Rigid3& b = other.view_from_phantom;
        return (a * centroid - b * centroid).norm() < same_mm &&
               std::any_of(symmetries.begin(), symmetries.end(), [&](const BeadSymmetry& s) {
                   return drr::angle_between_rad(a.rotation, b.rotation * s.rotation) < same_rad;
               });
    });
}

}  // namespace

BlobMap::BlobMap(const std::vector<Eigen::Vector2d>& blobs_px, int width_px, int height_px)
    : blobs_(blobs_px),
      width_px_(width_px),
      height_px_(height_px),
      columns_(width_px / cell_px + 1),
      rows_(height_px / cell_px + 1),
      nearest_(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_), -1) {
    // Spread the nearest index from cell to cell, forwards and backwards (Danielsson 1980); the
    // rare cell that this gets wrong is wrong by less than a cell.
    const auto distance = [&](int column, int row, int blob) {
        const Eigen::Vector2d centre(cell_px * (column + 0.5), cell_px * (row + 0.5));
        return (blobs_[static_cast<std::size_t>(blob)] - centre).squaredNorm();
    };
    const auto cell = [&](int column, int row) -> int& {
        return nearest_[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
                        static_cast<std::size_t>(column)];
    };
    const auto offer = [&](int column, int row, int blob) {
        if (blob < 0) return;
        int& current = cell(column, row);
        if (current < 0 || distance(column, row, blob) < distance(column, row, current))
            current = blob;
    };
    for (std::size_t i = 0; i < blobs_.size(); ++i)
        offer(std::clamp(static_cast<int>(blobs_[i].x()) / cell_px, 0, columns_ - 1),
              std::clamp(static_cast<int>(blobs_[i].y()) / cell_px, 0, rows_ - 1),
              static_cast<int>(i));
    for (int sweep = 0; sweep < 2; ++sweep) {
        for (int row = 0; row < rows_; ++row)
            for (int column = 0; column < columns_; ++column)
                for (const auto& [dc, dr] : {std::pair{-1, 0}, {0, -1}, {-1, -1}, {1, -1}})
                    if (column + dc >= 0 && column + dc < columns_ && row + dr >= 0)
                        offer(column, row, cell(column + dc, row + dr));
        for (int row = rows_ - 1; row >= 0; --row)
            for (int column = columns_ - 1; column >= 0; --column)
                for (const auto& [dc, dr] : {std::pair{1, 0}, {0, 1}, {1, 1}, {-1, 1}})
                    if (column + dc >= 0 && column + dc < columns_ && row + dr < rows_)
                        offer(column, row, cell(column + dc, row + dr));
    }
}

bool BlobMap::contains(const Eigen::Vector2d& pixel) const {
    return pixel.x() >= 0.0 && pixel.y() >= 0.0 && pixel.x() <= width_px_ - 1.0 &&
           pixel.y() <= height_px_ - 1.0;
}

BlobMap::Nearest BlobMap::nearest(const Eigen::Vector2d& pixel) const {
    if (blobs_.empty() || !contains(pixel)) return {};
    const int column = static_cast<int>(pixel.x()) / cell_px;
    const int row = static_cast<int>(pixel.y()) / cell_px;
    const int blob = nearest_[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
                              static_cast<std::size_t>(column)];
    return {blob, (blobs_[static_cast<std::size_t>(blob)] - pixel).norm()};
}

std::vector<PoseCandidate> search_poses(const BlobMap& map,
                                        const std::vector<Eigen::Vector3d>& beads_mm,
                                        const std::vector<BeadSymmetry>& symmetries,
                                        const NominalView& nominal,
                                        const IdentifyOptions& options) {
    constexpr std::size_t min_blobs = 6;
    if (map.blobs().size() < min_blobs) return {};
    const Spread blobs = spread_of(map.blobs());

    // Coarse: every orientation, by the mean distance (truncated) of predictions from blobs.
    struct Coarse {
        double cost;
        int index;
    };
    const double truncate_px = 6.7 * options.gate_px;  // 40 px for a gate of 6
    std::vector<Coarse> coarse(static_cast<std::size_t>(options.orientations));
    std::vector<Eigen::Vector3d> turned(beads_mm.size());
    for (int i = 0; i < options.orientations; ++i) {
        const Eigen::Quaterniond rotation = spiral_rotation(i, options.orientations);
        const Eigen::Matrix3d matrix = rotation.toRotationMatrix();
        for (std::size_t k = 0; k < beads_mm.size(); ++k)
            turned[k] = matrix * beads_mm[k];
        const drr::Rigid3 pose = pose_by_spread(rotation, turned, blobs, nominal.pinhole);
        double cost = 0.0;
        for (const auto& point : turned) {
            const Eigen::Vector3d p = point + pose.translation_mm;
            const auto nearest =
                p.z() > 0.0 ? map.nearest(nominal.pinhole.project(p)) : BlobMap::Nearest{};
            cost += nearest.blob < 0 ? truncate_px : std::min(nearest.distance_px, truncate_px);
        }
        coarse[static_cast<std::size_t>(i)] = {cost, i};
    }
    const std::size_t keep = std::min(max_refined, coarse.size());
    std::partial_sort(coarse.begin(), coarse.begin() + static_cast<long>(keep), coarse.end(),
                      [](const Coarse& a, const Coarse& b) {
                          return a.cost != b.cost ? a.cost < b.cost : a.index < b.index;
                      });

    std::vector<PoseCandidate> refined;
    for (std::size_t i = 0; i < keep; ++i) {
        const Eigen::Quaterniond rotation = spiral_rotation(coarse[i].index, options.orientations);
        for (std::size_t k = 0; k < beads_mm.size(); ++k)
            turned[k] = rotation * beads_mm[k];
        refined.push_back(refine(map, beads_mm, nominal,
                                 pose_by_spread(rotation, turned, blobs, nominal.pinhole),
                                 options));
    }
    std::stable_sort(
        refined.begin(), refined.end(),
        [](const PoseCandidate& a, const PoseCandidate& b) { return a.score > b.score; });

    const auto steps = steps_between_beads(beads_mm);
    std::vector<PoseCandidate> distinct;
    for (const auto& candidate : refined) {
        if (is_known(candidate, distinct, centroid_of(beads_mm), symmetries)) continue;
        const PoseCandidate better =
            leave_shifted(candidate, map, beads_mm, steps, nominal, options);
        if (!is_known(better, distinct, centroid_of(beads_mm), symmetries))
            distinct.push_back(better);
        if (distinct.size() == max_candidates) break;
    }
    std::stable_sort(
        distinct.begin(), distinct.end(),
        [](const PoseCandidate& a, const PoseCandidate& b) { return a.score > b.score; });
    return distinct;
}

}  // namespace stereo
