#include "bead_sequence.hpp"

#include <drr/core/rng.hpp>

#include <Eigen/LU>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <utility>

namespace test {
namespace {

constexpr double cluster_radius_mm = 12.0;
constexpr double least_distance_mm = 3.0;  // beads are not implanted side by side

Eigen::Vector3d in_ball(drr::Rng& rng, double radius) {
    Eigen::Vector3d point;
    do {
        point = {rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0)};
    } while (point.norm() > 1.0);
    return radius * point;
}

std::vector<Eigen::Vector3d> random_cluster(drr::Rng& rng, std::size_t count) {
    std::vector<Eigen::Vector3d> beads;
    while (beads.size() < count) {
        const Eigen::Vector3d next = in_ball(rng, cluster_radius_mm);
        if (std::all_of(beads.begin(), beads.end(), [&](const Eigen::Vector3d& other) {
                return (other - next).norm() > least_distance_mm;
            }))
            beads.push_back(next);
    }
    return beads;
}

/// A sum of two sines on each of six coordinates: up to 20 mm and 0.5 rad, slow enough to be steps
/// of a few millimetres and degrees.
std::vector<drr::Rigid3> random_path(drr::Rng& rng, const Eigen::Vector3d& middle,
                                     std::size_t frames) {
    std::array<std::array<double, 4>, 6> wave{};
    for (auto& coordinate : wave)
        coordinate = {rng.uniform(20.0, 60.0), rng.uniform(0.0, 2.0 * std::numbers::pi),
                      rng.uniform(0.3, 1.0), rng.uniform(-0.3, 0.3)};
    const drr::Rigid3 start(drr::rotation_from_vector(in_ball(rng, 3.0)), middle);
    std::vector<drr::Rigid3> path;
    for (std::size_t f = 0; f < frames; ++f) {
        Eigen::Matrix<double, 6, 1> value;
        for (std::size_t c = 0; c < 6; ++c) {
            const double phase =
                2.0 * std::numbers::pi * static_cast<double>(f) / wave[c][0] + wave[c][1];
            value[static_cast<Eigen::Index>(c)] =
                wave[c][2] * std::sin(phase) + wave[c][3] * std::sin(2.0 * phase);
        }
        path.emplace_back(drr::rotation_from_vector(0.5 * value.head<3>()) * start.rotation,
                          start.translation_mm + 15.0 * value.tail<3>());
    }
    return path;
}

}  // namespace

BeadSequence bead_sequence(const BeadSequenceOptions& options) {
    drr::Rng rng({.seed = options.seed});
    BeadSequence sequence;
    drr::StereoRigSpec spec;
    spec.stereo_angle_rad = options.stereo_angle_rad;
    const drr::StereoViews rig = drr::make_stereo_rig(spec);
    for (std::size_t view = 0; view < 2; ++view)
        sequence.views[view] = rig[view].calibrated();
    for (std::size_t b = 0; b < options.bodies; ++b) {
        const double height = options.gap_mm * (static_cast<double>(b) -
                                                0.5 * static_cast<double>(options.bodies - 1));
        sequence.layouts.push_back(random_cluster(rng, options.beads));
        sequence.poses.push_back(random_path(rng, {0.0, 0.0, height}, options.frames));
    }
    for (std::size_t f = 0; f < options.frames; ++f) {
        sequence.frames.emplace_back();
        sequence.truth.emplace_back();
        for (std::size_t view = 0; view < 2; ++view) {
            std::vector<std::pair<double, std::pair<Eigen::Vector2d, int>>> shuffled;
            Eigen::Vector2d low = Eigen::Vector2d::Constant(1e9);
            Eigen::Vector2d high = -low;
            for (std::size_t b = 0; b < options.bodies; ++b)
                for (std::size_t k = 0; k < options.beads; ++k) {
                    const Eigen::Vector2d pixel =
                        sequence.views[view].project(sequence.poses[b][f] * sequence.layouts[b][k]);
                    low = low.cwiseMin(pixel);
                    high = high.cwiseMax(pixel);
                    const bool missing = rng.uniform() < options.missing;
                    const Eigen::Vector2d noise(rng.normal(), rng.normal());
                    if (!missing)
                        shuffled.push_back({rng.uniform(),
                                            {pixel + options.noise_px * noise,
                                             static_cast<int>(b * options.beads + k)}});
                }
            const double extra = rng.poisson(options.false_rate *
                                             static_cast<double>(options.bodies * options.beads));
            for (int i = 0; i < static_cast<int>(extra); ++i)
                shuffled.push_back(
                    {rng.uniform(),
                     {{rng.uniform(low.x(), high.x()), rng.uniform(low.y(), high.y())}, -1}});
            std::sort(shuffled.begin(), shuffled.end(),
                      [](const auto& a, const auto& b) { return a.first < b.first; });
            for (const auto& [order, seen] : shuffled) {
                sequence.frames.back()[view].push_back(
                    {seen.first,
                     options.noise_px * options.noise_px * Eigen::Matrix2d::Identity()});
                sequence.truth.back()[view].push_back(seen.second);
            }
        }
    }
    return sequence;
}

TrackScore score(const BeadSequence& sequence, const stereo::TrackResult& result) {
    TrackScore score;
    for (const auto& frame : sequence.truth)
        for (const auto& view : frame)
            score.detected += static_cast<std::size_t>(
                std::count_if(view.begin(), view.end(), [](int bead) { return bead >= 0; }));
    score.beads = result.beads.size();
    for (const stereo::BodyTrack& body : result.bodies)
        score.poses += static_cast<std::size_t>(
            std::count_if(body.samples.begin(), body.samples.end(),
                          [](const auto& sample) { return sample.has_value(); }));
    for (const stereo::BeadTrack& bead : result.beads) {
        std::map<int, std::size_t> votes;
        for (std::size_t f = 0; f < bead.samples.size(); ++f)
            for (std::size_t view = 0; view < 2; ++view) {
                const stereo::BeadSample& sample = bead.samples[f];
                if (sample.detection[view] == stereo::no_detection) continue;
                if (sample.ambiguous[view])
                    ++score.ambiguous;
                else
                    ++votes[sequence.truth[f][view][sample.detection[view]]];
            }
        if (votes.empty()) continue;
        const int name =
            std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) {
                return a.second < b.second;
            })->first;
        for (const auto& [truth, count] : votes)
            (truth == name && name >= 0 ? score.right : score.wrong) += count;
        if (name < 0) continue;
        const auto beads = sequence.layouts.front().size();
        const std::size_t b = static_cast<std::size_t>(name) / beads;
        for (std::size_t f = 0; f < bead.samples.size(); ++f) {
            if (!bead.samples[f].point) continue;
            const Eigen::Vector3d error =
                bead.samples[f].point->point_in_world_mm -
                sequence.poses[b][f] * sequence.layouts[b][static_cast<std::size_t>(name) % beads];
            score.point_error_mm.push_back(error.norm());
            score.point_chi2.push_back(
                error.dot(bead.samples[f].point->covariance_mm2.inverse() * error));
        }
    }
    return score;
}

}  // namespace test
