#include "body_evidence.hpp"
#include "estimates.hpp"
#include "layout_update.hpp"
#include "sequence.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <stereo/recon/epipolar_pairs.hpp>

#include <Eigen/LU>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace stereo {
namespace {

// Bodies and beads are added until there are no more, at most this often.
constexpr int max_rounds = 8;
// Poses and layouts determine each other; they settle fast, since poses change little.
constexpr int layout_iterations = 5;

void check(std::span<const drr::CalibratedView> views, std::span<const FrameDetections> frames,
           std::span<const BeadLayout> known) {
    drr::require(views.size() == 2, "tracking needs two views");
    drr::require(!frames.empty(), "tracking needs at least one frame");
    for (const FrameDetections& frame : frames)
        for (const auto& view : frame)
            for (const MeasuredPixel& seen : view)
                drr::require(seen.pixel.allFinite() && seen.covariance_px2.allFinite() &&
                                 seen.covariance_px2.determinant() > 0.0,
                             "detections must be finite, with a covariance that is not singular");
    for (const BeadLayout& layout : known) {
        drr::require(layout.beads_mm.size() >= 3,
                     fmt::format("the layout '{}' needs at least three beads", layout.name));
        drr::require(layout.beads_mm.size() == layout.bead_names.size(),
                     fmt::format("the layout '{}' needs a name for each bead", layout.name));
    }
}

class Tracking {
  public:
    Tracking(std::span<const drr::CalibratedView> views, std::span<const FrameDetections> frames,
             const CalibrationClaim& claim, const TrackOptions& options,
             const drr::ProgressSink& progress)
        : views_(views),
          detections_(frames),
          claim_(claim),
          options_(options),
          progress_(progress),
          frames_(frames.size()),
          points_(frames.size()) {
        look(options_.model_sd_px);
    }

    TrackResult run(std::span<const BeadLayout> known) {
        for (const BeadLayout& layout : known) {
            Body body{layout.name, layout.bead_names, {}};
            for (const Eigen::Vector3d& bead : layout.beads_mm)
                body.beads.push_back({bead, Eigen::Matrix3d::Identity() * options_.layout_sd_mm *
                                                options_.layout_sd_mm});
            bodies_.push_back(std::move(body));
        }
        for (int round = 0; round < max_rounds; ++round) {
            follow();
            update_layouts();
            const bool pruned = prune();
            // What is added has to be followed.
            if (round + 1 == max_rounds) break;
            // Beads are added once other bodies had their turn: what is a body of its own must not
            // be added to a neighbour that happens to rest beside it for a while.
            const bool grown = round > 0 && extend();
            if (!discover() && !grown && !pruned && round > 0) break;
        }
        // The calibration's errors are known now; the last look has narrower gates.
        const double seen_sd_px = calibration_error().total_sd_px();
        if (seen_sd_px < options_.model_sd_px) {
            look(std::max(seen_sd_px, std::min(options_.least_model_sd_px, options_.model_sd_px)));
            follow();
            update_layouts();
        }
        prune(true);
        const CalibrationError error = calibration_error();
        take_out(error, bodies_, sequence_, detections_, frames_);
        update_layouts();
        return track_result(bodies_, sequence_, detections_, frames_, error);
    }

  private:
    [[nodiscard]] CalibrationError calibration_error() const {
        return {{views_[0], views_[1]}, certain_pairs(sequence_, detections_), {.claim = claim_}};
    }

    /// Prepares all frames for decisions with this standard deviation beside the detections'.
    void look(double model_sd_px) {
        options_.model_sd_px = model_sd_px;
        drr::parallel_for(frames_.size(), [&](std::size_t f) {
            frames_[f] = frame_view(views_, detections_[f], options_);
            points_[f].clear();
            for (const EpipolarPair& pair :
                 epipolar_pairs(views_[0], views_[1], frames_[f].detections[0],
                                frames_[f].detections[1], {.max_sigma = options_.max_sigma}))
                points_[f].push_back({pair.point.point_in_world_mm,
                                      pair.point.covariance_mm2,
                                      {pair.a, pair.b},
                                      pair.sigma * pair.sigma});
        });
    }

    void follow() { sequence_ = follow_bodies(frames_, points_, bodies_, options_, progress_); }

    /// Layouts that were not given become the means of their beads over frames, poses follow.
    void update_layouts() {
        for (std::size_t b = 0; b < bodies_.size(); ++b) {
            if (bodies_[b].known()) continue;
            for (int iteration = 0; iteration < layout_iterations; ++iteration) {
                std::vector<std::vector<PointInBody>> seen(bodies_[b].beads.size());
                for (std::size_t f = 0; f < frames_.size(); ++f) {
                    auto& here = sequence_[b][f];
                    if (!here) continue;
                    const FittedPose pose = fit_pose(views_, frames_[f], bodies_[b], *here);
                    if (pose.ok) here->pose = pose.pose;
                    for (std::size_t k = 0; k < seen.size(); ++k)
                        if (const auto point = seen_point(frames_[f], here->samples[k]))
                            seen[k].push_back(
                                {f, in_body({here->pose.world_from_body, Matrix6d::Zero()},
                                            point->point_in_world_mm, point->covariance_mm2)});
                }
                for (std::size_t k = 0; k < seen.size(); ++k)
                    if (!seen[k].empty()) bodies_[b].beads[k] = mean_of(seen[k]);
            }
        }
    }

    /// Drops beads and bodies, of layouts that were not given, that frames do not support; at the
    /// end also bodies that are not certain.
    bool prune(bool at_the_end = false) {
        bool pruned = false;
        for (std::size_t b = bodies_.size(); b-- > 0;) {
            Body& body = bodies_[b];
            if (body.known()) continue;
            const BodyEvidence evidence = body_evidence(sequence_[b], body.beads.size());
            bool drop = !evidence.supports_body() || (at_the_end && !evidence.is_certain());
            for (std::size_t k = body.beads.size(); !drop && k-- > 0;)
                if (!evidence.supports_bead(k)) {
                    drop_bead(b, k);
                    pruned = true;
                }
            drop = drop || body.beads.size() < options_.min_beads;
            if (drop) {
                bodies_.erase(bodies_.begin() + static_cast<std::ptrdiff_t>(b));
                sequence_.erase(sequence_.begin() + static_cast<std::ptrdiff_t>(b));
                pruned = true;
            }
        }
        return pruned;
    }

    void drop_bead(std::size_t body, std::size_t bead) {
        const auto at = static_cast<std::ptrdiff_t>(bead);
        bodies_[body].beads.erase(bodies_[body].beads.begin() + at);
        for (auto& frame : sequence_[body])
            if (frame) frame->samples.erase(frame->samples.begin() + at);
    }

    [[nodiscard]] std::vector<SpacePoint> unexplained_points(std::size_t frame) const {
        std::vector<SpacePoint> points = points_[frame];
        for (const auto& body : sequence_) {
            if (!body[frame]) continue;
            for (const BeadSample& sample : body[frame]->samples)
                std::erase_if(points, [&](const SpacePoint& point) {
                    return point.excludes({{}, {}, sample.detection});
                });
        }
        return points;
    }

    /// Adds bodies that show in what is unexplained.
    bool discover() {
        std::vector<std::vector<SpacePoint>> points;
        for (std::size_t f = 0; f < frames_.size(); ++f)
            points.push_back(unexplained_points(f));
        bool added = false;
        for (Body& body : discover_bodies(std::move(points), options_)) {
            // A body that some frames lack shows again in these; three beads agree by accident.
            const bool again = std::any_of(bodies_.begin(), bodies_.end(), [&](const Body& other) {
                const auto same = rigid_matches(body.points(), other.points(), options_);
                return !same.empty() && same.front().pairs.size() > 3;
            });
            if (again) continue;
            bodies_.push_back(std::move(body));
            added = true;
        }
        return added;
    }

    /// Adds beads that move along with a body. Only unexplained points count, so a bead added to
    /// one body is not added to the next before all frames are looked at again.
    bool extend() {
        for (std::size_t b = 0; b < bodies_.size(); ++b) {
            if (bodies_[b].known()) continue;
            std::vector<PointInBody> points;
            double frames = 0.0;
            for (std::size_t f = 0; f < frames_.size(); ++f) {
                const auto& here = sequence_[b][f];
                if (!here) continue;
                frames += 1.0;
                for (const SpacePoint& point : unexplained_points(f))
                    points.push_back(
                        {f, in_body(here->pose, point.point_mm, point.covariance_mm2)});
            }
            const auto needed =
                static_cast<std::size_t>(std::ceil(std::max(2.0, least_bead_share * frames)));
            std::vector<BodyBead> more =
                missing_beads(bodies_[b], std::move(points), needed, options_);
            if (more.empty()) continue;
            bodies_[b].beads.insert(bodies_[b].beads.end(), more.begin(), more.end());
            for (auto& frame : sequence_[b])
                if (frame) frame->samples.resize(bodies_[b].beads.size());
            return true;
        }
        return false;
    }

    std::span<const drr::CalibratedView> views_;
    std::span<const FrameDetections> detections_;
    const CalibrationClaim& claim_;
    TrackOptions options_;
    const drr::ProgressSink& progress_;
    std::vector<FrameView> frames_;
    std::vector<std::vector<SpacePoint>> points_;
    std::vector<Body> bodies_;
    Sequence sequence_;
};

}  // namespace

void TrackOptions::validate() const {
    const auto positive = [](double value) { return value > 0.0 && std::isfinite(value); };
    drr::require(model_sd_px >= 0.0 && std::isfinite(model_sd_px),
                 "model_sd_px must not be negative");
    drr::require(least_model_sd_px >= 0.0, "least_model_sd_px must not be negative");
    drr::require(positive(max_sigma), "max_sigma must be positive");
    drr::require(detection_probability > 0.0 && detection_probability < 1.0,
                 "detection_probability must lie between 0 and 1");
    drr::require(positive(certain_log_odds), "certain_log_odds must be positive");
    drr::require(positive(max_extent_mm), "max_extent_mm must be positive");
    drr::require(min_beads >= 3, "min_beads must be at least 3");
    drr::require(positive(layout_sd_mm), "layout_sd_mm must be positive");
    drr::require(positive(step_sd_mm) && positive(step_sd_rad),
                 "step_sd_mm and step_sd_rad must be positive");
}

TrackResult track_beads(std::span<const drr::CalibratedView> views,
                        std::span<const FrameDetections> frames, std::span<const BeadLayout> known,
                        const TrackOptions& options, const drr::ProgressSink& progress,
                        const CalibrationClaim& claim) {
    options.validate();
    check(views, frames, known);
    return Tracking(views, frames, claim, options, progress).run(known);
}

}  // namespace stereo
