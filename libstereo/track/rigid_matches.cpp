#include "rigid_matches.hpp"

#include <stereo/recon/rigid_fit.hpp>

#include <Eigen/LU>

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

using Points = std::span<const SpacePoint>;
using Triple = std::array<std::size_t, 3>;

// A motion from three noisy points carries far ones less surely: the first look is more generous.
constexpr double first_look = 2.0;

struct Side {
    std::size_t p = 0;
    std::size_t q = 0;
    double length_mm = 0.0;
    double variance_mm2 = 0.0;
};

Side side_of(Points points, std::size_t p, std::size_t q) {
    const Eigen::Vector3d difference = points[q].point_mm - points[p].point_mm;
    Side side{p, q, difference.norm(), 0.0};
    const Eigen::Vector3d direction = difference / side.length_mm;
    side.variance_mm2 =
        direction.dot((points[p].covariance_mm2 + points[q].covariance_mm2) * direction);
    return side;
}

bool same_length(const Side& a, const Side& b, double max_sigma) {
    const double difference = a.length_mm - b.length_mm;
    return difference * difference <= max_sigma * max_sigma * (a.variance_mm2 + b.variance_mm2);
}

/// Both directions of every side that is not too long, by length.
std::vector<Side> sides_of(Points points, double max_extent_mm) {
    std::vector<Side> sides;
    for (std::size_t p = 0; p < points.size(); ++p)
        for (std::size_t q = 0; q < points.size(); ++q) {
            if (p == q || points[p].excludes(points[q])) continue;
            const Side side = side_of(points, p, q);
            if (side.length_mm > 0.0 && side.length_mm <= max_extent_mm) sides.push_back(side);
        }
    std::sort(sides.begin(), sides.end(),
              [](const Side& a, const Side& b) { return a.length_mm < b.length_mm; });
    return sides;
}

class Search {
  public:
    Search(Points from, Points to, const TrackOptions& options)
        : from_(from), to_(to), options_(options), sides_(sides_of(to, options.max_extent_mm)) {
        for (const Side& side : sides_)
            widest_ = std::max(widest_, side.variance_mm2);
    }

    std::vector<RigidMatch> run() {
        for (std::size_t i = 0; i < from_.size(); ++i)
            for (std::size_t j = i + 1; j < from_.size(); ++j) {
                if (!joined(i, j)) continue;
                for (std::size_t k = j + 1; k < from_.size(); ++k)
                    if (joined(i, k) && joined(j, k)) try_triple({i, j, k});
            }
        std::stable_sort(found_.begin(), found_.end(),
                         [](const RigidMatch& a, const RigidMatch& b) { return a.better_than(b); });
        return std::move(found_);
    }

  private:
    [[nodiscard]] bool joined(std::size_t i, std::size_t j) const {
        const double length = (from_[i].point_mm - from_[j].point_mm).norm();
        return !from_[i].excludes(from_[j]) && length > 0.0 && length <= options_.max_extent_mm;
    }

    void try_triple(const Triple& triple) {
        const Side ij = side_of(from_, triple[0], triple[1]);
        const Side ik = side_of(from_, triple[0], triple[2]);
        const Side jk = side_of(from_, triple[1], triple[2]);
        const double reach = options_.max_sigma * std::sqrt(ij.variance_mm2 + widest_);
        auto side =
            std::lower_bound(sides_.begin(), sides_.end(), ij.length_mm - reach,
                             [](const Side& one, double length) { return one.length_mm < length; });
        for (; side != sides_.end() && side->length_mm <= ij.length_mm + reach; ++side) {
            if (!same_length(ij, *side, options_.max_sigma)) continue;
            for (std::size_t r = 0; r < to_.size(); ++r) {
                if (r == side->p || r == side->q || to_[r].excludes(to_[side->p]) ||
                    to_[r].excludes(to_[side->q]))
                    continue;
                if (same_length(ik, side_of(to_, side->p, r), options_.max_sigma) &&
                    same_length(jk, side_of(to_, side->q, r), options_.max_sigma))
                    extend(triple, {side->p, side->q, r});
            }
        }
    }

    [[nodiscard]] bool seen(const Triple& from, const Triple& to) const {
        return std::any_of(found_.begin(), found_.end(), [&](const RigidMatch& match) {
            for (std::size_t k = 0; k < 3; ++k)
                if (std::find(match.pairs.begin(), match.pairs.end(), std::pair(from[k], to[k])) ==
                    match.pairs.end())
                    return false;
            return true;
        });
    }

    void extend(const Triple& from, const Triple& to) {
        if (seen(from, to)) return;
        RigidMatch match;
        for (std::size_t k = 0; k < 3; ++k)
            match.pairs.emplace_back(from[k], to[k]);
        for (const double generosity : {first_look, 1.0}) {
            if (!fit(match)) return;
            match = nearest(match.to_from_from, generosity * options_.max_sigma, from[0]);
            if (match.pairs.size() < 3) return;
        }
        if (!fit(match) || !std::isfinite(match.support)) return;
        const bool again = std::any_of(found_.begin(), found_.end(), [&](const RigidMatch& other) {
            return other.pairs == match.pairs;
        });
        if (!again) found_.push_back(std::move(match));
    }

    /// The motion of the match's pairs, and how they support it.
    [[nodiscard]] bool fit(RigidMatch& match) const {
        std::vector<Eigen::Vector3d> a;
        std::vector<Eigen::Vector3d> b;
        for (const auto& [i, j] : match.pairs) {
            a.push_back(from_[i].point_mm);
            b.push_back(to_[j].point_mm);
        }
        const RigidFit motion = fit_rigid(a, b);
        match.to_from_from = motion.to_from_from;
        // Three gates: of the epipolar distances on both sides and of the motion.
        const double allowed = 3.0 * options_.max_sigma * options_.max_sigma;
        match.support = 0.0;
        for (const auto& [i, j] : match.pairs)
            match.support += 1.0 - against(chi2_of(motion.to_from_from, i, j), i, j) / allowed;
        return motion.ok;
    }

    [[nodiscard]] double chi2_of(const drr::Rigid3& motion, std::size_t i, std::size_t j) const {
        const Eigen::Matrix3d turn = motion.matrix();
        const Eigen::Vector3d residual = to_[j].point_mm - motion * from_[i].point_mm;
        const Eigen::Matrix3d covariance =
            to_[j].covariance_mm2 + turn * from_[i].covariance_mm2 * turn.transpose();
        return residual.dot(covariance.inverse() * residual);
    }

    [[nodiscard]] double against(double chi2_of_motion, std::size_t i, std::size_t j) const {
        return chi2_of_motion + from_[i].epipolar_chi2 + to_[j].epipolar_chi2;
    }

    /// One to one, best pairs first, of points not too far from an anchor of the match.
    [[nodiscard]] RigidMatch nearest(const drr::Rigid3& motion, double max_sigma,
                                     std::size_t anchor) const {
        struct Near {
            double against;
            std::size_t i, j;
        };
        std::vector<Near> near;
        for (std::size_t i = 0; i < from_.size(); ++i) {
            if (i != anchor && !joined(i, anchor)) continue;
            for (std::size_t j = 0; j < to_.size(); ++j) {
                const double chi2 = chi2_of(motion, i, j);
                if (chi2 <= max_sigma * max_sigma) near.push_back({against(chi2, i, j), i, j});
            }
        }
        std::stable_sort(near.begin(), near.end(),
                         [](const Near& a, const Near& b) { return a.against < b.against; });
        RigidMatch match;
        for (const Near& one : near) {
            const bool free =
                std::none_of(match.pairs.begin(), match.pairs.end(), [&](const auto& pair) {
                    return pair.first == one.i || pair.second == one.j ||
                           from_[pair.first].excludes(from_[one.i]) ||
                           to_[pair.second].excludes(to_[one.j]);
                });
            if (free) match.pairs.emplace_back(one.i, one.j);
        }
        std::sort(match.pairs.begin(), match.pairs.end());
        return match;
    }

    Points from_;
    Points to_;
    const TrackOptions& options_;
    std::vector<Side> sides_;
    double widest_ = 0.0;
    std::vector<RigidMatch> found_;
};

}  // namespace

bool SpacePoint::excludes(const SpacePoint& other) const {
    for (std::size_t view = 0; view < 2; ++view)
        if (detection[view] != no_detection && detection[view] == other.detection[view])
            return true;
    return false;
}

std::vector<RigidMatch> rigid_matches(Points from, Points to, const TrackOptions& options) {
    return Search(from, to, options).run();
}

}  // namespace stereo
