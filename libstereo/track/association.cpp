#include "association.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Geometry>
#include <Eigen/LU>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stereo {
namespace {

// Branches kept. The pose narrows after three sightings; until then each bead of a tight cluster
// may be each detection of it.
constexpr std::size_t beam = 150;
// Branches that are this much less likely than the best one are dropped: far beyond what decides
// about ambiguity.
constexpr double hopeless_log_odds = 30.0;

// A few beads on a line do not make their surroundings dense.
constexpr double least_area_px2 = 1e4;

struct Slot {
    std::size_t bead = 0;
    std::size_t view = 0;
    std::size_t in_reach = 0;
};

bool taken(const Association& branch, std::size_t view, std::size_t detection) {
    return std::any_of(branch.detection.begin(), branch.detection.end(),
                       [&](const auto& bead) { return bead[view] == detection; });
}

double gate2(const TrackOptions& options) {
    return options.max_sigma * options.max_sigma;
}

std::vector<Slot> slots_of(const FrameView& frame, std::span<const BodyBead> beads,
                           const PoseEstimate& prior, const TrackOptions& options) {
    std::vector<Slot> slots;
    for (std::size_t bead = 0; bead < beads.size(); ++bead)
        for (std::size_t view = 0; view < 2; ++view) {
            const PredictedPixel predicted = predict_pixel(frame.views[view], prior, beads[bead]);
            if (!predicted.in_front) continue;
            Slot slot{bead, view, 0};
            for (const MeasuredPixel& seen : frame.detections[view]) {
                const Eigen::Vector2d residual = seen.pixel - predicted.pixel;
                const Eigen::Matrix2d covariance = predicted.covariance_px2 + seen.covariance_px2;
                if (residual.dot(covariance.inverse() * residual) <= gate2(options))
                    ++slot.in_reach;
            }
            if (slot.in_reach > 0) slots.push_back(slot);
        }
    std::stable_sort(slots.begin(), slots.end(),
                     [](const Slot& a, const Slot& b) { return a.in_reach < b.in_reach; });
    return slots;
}

/// The branch with one more sighting.
Association with_sighting(const Association& branch, const Slot& slot, std::size_t detection,
                          const PredictedPixel& predicted, const Eigen::Matrix2d& covariance,
                          const Eigen::Vector2d& residual, double log_odds) {
    Association next = branch;
    next.detection[slot.bead][slot.view] = detection;
    next.log_odds += log_odds;
    ++next.sightings;
    const Eigen::Matrix<double, 6, 2> gain =
        branch.pose.covariance * predicted.jacobian.transpose() * covariance.inverse();
    next.pose.world_from_body = moved(branch.pose.world_from_body, gain * residual);
    next.pose.covariance -= gain * covariance * gain.transpose();
    next.pose.covariance = (0.5 * (next.pose.covariance + next.pose.covariance.transpose())).eval();
    return next;
}

}  // namespace

FrameView frame_view(std::span<const drr::CalibratedView> views, const FrameDetections& detections,
                     const TrackOptions& options) {
    FrameView frame{views, detections, {}};
    for (std::size_t view = 0; view < 2; ++view) {
        for (MeasuredPixel& seen : frame.detections[view])
            seen.covariance_px2.diagonal().array() += options.model_sd_px * options.model_sd_px;
        // Beads and what looks like them stand together: their density is that of the rectangle
        // that they take up.
        Eigen::AlignedBox2d box;
        for (const MeasuredPixel& seen : detections[view])
            box.extend(seen.pixel);
        const double area = detections[view].size() < 2 ? 0.0 : box.sizes().prod();
        frame.clutter_per_px2[view] =
            static_cast<double>(detections[view].size()) / std::max(area, least_area_px2);
    }
    return frame;
}

double sighting_log_odds(double chi2, const Eigen::Matrix2d& covariance_px2, double clutter_per_px2,
                         const TrackOptions& options) {
    const double p = options.detection_probability;
    return -0.5 * chi2 -
           std::log(2.0 * std::numbers::pi * std::sqrt(covariance_px2.determinant()) *
                    clutter_per_px2) +
           std::log(p / (1.0 - p));
}

std::vector<Association> associate(const FrameView& frame, std::span<const BodyBead> beads,
                                   const PoseEstimate& prior, const TrackOptions& options) {
    Association nothing;
    nothing.detection.assign(beads.size(), {no_detection, no_detection});
    nothing.pose = prior;
    // Odds are relative to "none of the beads is detected", so "not detected" adds nothing; that a
    // body is there at all costs what its beads that are not seen say.
    nothing.log_odds =
        static_cast<double>(2 * beads.size()) * std::log(1.0 - options.detection_probability);
    std::vector<Association> branches = {nothing};
    for (const Slot& slot : slots_of(frame, beads, prior, options)) {
        std::vector<Association> next;
        for (const Association& branch : branches) {
            next.push_back(branch);
            const PredictedPixel predicted =
                predict_pixel(frame.views[slot.view], branch.pose, beads[slot.bead]);
            if (!predicted.in_front) continue;
            for (std::size_t d = 0; d < frame.detections[slot.view].size(); ++d) {
                const MeasuredPixel& seen = frame.detections[slot.view][d];
                const Eigen::Vector2d residual = seen.pixel - predicted.pixel;
                const Eigen::Matrix2d covariance = predicted.covariance_px2 + seen.covariance_px2;
                const double chi2 = residual.dot(covariance.inverse() * residual);
                if (chi2 > gate2(options) || taken(branch, slot.view, d)) continue;
                next.push_back(
                    with_sighting(branch, slot, d, predicted, covariance, residual,
                                  sighting_log_odds(chi2, covariance,
                                                    frame.clutter_per_px2[slot.view], options)));
            }
        }
        std::stable_sort(next.begin(), next.end(), [](const Association& a, const Association& b) {
            return a.log_odds > b.log_odds;
        });
        if (next.size() > beam) next.resize(beam);
        branches = std::move(next);
    }
    const double floor = branches.front().log_odds - hopeless_log_odds;
    std::erase_if(branches, [&](const Association& one) { return one.log_odds < floor; });
    return branches;
}

std::vector<std::array<double, 2>> choice_probabilities(std::span<const Association> associations) {
    const Association& best = associations.front();
    std::vector<std::array<double, 2>> result(best.detection.size(), {0.0, 0.0});
    double total = 0.0;
    for (const Association& one : associations) {
        const double weight = std::exp(one.log_odds - best.log_odds);
        total += weight;
        for (std::size_t bead = 0; bead < result.size(); ++bead)
            for (std::size_t view = 0; view < 2; ++view)
                if (one.detection[bead][view] == best.detection[bead][view])
                    result[bead][view] += weight;
    }
    for (auto& bead : result)
        for (double& probability : bead)
            probability /= total;
    return result;
}

}  // namespace stereo
