#include "right_handed_frame.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <stereo/identify/constellation.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

namespace stereo {
namespace {

using Points = std::vector<Eigen::Vector3d>;
using Triple = std::array<std::size_t, 3>;

// Tells whether a bead lies within the tolerance of a point; most points that have none are told by
// a table of cells.
class BeadTable {
  public:
    BeadTable(const Points& beads_mm, double tolerance_mm)
        : beads_(beads_mm), tolerance_mm_(tolerance_mm), occupied_(cells * cells * cells, false) {
        Eigen::AlignedBox3d box;
        for (const auto& bead : beads_)
            box.extend(bead);
        low_ = box.min().array() - tolerance_mm;
        cell_mm_ = (box.sizes().maxCoeff() + 2.0 * tolerance_mm) / cells;
        for (const auto& bead : beads_) {
            const Eigen::Array3i from = cell(bead.array() - tolerance_mm);
            const Eigen::Array3i to = cell(bead.array() + tolerance_mm);
            for (int x = from.x(); x <= to.x(); ++x)
                for (int y = from.y(); y <= to.y(); ++y)
                    for (int z = from.z(); z <= to.z(); ++z)
                        occupied_[index({x, y, z})] = true;
        }
    }

    [[nodiscard]] bool has(const Eigen::Vector3d& point_mm) const {
        const Eigen::Array3d place = (point_mm.array() - low_) / cell_mm_;
        if ((place < 0.0).any() || (place >= cells).any()) return false;
        if (!occupied_[index(place.cast<int>())]) return false;
        return std::any_of(beads_.begin(), beads_.end(), [&](const Eigen::Vector3d& bead) {
            return (bead - point_mm).squaredNorm() <= tolerance_mm_ * tolerance_mm_;
        });
    }

  private:
    static constexpr int cells = 32;  // along the longest side

    [[nodiscard]] Eigen::Array3i cell(const Eigen::Array3d& point_mm) const {
        return ((point_mm - low_) / cell_mm_).cast<int>().max(0).min(cells - 1);
    }
    [[nodiscard]] static std::size_t index(const Eigen::Array3i& c) {
        return static_cast<std::size_t>((c.x() * cells + c.y()) * cells + c.z());
    }

    const Points& beads_;
    double tolerance_mm_;
    double cell_mm_ = 1.0;
    Eigen::Array3d low_;
    std::vector<bool> occupied_;
};

// Half of them among the beads nearest to the centroid, which most shifts keep on beads, half among
// all, for layouts that have nothing in the middle.
std::vector<Triple> base_triples(const Points& beads_mm) {
    constexpr int count = 32;
    constexpr std::size_t central = 8;
    const Eigen::Vector3d centroid = centroid_of(beads_mm);
    std::vector<std::size_t> order(beads_mm.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return (beads_mm[a] - centroid).norm() < (beads_mm[b] - centroid).norm();
    });
    drr::Rng rng({.seed = 0, .purpose = drr::RngPurpose::procedure});
    std::vector<Triple> triples;
    for (int i = 0; i < count; ++i) {
        const auto among =
            static_cast<double>(i % 2 == 0 ? std::min(central, beads_mm.size()) : beads_mm.size());
        Triple t{};
        for (auto& corner : t)
            corner = order[static_cast<std::size_t>(among * rng.uniform())];
        const Eigen::Vector3d a = beads_mm[t[1]] - beads_mm[t[0]];
        const Eigen::Vector3d b = beads_mm[t[2]] - beads_mm[t[0]];
        // A thin triangle says little about the turn about its long side.
        if (a.cross(b).norm() > 0.2 * std::max(a.squaredNorm(), b.squaredNorm()))
            triples.push_back(t);
    }
    return triples;
}

class Search {
  public:
    Search(const Points& beads_mm, const NearSymmetryOptions& options)
        : beads_(beads_mm),
          options_(options),
          table_(beads_mm, options.tolerance_mm),
          centroid_(centroid_of(beads_mm)),
          distances_mm_(beads_mm.size(), beads_mm.size()),
          order_(beads_mm.size()) {
        for (Eigen::Index a = 0; a < distances_mm_.rows(); ++a)
            for (Eigen::Index b = 0; b < distances_mm_.cols(); ++b)
                distances_mm_(a, b) =
                    (beads_mm[static_cast<std::size_t>(a)] - beads_mm[static_cast<std::size_t>(b)])
                        .norm();
        // In no spatial order, so that few beads tell early that a motion covers too little.
        std::iota(order_.begin(), order_.end(), 0);
        drr::Rng rng({.seed = 1, .purpose = drr::RngPurpose::procedure});
        for (std::size_t i = order_.size() - 1; i > 0; --i)
            std::swap(order_[i],
                      order_[static_cast<std::size_t>(rng.uniform() * static_cast<double>(i + 1))]);
    }

    void add(const drr::Rigid3& motion) {
        if (is_known(motion)) return;
        motions_.push_back(motion);
        const drr::Rigid3 back = motion.inverse();
        if (!is_known(back)) motions_.push_back(back);
    }

    // Motions that carry a triple onto three beads.
    void add_images_of(const Triple& base) {
        const auto [first, second, third] = base;
        const Eigen::Vector3d origin = beads_[first];
        const Eigen::Matrix3d start =
            right_handed_frame(beads_[second] - origin, beads_[third] - origin);
        for (std::size_t i = 0; i < beads_.size(); ++i) {
            const Eigen::Vector3d& p = beads_[i];
            const auto images_of_second = as_far_from(i, between_mm(first, second));
            const auto images_of_third = as_far_from(i, between_mm(first, third));
            for (const std::size_t a : images_of_second)
                for (const std::size_t b : images_of_third) {
                    if (!is_same(between_mm(a, b), between_mm(second, third))) continue;
                    const Eigen::Matrix3d turn =
                        right_handed_frame(beads_[a] - p, beads_[b] - p) * start.transpose();
                    const drr::Rigid3 motion(turn, p - turn * origin);
                    if (covers_enough(motion)) add(motion);
                }
        }
    }

    [[nodiscard]] const std::vector<drr::Rigid3>& motions() const { return motions_; }

  private:
    [[nodiscard]] double between_mm(std::size_t a, std::size_t b) const {
        return distances_mm_(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b));
    }
    [[nodiscard]] bool is_same(double a_mm, double b_mm) const {
        return std::abs(a_mm - b_mm) <= options_.tolerance_mm;
    }
    [[nodiscard]] std::vector<std::size_t> as_far_from(std::size_t bead, double distance_mm) const {
        std::vector<std::size_t> others;
        for (std::size_t other = 0; other < beads_.size(); ++other)
            if (is_same(between_mm(bead, other), distance_mm)) others.push_back(other);
        return others;
    }
    [[nodiscard]] bool covers_enough(const drr::Rigid3& motion) const {
        const Eigen::Matrix3d turn = motion.matrix();
        const auto allowed = static_cast<std::size_t>(
            (1.0 - options_.min_fraction) * static_cast<double>(beads_.size()) + 1e-9);
        std::size_t uncovered = 0;
        for (const std::size_t i : order_)
            if (!table_.has(turn * beads_[i] + motion.translation_mm) && ++uncovered > allowed)
                return false;
        return true;
    }

    [[nodiscard]] bool is_known(const drr::Rigid3& motion) const {
        constexpr double same_cosine = 0.99995;  // of half the angle: 0.02 rad
        return std::any_of(motions_.begin(), motions_.end(), [&](const drr::Rigid3& other) {
            return std::abs(motion.rotation.dot(other.rotation)) > same_cosine &&
                   (motion * centroid_ - other * centroid_).norm() < 2.0 * options_.tolerance_mm;
        });
    }

    const Points& beads_;
    const NearSymmetryOptions& options_;
    BeadTable table_;
    Eigen::Vector3d centroid_;
    Eigen::MatrixXd distances_mm_;  // between every two beads
    std::vector<std::size_t> order_;
    std::vector<drr::Rigid3> motions_;
};

}  // namespace

void NearSymmetryOptions::validate() const {
    drr::require(tolerance_mm > 0.0, "tolerance_mm must be positive");
    drr::require(min_fraction > 0.0 && min_fraction <= 1.0, "min_fraction must be in (0, 1]");
}

std::vector<drr::Rigid3> near_symmetries(const std::vector<Eigen::Vector3d>& beads_mm,
                                         const NearSymmetryOptions& options) {
    options.validate();
    if (beads_mm.size() < 3) return {drr::Rigid3()};
    Search search(beads_mm, options);
    const Eigen::Vector3d centroid = centroid_of(beads_mm);
    for (const auto& symmetry : bead_symmetries(beads_mm, options.tolerance_mm))
        search.add({symmetry.rotation, centroid - symmetry.rotation * centroid});
    const std::vector<drr::Rigid3> exact = search.motions();
    for (const auto& triple : base_triples(beads_mm))
        search.add_images_of(triple);
    // What one symmetry carries over another is a symmetry too.
    const std::vector<drr::Rigid3> found = search.motions();
    for (const auto& motion : found)
        for (const auto& symmetry : exact)
            search.add(motion * symmetry);
    return search.motions();
}

}  // namespace stereo
