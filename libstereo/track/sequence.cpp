#include "sequence.hpp"

#include "frame_assignment.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stereo {
namespace {

// Motions that are tried when a body is searched.
constexpr std::size_t tried_motions = 5;
// A body that is searched may be anywhere in a field of this width, turned in any way.
constexpr double searched_field_mm = 300.0;
// Below this share of the sightings to expect, a prediction is not trusted on its own.
constexpr double least_share = 0.5;

/// A body's choices in one frame, the best first.
struct Choices {
    std::vector<Association> associations;
    bool searched = false;
};

Matrix6d step_covariance(const TrackOptions& options) {
    Matrix6d covariance = Matrix6d::Zero();
    covariance.diagonal().head<3>().setConstant(options.step_sd_rad * options.step_sd_rad);
    covariance.diagonal().tail<3>().setConstant(options.step_sd_mm * options.step_sd_mm);
    return covariance;
}

/// How much less likely a pose near a given one is when it may be anywhere.
double anywhere_log_odds(const TrackOptions& options) {
    using std::numbers::pi;
    const double shift = searched_field_mm / (std::sqrt(2.0 * pi) * options.step_sd_mm);
    const double turn = std::sqrt(2.0 * pi) * options.step_sd_rad;
    // 8 pi^2 is the volume of all rotations, measured by rotation vectors.
    return -3.0 * std::log(shift) - std::log(8.0 * pi * pi) + 3.0 * std::log(turn);
}

bool explains_enough(const Association& one, const TrackOptions& options) {
    const double expected =
        2.0 * static_cast<double>(one.detection.size()) * options.detection_probability;
    return one.log_odds >= options.certain_log_odds &&
           static_cast<double>(one.sightings) >= least_share * expected;
}

void merge(std::vector<Association>& all, std::vector<Association> more) {
    for (Association& one : more) {
        const auto same = std::find_if(all.begin(), all.end(), [&](const Association& other) {
            return other.detection == one.detection;
        });
        if (same == all.end())
            all.push_back(std::move(one));
        else if (same->log_odds < one.log_odds)
            *same = std::move(one);
    }
    std::stable_sort(all.begin(), all.end(), [](const Association& a, const Association& b) {
        return a.log_odds > b.log_odds;
    });
}

Choices choices_of(const FrameView& frame, std::span<const SpacePoint> points, const Body& body,
                   const std::optional<PoseEstimate>& prediction, const TrackOptions& options) {
    Choices choices;
    if (prediction) choices.associations = associate(frame, body.beads, *prediction, options);
    if (!choices.associations.empty() && explains_enough(choices.associations.front(), options))
        return choices;
    std::vector<RigidMatch> motions = rigid_matches(body.points(), points, options);
    if (motions.size() > tried_motions) motions.resize(tried_motions);
    for (const RigidMatch& motion : motions) {
        std::vector<Association> found =
            associate(frame, body.beads, {motion.to_from_from, step_covariance(options)}, options);
        for (Association& one : found)
            one.log_odds += anywhere_log_odds(options);
        choices.searched = choices.searched || choices.associations.empty() ||
                           found.front().log_odds > choices.associations.front().log_odds;
        merge(choices.associations, std::move(found));
    }
    return choices;
}

std::vector<BeadSample> samples_of(const Choices& choices, const TrackOptions& options) {
    const auto probabilities = choice_probabilities(choices.associations);
    const Association& best = choices.associations.front();
    std::vector<BeadSample> samples(best.detection.size());
    for (std::size_t bead = 0; bead < samples.size(); ++bead)
        for (std::size_t view = 0; view < 2; ++view) {
            samples[bead].detection[view] = best.detection[bead][view];
            samples[bead].ambiguous[view] =
                1.0 - probabilities[bead][view] > std::exp(-options.certain_log_odds);
        }
    return samples;
}

class Follower {
  public:
    Follower(std::span<const FrameView> frames, std::span<const std::vector<SpacePoint>> points,
             std::span<const Body> bodies, const TrackOptions& options)
        : frames_(frames),
          points_(points),
          bodies_(bodies),
          options_(options),
          found_(bodies.size(), std::vector<std::optional<BodyInFrame>>(frames.size())) {}

    /// Settles a frame anew for the bodies that it lacks; `direction` is 1 for predictions from
    /// earlier frames, -1 from later ones.
    void visit(std::size_t frame, int direction) {
        std::vector<PlacedBody> placed;
        std::vector<std::size_t> body_of;
        std::vector<bool> searched;
        bool any_new = false;
        for (std::size_t b = 0; b < bodies_.size(); ++b) {
            if (found_[b][frame]) {
                placed.push_back(
                    {bodies_[b].beads, found_[b][frame]->pose, found_[b][frame]->samples});
                searched.push_back(found_[b][frame]->searched);
            } else {
                const auto prediction = predict(b, frame, direction);
                // Backward only what the forward pass could not know.
                if (direction < 0 && !prediction) continue;
                const Choices choices =
                    choices_of(frames_[frame], points_[frame], bodies_[b], prediction, options_);
                if (choices.associations.empty() ||
                    choices.associations.front().log_odds < options_.certain_log_odds)
                    continue;
                placed.push_back({bodies_[b].beads, choices.associations.front().pose,
                                  samples_of(choices, options_)});
                searched.push_back(choices.searched);
                any_new = true;
            }
            body_of.push_back(b);
        }
        if (!any_new) return;
        assign_frame(frames_[frame], placed, options_);
        for (std::size_t i = 0; i < placed.size(); ++i) {
            const Body& body = bodies_[body_of[i]];
            const FittedPose fit =
                fit_body_pose(frames_[frame].views,
                              certain_sightings(frames_[frame].detections, body, placed[i].samples),
                              placed[i].pose.world_from_body);
            auto& here = found_[body_of[i]][frame];
            here.reset();
            if (fit.ok) here = BodyInFrame{fit.pose, searched[i], std::move(placed[i].samples)};
        }
    }

    Sequence take() { return std::move(found_); }

  private:
    [[nodiscard]] std::optional<PoseEstimate> predict(std::size_t body, std::size_t frame,
                                                      int direction) const {
        const auto count = static_cast<std::ptrdiff_t>(frames_.size());
        std::optional<std::ptrdiff_t> last;
        for (std::ptrdiff_t gap = 1;
             gap <= static_cast<std::ptrdiff_t>(options_.max_gap_frames + 1); ++gap) {
            const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(frame) - direction * gap;
            if (at < 0 || at >= count) break;
            const auto& sample = found_[body][static_cast<std::size_t>(at)];
            if (!sample) continue;
            if (last) {
                const auto& newer = found_[body][static_cast<std::size_t>(*last)];
                return predicted_pose(
                    &sample->pose, static_cast<std::size_t>(std::abs(*last - at)), newer->pose,
                    static_cast<std::size_t>(std::abs(static_cast<std::ptrdiff_t>(frame) - *last)),
                    options_);
            }
            last = at;
        }
        if (!last) return std::nullopt;
        return predicted_pose(
            nullptr, 1, found_[body][static_cast<std::size_t>(*last)]->pose,
            static_cast<std::size_t>(std::abs(static_cast<std::ptrdiff_t>(frame) - *last)),
            options_);
    }

    std::span<const FrameView> frames_;
    std::span<const std::vector<SpacePoint>> points_;
    std::span<const Body> bodies_;
    const TrackOptions& options_;
    Sequence found_;
};

}  // namespace

Sequence follow_bodies(std::span<const FrameView> frames,
                       std::span<const std::vector<SpacePoint>> points,
                       std::span<const Body> bodies, const TrackOptions& options,
                       const drr::ProgressSink& progress) {
    Follower follower(frames, points, bodies, options);
    for (std::size_t f = 0; f < frames.size(); ++f) {
        follower.visit(f, 1);
        if (progress) progress("frames", f + 1, frames.size());
    }
    for (std::size_t f = frames.size(); f-- > 0;)
        follower.visit(f, -1);
    return follower.take();
}

std::vector<Sighting> certain_sightings(const FrameDetections& detections, const Body& body,
                                        std::span<const BeadSample> samples) {
    std::vector<Sighting> sightings;
    for (std::size_t bead = 0; bead < samples.size(); ++bead)
        for (std::size_t view = 0; view < 2; ++view) {
            if (!samples[bead].certain(view)) continue;
            sightings.push_back(
                {view, body.beads[bead], detections[view][samples[bead].detection[view]]});
        }
    return sightings;
}

}  // namespace stereo
