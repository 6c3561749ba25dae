#include "discovery.hpp"

#include <drr/core/parallel.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace stereo {
namespace {

// Frames that are compared with each other: 120 pairs. When each bead is seen in both views in half
// of the frames, some pairs share four beads of a cluster of six.
constexpr std::size_t compared_frames = 16;
// Sets of candidates that are tried on all compared frames, largest first.
constexpr std::size_t tried_sets = 100;
// Sets that share detections with the best one, whose claims on these are weighed against its own.
constexpr std::size_t tried_rivals = 12;
// Part of the compared frames that has to show a body, and of its beads (once or more often).
constexpr double least_share = 0.25;
// Three beads match by accident, so a body of three has to be seen in that many frames.
constexpr std::size_t frames_of_three = 4;

using Frames = std::vector<std::vector<SpacePoint>>;

/// The frame with most points of each of so many stretches of the sequence.
Frames fullest(Frames frames) {
    const std::size_t count = std::min(compared_frames, frames.size());
    Frames result;
    for (std::size_t i = 0; i < count; ++i) {
        const auto at = [&](std::size_t k) {
            return frames.begin() + static_cast<std::ptrdiff_t>(k * frames.size() / count);
        };
        result.push_back(std::move(*std::max_element(
            at(i), at(i + 1), [](const auto& a, const auto& b) { return a.size() < b.size(); })));
    }
    return result;
}

void remove_explained(std::vector<SpacePoint>& points, const std::vector<SpacePoint>& explained) {
    std::erase_if(points, [&](const SpacePoint& point) {
        return std::any_of(explained.begin(), explained.end(),
                           [&](const SpacePoint& other) { return point.excludes(other); });
    });
}

std::vector<SpacePoint> matched(const RigidMatch& match, const std::vector<SpacePoint>& points) {
    std::vector<SpacePoint> result;
    for (const auto& pair : match.pairs)
        result.push_back(points[pair.second]);
    return result;
}

std::vector<SpacePoint> free_of_detections(std::vector<SpacePoint> points) {
    for (SpacePoint& point : points) {
        point.detection = {no_detection, no_detection};
        point.epipolar_chi2 = 0.0;  // its own frame says it once more
    }
    return points;
}

/// How frames support a set of points as one body.
struct Support {
    std::vector<SpacePoint> layout;
    std::vector<std::vector<SpacePoint>> explained;  // of each frame
    std::size_t frames = 0;                          // with three or more
    double support = 0.0;                            // by these, see RigidMatch
    std::size_t beyond_three = 0;                    // in these but the first, counted per frame

    [[nodiscard]] double score() const {
        // Points explained times the share of the layout that a frame explains: two bodies taken
        // for one explain more points, but only half of themselves.
        return layout.empty() ? 0.0 : support * support / static_cast<double>(layout.size());
    }
};

/// The part of the layout that stays together where frames show the rest on its own; empty where
/// none do.
std::vector<SpacePoint> cut(const std::vector<SpacePoint>& layout, const Frames& frames,
                            const std::vector<RigidMatch>& matches, const TrackOptions& options) {
    std::size_t of_three = 0;
    std::size_t of_four = 0;
    std::size_t most = 0;
    std::vector<SpacePoint> together;
    for (std::size_t f = 0; f < frames.size(); ++f) {
        if (matches[f].pairs.size() < 3 || matches[f].pairs.size() + 3 > layout.size()) continue;
        std::vector<SpacePoint> rest;
        std::vector<SpacePoint> part;
        auto next = matches[f].pairs.begin();
        for (std::size_t i = 0; i < layout.size(); ++i) {
            const bool in = next != matches[f].pairs.end() && next->first == i;
            (in ? part : rest).push_back(layout[i]);
            if (in) ++next;
        }
        std::vector<SpacePoint> points = frames[f];
        remove_explained(points, matched(matches[f], frames[f]));
        const std::vector<RigidMatch> others = rigid_matches(rest, points, options);
        if (others.empty()) continue;
        ++of_three;
        if (others.front().pairs.size() > 3) ++of_four;
        if (others.front().pairs.size() <= most) continue;
        most = others.front().pairs.size();
        together = part;
    }
    const std::size_t eighth = frames.size() / 8;
    const bool moves_apart =
        of_four >= std::max<std::size_t>(1, eighth) || of_three >= std::max<std::size_t>(2, eighth);
    return moves_apart ? together : std::vector<SpacePoint>{};
}

Support support_of(std::vector<SpacePoint> layout, const Frames& frames,
                   const TrackOptions& options) {
    while (true) {
        Support support;
        std::vector<RigidMatch> matches(frames.size());
        for (std::size_t f = 0; f < frames.size(); ++f) {
            const std::vector<RigidMatch> found = rigid_matches(layout, frames[f], options);
            support.explained.emplace_back();
            if (found.empty()) continue;
            matches[f] = found.front();
            support.explained.back() = matched(matches[f], frames[f]);
            support.support += matches[f].support;
            if (++support.frames > 1) support.beyond_three += matches[f].pairs.size() - 3;
        }
        std::vector<SpacePoint> together = cut(layout, frames, matches, options);
        support.layout = std::move(layout);
        if (together.empty()) return support;
        layout = std::move(together);
    }
}

bool is_body(const Support& support, std::size_t frames, const TrackOptions& options) {
    const auto least =
        static_cast<std::size_t>(std::ceil(least_share * static_cast<double>(frames)));
    return support.layout.size() >= options.min_beads &&
           support.frames >= std::max<std::size_t>(2, least) &&
           (support.beyond_three > 0 ||
            support.frames >= std::max(frames_of_three, (frames + 1) / 2));
}

/// All sets of points that move rigidly between two frames, largest first.
std::vector<std::vector<SpacePoint>> moving_sets(const Frames& frames,
                                                 const TrackOptions& options) {
    std::vector<std::pair<std::size_t, std::size_t>> of_frames;
    for (std::size_t f = 0; f < frames.size(); ++f)
        for (std::size_t g = f + 1; g < frames.size(); ++g)
            of_frames.emplace_back(f, g);
    std::vector<std::vector<RigidMatch>> matches(of_frames.size());
    drr::parallel_for(of_frames.size(), [&](std::size_t i) {
        matches[i] =
            rigid_matches(frames[of_frames[i].first], frames[of_frames[i].second], options);
    });
    struct Ranked {
        const RigidMatch* match;
        std::size_t frame;
    };
    std::vector<Ranked> ranked;
    for (std::size_t i = 0; i < matches.size(); ++i)
        for (const RigidMatch& match : matches[i])
            ranked.push_back({&match, of_frames[i].first});
    std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
        return a.match->better_than(*b.match);
    });
    std::vector<std::vector<SpacePoint>> sets;
    for (const Ranked& one : ranked) {
        if (sets.size() == tried_sets) break;
        sets.emplace_back();
        for (const auto& pair : one.match->pairs)
            sets.back().push_back(frames[one.frame][pair.first]);
    }
    return sets;
}

Frames without(Frames frames, const Support& body) {
    for (std::size_t f = 0; f < frames.size(); ++f)
        remove_explained(frames[f], body.explained[f]);
    return frames;
}

bool in_conflict(const Support& a, const Support& b) {
    for (std::size_t f = 0; f < a.explained.size(); ++f)
        for (const SpacePoint& p : a.explained[f])
            for (const SpacePoint& q : b.explained[f])
                if (p.excludes(q)) return true;
    return false;
}

/// What a body and, after it, the best supported of its rivals explain together.
double score_with_rival(const Support& body, const std::vector<const Support*>& rivals,
                        const Frames& frames, const TrackOptions& options) {
    const Frames rest = without(frames, body);
    std::vector<double> scores(rivals.size(), 0.0);
    drr::parallel_for(rivals.size(), [&](std::size_t i) {
        const Support rival = support_of(rivals[i]->layout, rest, options);
        if (is_body(rival, frames.size(), options)) scores[i] = rival.score();
    });
    return body.score() + (scores.empty() ? 0.0 : *std::max_element(scores.begin(), scores.end()));
}

/// The body without the points that it took from a neighbour by accident: those that the neighbour
/// gains more by than the body does.
Support without_accidents(Support body, const std::vector<Support>& all, const Frames& frames,
                          const TrackOptions& options) {
    std::vector<const Support*> rivals;
    for (const Support& other : all)
        if (is_body(other, frames.size(), options) && in_conflict(body, other))
            rivals.push_back(&other);
    std::stable_sort(rivals.begin(), rivals.end(),
                     [](const Support* a, const Support* b) { return a->score() > b->score(); });
    if (rivals.size() > tried_rivals) rivals.resize(tried_rivals);
    double best = score_with_rival(body, rivals, frames, options);
    for (std::size_t i = body.layout.size(); i-- > 0;) {
        std::vector<SpacePoint> layout = body.layout;
        layout.erase(layout.begin() + static_cast<std::ptrdiff_t>(i));
        Support less = support_of(layout, frames, options);
        if (!is_body(less, frames.size(), options)) continue;
        const double score = score_with_rival(less, rivals, frames, options);
        if (score <= best) continue;
        best = score;
        // A cut may have dropped more than the one point.
        body = std::move(less);
        i = std::min(i, body.layout.size());
    }
    return body;
}

Body body_of(const std::vector<SpacePoint>& layout) {
    Body body;
    Eigen::Vector3d centroid = Eigen::Vector3d::Zero();
    for (const SpacePoint& point : layout)
        centroid += point.point_mm / static_cast<double>(layout.size());
    for (const SpacePoint& point : layout)
        body.beads.push_back({point.point_mm - centroid, point.covariance_mm2});
    return body;
}

}  // namespace

std::vector<SpacePoint> Body::points() const {
    std::vector<SpacePoint> result;
    for (const BodyBead& bead : beads)
        result.push_back({bead.point_mm, bead.covariance_mm2, {no_detection, no_detection}});
    return result;
}

std::vector<Body> discover_bodies(Frames points, const TrackOptions& options) {
    Frames frames = fullest(std::move(points));
    std::vector<Body> bodies;
    while (true) {
        const std::vector<std::vector<SpacePoint>> sets = moving_sets(frames, options);
        std::vector<Support> supports(sets.size());
        drr::parallel_for(sets.size(), [&](std::size_t i) {
            supports[i] = support_of(free_of_detections(sets[i]), frames, options);
        });
        const Support* best = nullptr;
        for (const Support& support : supports)
            if (is_body(support, frames.size(), options) &&
                (best == nullptr || support.score() > best->score()))
                best = &support;
        if (best == nullptr) return bodies;
        const Support body = without_accidents(*best, supports, frames, options);
        bodies.push_back(body_of(body.layout));
        frames = without(std::move(frames), body);
    }
}

}  // namespace stereo
