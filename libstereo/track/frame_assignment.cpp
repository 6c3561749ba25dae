#include "frame_assignment.hpp"

#include <stereo/recon/assignment.hpp>

#include <Eigen/LU>

namespace stereo {
namespace {

// Beyond what any assignment costs, and finite so that prices stay numbers.
constexpr double never = 1e6;

Eigen::Index at(std::size_t i) {
    return static_cast<Eigen::Index>(i);
}

/// Rows: beads of all bodies, then one for each detection that stays alone; columns: detections,
/// then one for each bead that is not detected.
Eigen::MatrixXd costs(const FrameView& frame, const std::vector<PlacedBody>& bodies,
                      std::size_t view, const TrackOptions& options) {
    const std::vector<MeasuredPixel>& detections = frame.detections[view];
    std::size_t beads = 0;
    for (const PlacedBody& body : bodies)
        beads += body.beads.size();
    Eigen::MatrixXd cost =
        Eigen::MatrixXd::Zero(at(beads + detections.size()), at(beads + detections.size()));
    cost.topLeftCorner(at(beads), at(detections.size())).setConstant(never);
    std::size_t row = 0;
    for (const PlacedBody& body : bodies)
        for (const BodyBead& bead : body.beads) {
            const PredictedPixel predicted = predict_pixel(frame.views[view], body.pose, bead);
            for (std::size_t d = 0; predicted.in_front && d < detections.size(); ++d) {
                const Eigen::Vector2d residual = detections[d].pixel - predicted.pixel;
                const Eigen::Matrix2d covariance =
                    predicted.covariance_px2 + detections[d].covariance_px2;
                const double chi2 = residual.dot(covariance.inverse() * residual);
                if (chi2 > options.max_sigma * options.max_sigma) continue;
                cost(at(row), at(d)) =
                    -sighting_log_odds(chi2, covariance, frame.clutter_per_px2[view], options);
            }
            ++row;
        }
    return cost;
}

}  // namespace

void assign_frame(const FrameView& frame, std::vector<PlacedBody>& bodies,
                  const TrackOptions& options) {
    for (std::size_t view = 0; view < 2; ++view) {
        const Eigen::MatrixXd cost = costs(frame, bodies, view, options);
        if (cost.size() == 0) continue;
        const std::vector<std::size_t> column = least_assignment(cost);
        const double best = assignment_cost(cost, column);
        std::size_t row = 0;
        for (PlacedBody& body : bodies)
            for (BeadSample& sample : body.samples) {
                const std::size_t chosen =
                    column[row] < frame.detections[view].size() ? column[row] : no_detection;
                bool ambiguous = sample.ambiguous[view] || chosen != sample.detection[view];
                if (chosen != no_detection && !ambiguous) {
                    Eigen::MatrixXd without = cost;
                    without(at(row), at(chosen)) = never;
                    ambiguous = assignment_cost(without, least_assignment(without)) - best <
                                options.certain_log_odds;
                }
                sample.detection[view] = chosen;
                sample.ambiguous[view] = chosen != no_detection && ambiguous;
                ++row;
            }
    }
}

}  // namespace stereo
