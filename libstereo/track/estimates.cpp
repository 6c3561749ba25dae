#include "estimates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace stereo {
namespace {

// What detections as they are leave of the pose that fits them best: a calibration that is wrong,
// or a camera that is late, shows.
double reprojection_rms_px(std::span<const drr::CalibratedView> views,
                           const std::vector<Sighting>& sightings, const drr::Rigid3& initial) {
    const FittedPose fit = fit_body_pose(views, sightings, initial);
    double squares = 0.0;
    for (const Sighting& one : sightings)
        squares +=
            (views[one.view].project(fit.pose.world_from_body * one.bead.point_mm) - one.seen.pixel)
                .squaredNorm();
    return std::sqrt(squares / static_cast<double>(sightings.size()));
}

BodySample body_sample(const Body& body, const BodyInFrame& here, const FrameView& frame,
                       const FrameDetections& detections, const CalibrationError& error) {
    const FittedPose pose = fit_pose(frame.views, frame, body, here);
    BodySample sample{here.pose.world_from_body, here.pose.covariance, 0.0, 0, here.searched};
    for (const BeadSample& bead : here.samples)
        sample.sightings += (bead.certain(0) ? 1 : 0) + (bead.certain(1) ? 1 : 0);
    if (!pose.ok) return sample;
    const double freedom = 2.0 * static_cast<double>(sample.sightings) - 6.0;
    sample.world_from_body = pose.pose.world_from_body;
    sample.covariance =
        pose.pose.covariance * std::max(1.0, freedom > 0.0 ? pose.chi2 / freedom : 1.0) +
        shared_covariance(pose, certain_sightings(frame.detections, body, here.samples), error);
    sample.rms_px = reprojection_rms_px(
        frame.views, certain_sightings(detections, body, here.samples), pose.pose.world_from_body);
    return sample;
}

BeadSample bead_sample(const FrameView& frame, BeadSample sample, const CalibrationError& error) {
    sample.point = seen_point(frame, sample);
    if (!sample.point) return sample;
    const Eigen::Vector3d& at = sample.point->point_in_world_mm;
    sample.point->covariance_mm2 +=
        sample.point->by_pixels * error.covariance_px2(at) * sample.point->by_pixels.transpose();
    return sample;
}

}  // namespace

FittedPose fit_pose(std::span<const drr::CalibratedView> views, const FrameView& frame,
                    const Body& body, const BodyInFrame& here) {
    return fit_body_pose(views, certain_sightings(frame.detections, body, here.samples),
                         here.pose.world_from_body);
}

std::optional<Triangulation> seen_point(const FrameView& frame, const BeadSample& sample) {
    if (!sample.certain(0) || !sample.certain(1)) return std::nullopt;
    const Triangulation point =
        triangulate(frame.views, PixelPair{frame.detections[0][sample.detection[0]],
                                           frame.detections[1][sample.detection[1]]});
    return point.ok ? std::optional(point) : std::nullopt;
}

std::vector<PixelPair> certain_pairs(const Sequence& sequence,
                                     std::span<const FrameDetections> detections) {
    std::vector<PixelPair> pairs;
    for (const auto& body : sequence)
        for (std::size_t f = 0; f < body.size(); ++f) {
            if (!body[f]) continue;
            for (const BeadSample& sample : body[f]->samples)
                if (sample.certain(0) && sample.certain(1))
                    pairs.push_back({detections[f][0][sample.detection[0]],
                                     detections[f][1][sample.detection[1]]});
        }
    return pairs;
}

void take_out(const CalibrationError& error, std::span<const Body> bodies, const Sequence& sequence,
              std::span<const FrameDetections> detections, std::vector<FrameView>& frames) {
    for (std::size_t b = 0; b < bodies.size(); ++b)
        for (std::size_t f = 0; f < frames.size(); ++f) {
            if (!sequence[b][f]) continue;
            const BodyInFrame& here = *sequence[b][f];
            for (std::size_t k = 0; k < here.samples.size(); ++k)
                for (std::size_t view = 0; view < 2; ++view) {
                    if (!here.samples[k].certain(view)) continue;
                    const std::size_t d = here.samples[k].detection[view];
                    frames[f].detections[view][d] =
                        error.corrected(detections[f][view][d], view,
                                        here.pose.world_from_body * bodies[b].beads[k].point_mm);
                }
        }
}

TrackResult track_result(std::span<const Body> bodies, const Sequence& sequence,
                         std::span<const FrameDetections> detections,
                         std::span<const FrameView> frames, const CalibrationError& error) {
    TrackResult result;
    result.calibration_error = error;
    std::vector<std::array<std::vector<bool>, 2>> explained(frames.size());
    for (std::size_t f = 0; f < frames.size(); ++f)
        for (std::size_t view = 0; view < 2; ++view)
            explained[f][view].assign(detections[f][view].size(), false);
    int unnamed_bodies = 0;
    int unnamed_beads = 0;
    for (std::size_t b = 0; b < bodies.size(); ++b) {
        const Body& body = bodies[b];
        BodyTrack track;
        track.known = body.known();
        track.name = track.known ? body.name : fmt::format("body{}", ++unnamed_bodies);
        for (std::size_t f = 0; f < frames.size(); ++f)
            track.samples.push_back(
                sequence[b][f] ? std::optional(body_sample(body, *sequence[b][f], frames[f],
                                                           detections[f], error))
                               : std::nullopt);
        for (std::size_t k = 0; k < body.beads.size(); ++k) {
            BeadTrack bead;
            bead.name = track.known ? fmt::format("{}_{}", body.name, body.bead_names[k])
                                    : fmt::format("m{:03}", ++unnamed_beads);
            bead.body = b;
            bead.in_body_mm = body.beads[k].point_mm;
            bead.in_body_covariance_mm2 = body.beads[k].covariance_mm2;
            for (std::size_t f = 0; f < frames.size(); ++f) {
                const BeadSample sample =
                    sequence[b][f] ? bead_sample(frames[f], sequence[b][f]->samples[k], error)
                                   : BeadSample();
                for (std::size_t view = 0; view < 2; ++view) {
                    if (!sample.seen(view)) continue;
                    explained[f][view][sample.detection[view]] = true;
                    ++(sample.ambiguous[view] ? result.ambiguous : result.certain);
                }
                bead.samples.push_back(sample);
            }
            track.beads.push_back(result.beads.size());
            result.beads.push_back(std::move(bead));
        }
        result.bodies.push_back(std::move(track));
    }
    for (const auto& frame : explained) {
        result.unexplained.emplace_back();
        for (std::size_t view = 0; view < 2; ++view)
            result.unexplained.back()[view] =
                static_cast<std::size_t>(std::count(frame[view].begin(), frame[view].end(), false));
    }
    result.summary = fmt::format(
        "{} bodies with {} beads over {} frames: {} certain sightings, {} ambiguous",
        result.bodies.size(), result.beads.size(), frames.size(), result.certain, result.ambiguous);
    return result;
}

}  // namespace stereo
