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
    blocks_ = in_lanes(beads_);
    for (const auto& bead : beads_)
        for (const auto& block : blocks_) {
            Lanes d2 = (block.x - bead.x()).square() + (block.y - bead.y()).square() +
                       (block.z - bead.z()).square();
            d2.tail(lane_count - block.count).setZero();
            diameter_mm_ = std::max(diameter_mm_, std::sqrt(1.0 * d2.maxCoeff()));
            distance2_.push_back(d2);
        }
    std::vector<Eigen::Vector3f> shuffled = beads_;
    drr::Rng rng({.seed = 2, .purpose = drr::RngPurpose::procedure});
    for (std::size_t i = shuffled.size() - 1; i > 0; --i)
        std::swap(shuffled[i],
                  shuffled[static_cast<std::size_t>(rng.uniform() * static_cast<double>(i + 1))]);
    shuffled_ = in_lanes(shuffled);
    bound_magnification(constellation);
    choose_hit_radius();
}

std::vector<TripleSearch::BeadLanes> TripleSearch::in_lanes(
    const std::vector<Eigen::Vector3f>& beads) {
    std::vector<BeadLanes> blocks;
    for (std::size_t start = 0; start < beads.size(); start += lane_count) {
        BeadLanes block;
        block.count = static_cast<int>(std::min<std::size_t>(lane_count, beads.size() - start));
        for (int lane = 0; lane < lane_count; ++lane) {
            const auto& bead = beads[start + static_cast<std::size_t>(lane % block.count)];
            block.x[lane] = bead.x();
            block.y[lane] = bead.y();
            block.z[lane] = bead.z();
        }
        blocks.push_back(block);
    }
    return blocks;
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
    const auto gain = [&](CoverCell cell) -> float& {
        return gain_of_cell_[static_cast<std::size_t>(cell)];
    };
    gain(CoverCell::near_blob) = static_cast<float>(std::log(hit / chance));
    gain(CoverCell::free) = static_cast<float>(std::log((1.0 - hit) / (1.0 - chance)));
    // A bead outside the image says little: half a miss, so that a pose which puts all of them
    // there does not pass.
    gain(CoverCell::outside) = 0.5F * gain(CoverCell::free);
    Eigen::Matrix3f pixel_from_view = Eigen::Matrix3f::Identity();
    pixel_from_view(0, 0) = static_cast<float>(nominal_.pinhole.fx_px);
    pixel_from_view(1, 1) = static_cast<float>(nominal_.pinhole.fy_px);
    pixel_from_view(0, 2) = static_cast<float>(nominal_.pinhole.cx_px);
    pixel_from_view(1, 2) = static_cast<float>(nominal_.pinhole.cy_px);
    table_from_view_ = cover_[0].table_from_pixel() * pixel_from_view;
}

std::size_t TripleSearch::triples_of_beads() const {
    return first_beads_.size() * (beads_.size() - 1) * (beads_.size() - 2);
}

float TripleSearch::score(const Eigen::Matrix3f& table_from_phantom,
                          const Eigen::Vector3f& shift) const {
    // A bead behind the source comes to lie far outside.
    constexpr float least_depth_mm = 1e-3F;
    const BlobCover& cover = cover_[0];
    const auto last_column = static_cast<float>(cover.last_column());
    const auto last_row = static_cast<float>(cover.last_row());
    float sum = 0.0F;
    for (const BeadLanes& bead : shuffled_) {
        const auto row_times_bead = [&](int row) -> Lanes {
            return table_from_phantom(row, 0) * bead.x + table_from_phantom(row, 1) * bead.y +
                   table_from_phantom(row, 2) * bead.z + shift[row];
        };
        const Lanes inverse = row_times_bead(2).max(least_depth_mm).inverse();
        const Eigen::Array<int, lane_count, 1> columns =
            (row_times_bead(0) * inverse).max(0.0F).min(last_column).cast<int>();
        const Eigen::Array<int, lane_count, 1> rows =
            (row_times_bead(1) * inverse).max(0.0F).min(last_row).cast<int>();
        float block = 0.0F;
        for (int lane = 0; lane < bead.count; ++lane)
            block += gain_of_cell_[static_cast<std::size_t>(cover.at(columns[lane], rows[lane]))];
        sum += block;
        if (sum < reject_below) return sum;
    }
    return sum;
}

// Triangles of beads whose first two are the same, one a lane, and the depths of the second and
// third against the first, in units of its depth, that a view gives them.
struct TripleSearch::Triangles {
    float d12;
    Lanes d13;
    Lanes dot;   // of the sides 1-2 and 1-3
    Lanes gram;  // twice the area, squared
    Lanes q;     // inverse depth of the first bead, squared
    Lanes h12;
    Lanes h13;

    // For images of the sides a and b given by their products. The greater depth gets `sign`.
    void solve(const Lanes& aa, const Lanes& bb, const Lanes& ab) {
        const Lanes half = 0.5F * (aa * d13 + bb * d12 - 2.0F * ab * dot);
        const Lanes root = half.square() - gram * (aa * bb - ab.square());
        q = (half + root.max(0.0F).sqrt()) / gram;
        // The greater of the two depths is the better known.
        const Lanes square12 = (q * d12 - aa).max(0.0F);
        const Lanes square13 = (q * d13 - bb).max(0.0F);
        const Lanes greater = square12.max(square13).sqrt();
        constexpr float no_depth = 1e-20F;
        const Lanes other = (q * dot - ab) / greater.max(no_depth);
        const auto second_is_greater = square12 > square13;
        h12 = second_is_greater.select(greater, other);
        h13 = second_is_greater.select(other, greater);
    }
};

void TripleSearch::add_poses(const Sights& sights, std::size_t first, std::size_t second,
                             std::size_t block, Found& found) const {
    const BeadLanes& third = blocks_[block];
    Triangles t;
    t.d12 = (beads_[first] - beads_[second]).squaredNorm();
    t.d13 = distance2_[first * blocks_.size() + block];
    t.dot = 0.5F * (t.d12 + t.d13 - distance2_[second * blocks_.size() + block]);
    t.gram = t.d12 * t.d13 - t.dot.square();
    // Three beads on a line leave a turn about it open; so do lanes without a third bead.
    const Eigen::Array<bool, lane_count, 1> wide = t.gram > 1e-4F * t.d12 * t.d13;
    t.gram = wide.select(t.gram, Lanes::Ones());
    const auto fits = [&]() -> Eigen::Array<bool, lane_count, 1> {
        return wide && t.q >= min_inverse_depth2_ && t.q <= max_inverse_depth2_;
    };
    const float aa = sights.second.squaredNorm();
    const float bb = sights.third.squaredNorm();
    const float ab = sights.second.dot(sights.third);
    t.solve(Lanes::Constant(aa), Lanes::Constant(bb), Lanes::Constant(ab));
    if (!fits().any()) return;
    const Lanes first_h12 = t.h12;
    const Lanes first_h13 = t.h13;
    const Eigen::Vector3f u = beads_[second] - beads_[first];
    for (const float sign : {1.0F, -1.0F}) {
        t.h12 = sign * first_h12;
        t.h13 = sign * first_h13;
        constexpr int max_iterations = 4;
        constexpr float converged = 1e-3F;  // of the depth: below the noise of three pairs
        for (int i = 0; i < max_iterations; ++i) {
            const Lanes old12 = t.h12;
            const Lanes old13 = t.h13;
            const Lanes scale12 = 1.0F + old12;
            const Lanes scale13 = 1.0F + old13;
            t.solve(aa * scale12.square(), bb * scale13.square(), ab * scale12 * scale13);
            // Which of the two depths is greater may change; the branch is kept by the one that
            // was.
            const Lanes before_times_after =
                (old12.abs() > old13.abs()).select(old12 * t.h12, old13 * t.h13);
            const Lanes branch = (before_times_after < 0.0F).select(-Lanes::Ones(), Lanes::Ones());
            t.h12 *= branch;
            t.h13 *= branch;
            const Lanes change = (t.h12 - old12).abs() + (t.h13 - old13).abs();
            if ((change < converged || !fits()).all()) break;
        }
        const Eigen::Array<bool, lane_count, 1> fit = fits();
        for (int lane = 0; lane < third.count; ++lane) {
            if (!fit[lane]) continue;
            const float depth = 1.0F / std::sqrt(t.q[lane]);
            const Eigen::Vector3f w =
                Eigen::Vector3f(third.x[lane], third.y[lane], third.z[lane]) - beads_[first];
            const Eigen::Vector3f normal = u.cross(w);
            Eigen::Matrix3f inverse;  // of [u w normal]
            inverse << w.cross(normal).transpose(), normal.cross(u).transpose(), normal.transpose();
            inverse *= 1.0F / t.gram[lane];
            Eigen::Matrix3f images;  // of u, w and their cross product, in the turned view
            images.col(0) << depth * (1.0F + t.h12[lane]) * sights.second, depth * t.h12[lane];
            images.col(1) << depth * (1.0F + t.h13[lane]) * sights.third, depth * t.h13[lane];
            images.col(2) = images.col(0).cross(images.col(1));
            const Eigen::Matrix3f rotation = sights.view_from_turned * images * inverse;
            const Eigen::Vector3f translation = depth * sights.axis - rotation * beads_[first];
            const float s = score(table_from_view_ * rotation, table_from_view_ * translation);
            if (s <= reject_below) continue;
            if (found.heap.size() == found.keep && s <= found.heap.front().score) continue;
            found.add({{rotation.cast<double>().eval(), translation.cast<double>()},
                       {static_cast<int>(first), static_cast<int>(second),
                        static_cast<int>(block) * lane_count + lane},
                       s});
        }
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
            const float d12 =
                (beads_[static_cast<std::size_t>(first)] - beads_[second]).squaredNorm();
            if (d12 * max_inverse_depth2_ < sights.second.squaredNorm() ||
                second == static_cast<std::size_t>(first))
                continue;
            for (std::size_t block = 0; block < blocks_.size(); ++block)
                add_poses(sights, static_cast<std::size_t>(first), second, block, found);
        }
    std::stable_sort(found.heap.begin(), found.heap.end(), Found::better);
    return std::move(found.heap);
}

}  // namespace stereo
