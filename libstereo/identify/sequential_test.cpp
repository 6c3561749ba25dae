#include "sequential_test.hpp"

#include <drr/core/rng.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stereo {
namespace {

// The part of the blobs' surroundings that discs of the hit radius may cover: above, chance hits
// hide the true ones.
constexpr double max_cover = 0.2;

// A pose through three noisy pairs brings this many of the beads that are seen within the hit
// radius; the rest is for the refinement to find.
constexpr double proposal_quality = 0.8;

// A bead behind the source comes to lie far outside.
constexpr float least_depth_mm = 1e-3F;

std::vector<Eigen::Vector3f> in_no_spatial_order(std::vector<Eigen::Vector3f> beads) {
    drr::Rng rng({.seed = 2, .purpose = drr::RngPurpose::procedure});
    for (std::size_t i = beads.size() - 1; i > 0; --i)
        std::swap(beads[i],
                  beads[static_cast<std::size_t>(rng.uniform() * static_cast<double>(i + 1))]);
    return beads;
}

using WholeLanes = std::array<int, lane_count>;

// Eigen casts a value at a time; the compiler turns the loop into vectors.
WholeLanes whole_part(const Lanes& values) {
    WholeLanes result;
    for (int lane = 0; lane < lane_count; ++lane)
        result[static_cast<std::size_t>(lane)] = static_cast<int>(values[lane]);
    return result;
}

struct Cells {
    WholeLanes columns;
    WholeLanes rows;
};

// For homogeneous places; what lies outside the cover comes to lie on its rim.
Cells cells_of(const BlobCover& cover, const Lanes& x, const Lanes& y, const Lanes& depth) {
    const Lanes inverse = depth.max(least_depth_mm).inverse();
    const Lanes columns = (x * inverse).max(0.0F).min(static_cast<float>(cover.last_column()));
    const Lanes rows = (y * inverse).max(0.0F).min(static_cast<float>(cover.last_row()));
    return {whole_part(columns), whole_part(rows)};
}

}  // namespace

SequentialTest::SequentialTest(const std::vector<Eigen::Vector3f>& beads_mm, double diameter_mm,
                               const BlobMap& map, double blobs_radius_px,
                               const NominalView& nominal, const IdentifyOptions& options) {
    const auto beads = in_no_spatial_order(beads_mm);
    const std::size_t first = std::min<std::size_t>(lane_count, beads.size());
    first_.assign(beads.begin(), beads.begin() + static_cast<long>(first));
    for (std::size_t start = first; start < beads.size(); start += lane_count)
        others_.push_back(in_lanes(beads, start));
    choose_hit_radius(diameter_mm, blobs_radius_px, nominal, options, map.size());
    cover_.emplace_back(map, hit_radius_px_, nominal.width_px, nominal.height_px);
    Eigen::Matrix3f pixel_from_view = Eigen::Matrix3f::Identity();
    pixel_from_view(0, 0) = static_cast<float>(nominal.pinhole.fx_px);
    pixel_from_view(1, 1) = static_cast<float>(nominal.pinhole.fy_px);
    pixel_from_view(0, 2) = static_cast<float>(nominal.pinhole.cx_px);
    pixel_from_view(1, 2) = static_cast<float>(nominal.pinhole.cy_px);
    table_from_view_ = cover_[0].table_from_pixel() * pixel_from_view;
}

void SequentialTest::choose_hit_radius(double diameter_mm, double blobs_radius_px,
                                       const NominalView& nominal, const IdentifyOptions& options,
                                       std::size_t blob_count) {
    // A pose through three beads that are off by the as-built error extrapolates it to others;
    // twice the gate holds most of that. A wrong focal length moves beads by what perspective does.
    const double middle_px_per_mm = 2.0 * blobs_radius_px / diameter_mm;
    const double perspective_px =
        blobs_radius_px * 0.5 * diameter_mm * middle_px_per_mm / nominal.pinhole.fx_px;
    const double sd_px = std::hypot(options.as_built_sd_mm * middle_px_per_mm, options.blob_sd_px,
                                    options.max_nominal_error / std::sqrt(3.0) * perspective_px);
    const double surroundings_px2 = 4.0 * std::numbers::pi * blobs_radius_px * blobs_radius_px;
    const auto blobs = static_cast<double>(blob_count);
    hit_radius_px_ =
        std::clamp(std::sqrt(max_cover * surroundings_px2 / (std::numbers::pi * blobs)),
                   options.gate_sd * sd_px, 2.0 * options.gate_sd * sd_px);
    const double chance = std::clamp(
        blobs * std::numbers::pi * hit_radius_px_ * hit_radius_px_ / surroundings_px2, 0.01, 0.5);
    const double hit = std::max(proposal_quality * options.detection_rate, 1.01 * chance);
    gain_of_hit_ = static_cast<float>(std::log(hit / chance));
    gain_of_miss_ = static_cast<float>(std::log((1.0 - hit) / (1.0 - chance)));
    // A bead outside the image says little: half a miss, so that a pose which puts all of them
    // there does not pass.
    gain_outside_ = 0.5F * gain_of_miss_;
}

float SequentialTest::gain(unsigned beads, unsigned tally) const {
    const unsigned outside = tally / BlobCover::outside;
    const unsigned hits = tally % BlobCover::outside;
    return static_cast<float>(hits) * gain_of_hit_ + static_cast<float>(outside) * gain_outside_ +
           static_cast<float>(beads - hits - outside) * gain_of_miss_;
}

Lanes SequentialTest::first_look(const AffineLanes& table_from_phantom) const {
    const BlobCover& cover = cover_[0];
    std::array<unsigned, lane_count> tally{};
    for (const Eigen::Vector3f& bead : first_) {
        const auto coordinate = [&](std::size_t i) -> Lanes {
            return table_from_phantom.rows[i].dot(bead) + table_from_phantom.shift[i];
        };
        const Cells cells = cells_of(cover, coordinate(0), coordinate(1), coordinate(2));
        for (std::size_t lane = 0; lane < lane_count; ++lane)
            tally[lane] += cover.at(cells.columns[lane], cells.rows[lane]);
    }
    Lanes sums;
    for (int lane = 0; lane < lane_count; ++lane)
        sums[lane] =
            gain(static_cast<unsigned>(first_.size()), tally[static_cast<std::size_t>(lane)]);
    return sums;
}

float SequentialTest::score(const AffineLanes& table_from_phantom, int lane,
                            float first_look) const {
    const BlobCover& cover = cover_[0];
    const Eigen::Matrix3f matrix = table_from_phantom.linear(lane);
    const Eigen::Vector3f shift = table_from_phantom.shift_of(lane);
    float sum = first_look;
    for (const BeadLanes& bead : others_) {
        if (sum < reject_below) return sum;
        const auto coordinate = [&](int i) -> Lanes {
            return bead.places.dot(matrix.row(i)) + shift[i];
        };
        const Cells cells = cells_of(cover, coordinate(0), coordinate(1), coordinate(2));
        unsigned tally = 0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(bead.count); ++i)
            tally += cover.at(cells.columns[i], cells.rows[i]);
        sum += gain(static_cast<unsigned>(bead.count), tally);
    }
    return sum;
}

}  // namespace stereo
