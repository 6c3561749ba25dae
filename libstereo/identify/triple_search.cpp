#include "triple_search.hpp"

#include <drr/core/order_statistics.hpp>
#include <drr/core/rng.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace stereo {
namespace {

// The part of the blobs' surroundings that discs of the hit radius may cover: above, chance hits
// hide the true ones.
constexpr double max_cover = 0.2;

// A pose through three noisy pairs brings this many of the beads that are seen within the hit
// radius; the rest is for the refinement to find.
constexpr double proposal_quality = 0.8;

// Wald's threshold for a false rejection of the right pose in one case of 20.
constexpr float reject_below = -3.0F;

// The smallest distance within which some blob has half of all blobs.
double half_radius_px(const std::vector<Eigen::Vector2d>& blobs) {
    double smallest = std::numeric_limits<double>::infinity();
    for (const auto& a : blobs) {
        std::vector<double> distances;
        for (const auto& b : blobs)
            distances.push_back((a - b).norm());
        smallest = std::min(smallest, drr::median(std::move(distances)));
    }
    return smallest;
}

}  // namespace

// The blobs of a triple in a view turned so that its axis passes through the first: x/z and y/z of
// the others.
struct TripleSearch::Sights {
    Eigen::Vector3f axis;  // unit ray of the first blob, in the view
    Eigen::Matrix3f view_from_turned;
    Eigen::Vector2f second;
    Eigen::Vector2f third;
};

struct TripleSearch::Found {
    std::size_t keep = 0;
    std::vector<PoseProposal> heap;  // the worst on top

    static bool better(const PoseProposal& a, const PoseProposal& b) { return a.score > b.score; }
    void add(PoseProposal proposal) {
        if (heap.size() == keep) {
            if (proposal.score <= heap.front().score) return;
            std::pop_heap(heap.begin(), heap.end(), better);
            heap.pop_back();
        }
        heap.push_back(std::move(proposal));
        std::push_heap(heap.begin(), heap.end(), better);
    }
};

TripleSearch::TripleSearch(const MarkerConstellation& constellation,
                           const std::vector<int>& first_beads, const BlobMap& map,
                           const NominalView& nominal, const IdentifyOptions& options)
    : map_(map), nominal_(nominal), options_(options), first_beads_(first_beads) {
    const auto& beads = constellation.beads_mm;
    for (const auto& bead : beads)
        beads_.push_back(bead.cast<float>());
    for (const auto& a : beads_)
        for (const auto& b : beads_) {
            distance2_.push_back((a - b).squaredNorm());
            diameter_mm_ = std::max(diameter_mm_, 1.0 * (a - b).norm());
        }
    shuffled_ = beads_;
    drr::Rng rng({.seed = 2, .purpose = drr::RngPurpose::procedure});
    for (std::size_t i = shuffled_.size() - 1; i > 0; --i)
        std::swap(shuffled_[i],
                  shuffled_[static_cast<std::size_t>(rng.uniform() * static_cast<double>(i + 1))]);
    bound_magnification(constellation);
    choose_hit_radius();
}

void TripleSearch::bound_magnification(const MarkerConstellation& constellation) {
    const double focal_px = std::max(nominal_.pinhole.fx_px, nominal_.pinhole.fy_px);
    // px per mm. Half of the blobs or more are the phantom's, so some blob sees half of them within
    // the phantom's diameter.
    double low = half_radius_px(map_.centers_px()) / diameter_mm_;
    double high = options_.max_size_diagonals * std::hypot(nominal_.width_px, nominal_.height_px) /
                  diameter_mm_;
    std::vector<double> radii_px;
    for (std::size_t i = 0; i < map_.size(); ++i)
        if (map_.radius_px(i) > 0.0) radii_px.push_back(map_.radius_px(i));
    if (!radii_px.empty() && !constellation.radii_mm.empty()) {
        // What may lie between the median radius and that of the marker that it belongs to.
        const double spread = std::exp(options_.gate_sd * options_.radius_log_sd);
        const auto [small, large] =
            std::minmax_element(constellation.radii_mm.begin(), constellation.radii_mm.end());
        low = std::max(low, drr::median(radii_px) / *large / spread);
        high = std::min(high, drr::median(radii_px) / *small * spread);
    }
    // From the phantom's middle to any of its beads.
    const double far = focal_px / low + 0.5 * diameter_mm_;
    const double near = std::max(focal_px / high - 0.5 * diameter_mm_, 0.1 * focal_px / high);
    min_inverse_depth2_ = static_cast<float>(1.0 / (far * far));
    max_inverse_depth2_ = static_cast<float>(1.0 / (near * near));
}

void TripleSearch::choose_hit_radius() {
    // A pose through three beads that are off by the as-built error extrapolates it to others;
    // twice the gate holds most of that. A wrong focal length moves beads by what perspective does.
    const double radius_px = half_radius_px(map_.centers_px());
    const double middle_px_per_mm = 2.0 * radius_px / diameter_mm_;
    const double perspective_px =
        radius_px * 0.5 * diameter_mm_ * middle_px_per_mm / nominal_.pinhole.fx_px;
    const double sd_px = std::hypot(options_.as_built_sd_mm * middle_px_per_mm, options_.blob_sd_px,
                                    options_.max_nominal_error / std::sqrt(3.0) * perspective_px);
    const double surroundings_px2 = 4.0 * std::numbers::pi * radius_px * radius_px;
    const auto blobs = static_cast<double>(map_.size());
    hit_radius_px_ =
        std::clamp(std::sqrt(max_cover * surroundings_px2 / (std::numbers::pi * blobs)),
                   options_.gate_sd * sd_px, 2.0 * options_.gate_sd * sd_px);
    cover_.emplace_back(map_, hit_radius_px_, nominal_.width_px, nominal_.height_px);
    const double chance = std::clamp(
        blobs * std::numbers::pi * hit_radius_px_ * hit_radius_px_ / surroundings_px2, 0.01, 0.5);
    const double hit = std::max(proposal_quality * options_.detection_rate, 1.01 * chance);
    hit_gain_ = static_cast<float>(std::log(hit / chance));
    miss_cost_ = static_cast<float>(-std::log((1.0 - hit) / (1.0 - chance)));
}

std::size_t TripleSearch::triples_of_beads() const {
    return first_beads_.size() * (beads_.size() - 1) * (beads_.size() - 2);
}

float TripleSearch::score(const Eigen::Matrix3f& rotation,
                          const Eigen::Vector3f& translation) const {
    const auto fx = static_cast<float>(nominal_.pinhole.fx_px);
    const auto fy = static_cast<float>(nominal_.pinhole.fy_px);
    const auto cx = static_cast<float>(nominal_.pinhole.cx_px);
    const auto cy = static_cast<float>(nominal_.pinhole.cy_px);
    float sum = 0.0F;
    for (const auto& bead : shuffled_) {
        const Eigen::Vector3f p = rotation * bead + translation;
        const float inverse = 1.0F / p.z();
        const int hit =
            p.z() > 0.0F ? cover_[0].at(fx * p.x() * inverse + cx, fy * p.y() * inverse + cy) : -1;
        // A bead outside the image says little: half a miss, so that a pose which puts all of them
        // there does not pass.
        sum += hit > 0 ? hit_gain_ : hit == 0 ? -miss_cost_ : -0.5F * miss_cost_;
        if (sum < reject_below) return sum;
    }
    return sum;
}

void TripleSearch::add_poses(const Sights& sights, std::size_t first, std::size_t second,
                             std::size_t third, Found& found) const {
    const std::size_t n = beads_.size();
    const float d12 = distance2_[first * n + second];
    const float d13 = distance2_[first * n + third];
    const float dot = 0.5F * (d12 + d13 - distance2_[second * n + third]);
    const float gram = d12 * d13 - dot * dot;
    if (gram <= 1e-4F * d12 * d13) return;  // three beads on a line leave a turn about it open

    // Inverse depth squared of the first bead for given images of the triangle's sides, and the
    // depths of the others against it, in units of its depth.
    float q = 0.0F;
    float h12 = 0.0F;
    float h13 = 0.0F;
    const auto solve = [&](const Eigen::Vector2f& a, const Eigen::Vector2f& b, float sign) {
        const float aa = a.squaredNorm();
        const float bb = b.squaredNorm();
        const float ab = a.dot(b);
        const float half = 0.5F * (aa * d13 + bb * d12 - 2.0F * ab * dot);
        const float root = half * half - gram * (aa * bb - ab * ab);
        q = (half + std::sqrt(std::max(root, 0.0F))) / gram;
        // The greater of the two depths is the better known.
        const float square12 = std::max(q * d12 - aa, 0.0F);
        const float square13 = std::max(q * d13 - bb, 0.0F);
        const float product = q * dot - ab;
        if (square12 > square13) {
            h12 = sign * std::sqrt(square12);
            h13 = product / h12;
        } else {
            h13 = sign * std::sqrt(square13);
            h12 = square13 > 0.0F ? product / h13 : 0.0F;
        }
    };
    solve(sights.second, sights.third, 1.0F);
    if (q < min_inverse_depth2_ || q > max_inverse_depth2_) return;
    const float first_h12 = h12;
    const float first_h13 = h13;

    const Eigen::Vector3f u = beads_[second] - beads_[first];
    const Eigen::Vector3f w = beads_[third] - beads_[first];
    const Eigen::Vector3f normal = u.cross(w);
    Eigen::Matrix3f inverse;  // of [u w normal]
    inverse << w.cross(normal).transpose() / gram, normal.cross(u).transpose() / gram,
        normal.transpose() / gram;
    for (const float sign : {1.0F, -1.0F}) {
        h12 = sign * first_h12;
        h13 = sign * first_h13;
        // Which of the two depths `solve` takes the sign for may change; keep the branch by the one
        // that is greater now.
        constexpr int max_iterations = 4;
        constexpr float converged = 1e-3F;  // of the depth: below the noise of three pairs
        for (int i = 0; i < max_iterations; ++i) {
            const float before = std::abs(h12) > std::abs(h13) ? h12 : h13;
            const float old12 = h12;
            const float old13 = h13;
            solve(sights.second * (1.0F + h12), sights.third * (1.0F + h13), 1.0F);
            const float after = std::abs(old12) > std::abs(old13) ? h12 : h13;
            if (after * before < 0.0F) {
                h12 = -h12;
                h13 = -h13;
            }
            if (std::abs(h12 - old12) + std::abs(h13 - old13) < converged) break;
        }
        if (!(q >= min_inverse_depth2_ && q <= max_inverse_depth2_)) continue;
        const float depth = 1.0F / std::sqrt(q);
        Eigen::Matrix3f images;  // of u, w and their cross product, in the turned view
        images.col(0) << depth * (1.0F + h12) * sights.second, depth * h12;
        images.col(1) << depth * (1.0F + h13) * sights.third, depth * h13;
        images.col(2) = images.col(0).cross(images.col(1));
        const Eigen::Matrix3f rotation = sights.view_from_turned * images * inverse;
        const Eigen::Vector3f translation = depth * sights.axis - rotation * beads_[first];
        const float s = score(rotation, translation);
        if (s <= reject_below) continue;
        if (found.heap.size() == found.keep && s <= found.heap.front().score) continue;
        found.add({{rotation.cast<double>().eval(), translation.cast<double>()},
                   {static_cast<int>(first), static_cast<int>(second), static_cast<int>(third)},
                   s});
    }
}

std::vector<PoseProposal> TripleSearch::poses_through(const std::array<int, 3>& blobs,
                                                      std::size_t keep) const {
    const auto ray = [&](int blob) {
        return nominal_.pinhole.ray(map_.centers_px()[static_cast<std::size_t>(blob)]);
    };
    Sights sights;
    const Eigen::Vector3d axis = ray(blobs[0]).normalized();
    const Eigen::Matrix3d turned_from_view =
        Eigen::Quaterniond::FromTwoVectors(axis, Eigen::Vector3d::UnitZ()).toRotationMatrix();
    sights.axis = axis.cast<float>();
    sights.view_from_turned = turned_from_view.transpose().cast<float>();
    sights.second = (turned_from_view * ray(blobs[1])).hnormalized().cast<float>();
    sights.third = (turned_from_view * ray(blobs[2])).hnormalized().cast<float>();
    Found found{keep, {}};
    for (const int first : first_beads_)
        for (std::size_t second = 0; second < beads_.size(); ++second) {
            // Beads nearer to each other than their images say.
            const float d12 = distance2_[static_cast<std::size_t>(first) * beads_.size() + second];
            if (d12 * max_inverse_depth2_ < sights.second.squaredNorm() ||
                second == static_cast<std::size_t>(first))
                continue;
            for (std::size_t third = 0; third < beads_.size(); ++third)
                if (third != second && third != static_cast<std::size_t>(first))
                    add_poses(sights, static_cast<std::size_t>(first), second, third, found);
        }
    std::stable_sort(found.heap.begin(), found.heap.end(), Found::better);
    return std::move(found.heap);
}

}  // namespace stereo
