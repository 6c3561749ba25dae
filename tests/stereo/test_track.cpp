#include "bead_sequence.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace stereo;

namespace {

/// The tracks' bodies against the true ones: their motions relative to a frame, which do not depend
/// on where a body's frame is.
double worst_turn_rad(const test::BeadSequence& sequence, const BodyTrack& body, std::size_t truth,
                      std::size_t reference) {
    double worst = 0.0;
    for (std::size_t f = 0; f < body.samples.size(); ++f) {
        if (!body.samples[f] || !body.samples[reference]) continue;
        const Eigen::Quaterniond found =
            body.samples[f]->world_from_body.rotation *
            body.samples[reference]->world_from_body.rotation.conjugate();
        const Eigen::Quaterniond right = sequence.poses[truth][f].rotation *
                                         sequence.poses[truth][reference].rotation.conjugate();
        worst = std::max(worst, drr::angle_between_rad(found, right));
    }
    return worst;
}

}  // namespace

// Two clusters, nothing missing, nothing false: every detection is named, and rightly.
BOOST_AUTO_TEST_CASE(clean_sequences_are_tracked_whole) {
    const auto sequence = test::bead_sequence({.frames = 12, .noise_px = 0.05});
    const TrackResult result = track_beads(sequence.views, sequence.frames);
    const test::TrackScore score = test::score(sequence, result);
    BOOST_TEST(result.bodies.size() == 2U);
    BOOST_TEST(score.beads == 12U);
    BOOST_TEST(score.wrong == 0U);
    BOOST_TEST(score.right + score.ambiguous == score.detected);
    BOOST_TEST(score.right >= score.detected * 98 / 100);  // some shadows cross
    BOOST_TEST(score.poses == 24U);
    BOOST_TEST(result.beads.front().name == "m001");
    BOOST_TEST(result.beads.back().name == "m012");
    // Of each body: which truth it is says its first bead.
    for (const BodyTrack& body : result.bodies) {
        const BeadTrack& bead = result.beads[body.beads.front()];
        const int name = sequence.truth[0][0][bead.samples[0].detection[0]];
        // Half a pixel is 0.1 mm, over 12 mm.
        BOOST_TEST(worst_turn_rad(sequence, body, static_cast<std::size_t>(name) / 6, 0) < 0.01);
    }
}

// A layout names the beads, whatever the order of detections; the other body is still found.
BOOST_AUTO_TEST_CASE(a_known_layout_names_its_beads) {
    const auto sequence = test::bead_sequence({.frames = 6, .missing = 0.1, .seed = 5});
    BeadLayout layout{"bone", {}, sequence.layouts[1]};
    for (std::size_t k = 0; k < layout.beads_mm.size(); ++k)
        layout.bead_names.push_back("bead" + std::to_string(k + 1));
    const std::vector<BeadLayout> known = {layout};
    const TrackResult result = track_beads(sequence.views, sequence.frames, known);
    BOOST_REQUIRE(result.bodies.size() == 2U);
    BOOST_TEST((result.bodies[0].known && !result.bodies[1].known));
    BOOST_TEST(result.beads[2].name == "bone_bead3");
    BOOST_TEST(result.beads[6].name == "m001");
    for (std::size_t k = 0; k < 6; ++k)
        for (std::size_t f = 0; f < sequence.frames.size(); ++f)
            for (std::size_t view = 0; view < 2; ++view) {
                const BeadSample& sample = result.beads[k].samples[f];
                if (!sample.certain(view)) continue;
                BOOST_TEST(sequence.truth[f][view][sample.detection[view]] ==
                           static_cast<int>(6 + k));
            }
    // Poses are those of the layout's own frame.
    for (std::size_t f = 0; f < sequence.frames.size(); ++f) {
        BOOST_REQUIRE(result.bodies[0].samples[f].has_value());
        const BodySample& sample = *result.bodies[0].samples[f];
        Eigen::Matrix<double, 6, 1> error;
        error << drr::vector_from_rotation(sequence.poses[1][f].rotation *
                                           sample.world_from_body.rotation.conjugate()),
            sequence.poses[1][f].translation_mm - sample.world_from_body.translation_mm;
        // chi2 of six degrees of freedom; beyond 30 it is once in 25,000.
        BOOST_TEST(error.dot(sample.covariance.ldlt().solve(error)) < 30.0);
    }
}

// One frame holds no motion: a body can be found there by its layout only.
BOOST_AUTO_TEST_CASE(one_frame_needs_a_layout) {
    const auto sequence = test::bead_sequence({.bodies = 1, .frames = 1});
    BOOST_TEST(track_beads(sequence.views, sequence.frames).bodies.empty());
    const std::vector<BeadLayout> known = {
        {"bone", {"1", "2", "3", "4", "5", "6"}, sequence.layouts[0]}};
    const TrackResult result = track_beads(sequence.views, sequence.frames, known);
    BOOST_REQUIRE(result.bodies[0].samples[0].has_value());
    BOOST_TEST(result.bodies[0].samples[0]->searched);
    BOOST_TEST(result.certain == 12U);
}

// Nothing is seen for a while, longer than motion can be predicted: the same names come back.
BOOST_AUTO_TEST_CASE(names_survive_a_gap) {
    auto sequence = test::bead_sequence({.frames = 30, .seed = 7});
    for (std::size_t f = 8; f < 22; ++f)
        for (std::size_t view = 0; view < 2; ++view) {
            sequence.frames[f][view].clear();
            sequence.truth[f][view].clear();
        }
    const TrackResult result = track_beads(sequence.views, sequence.frames);
    const test::TrackScore score = test::score(sequence, result);
    BOOST_TEST(score.beads == 12U);
    BOOST_TEST(score.wrong == 0U);
    BOOST_TEST(score.right >= score.detected * 98 / 100);
    for (const BodyTrack& body : result.bodies) {
        BOOST_TEST(!body.samples[15].has_value());
        BOOST_REQUIRE(body.samples[22].has_value());
        BOOST_TEST(body.samples[22]->searched);
    }
}

// One camera is blind for some frames: the other one and the prediction still place the bodies, but
// no point is made up.
BOOST_AUTO_TEST_CASE(one_view_may_fail_for_some_frames) {
    auto sequence = test::bead_sequence({.frames = 12, .seed = 9});
    for (std::size_t f = 5; f < 8; ++f) {
        sequence.frames[f][1].clear();
        sequence.truth[f][1].clear();
    }
    const TrackResult result = track_beads(sequence.views, sequence.frames);
    const test::TrackScore score = test::score(sequence, result);
    BOOST_TEST(score.wrong == 0U);
    BOOST_TEST(score.poses == 24U);
    for (const BeadTrack& bead : result.beads)
        BOOST_TEST(!bead.samples[6].point.has_value());
}

// Two beads whose shadows meet in one view are one detection there: it is no certain sighting of
// either, and both are seen again behind it.
BOOST_AUTO_TEST_CASE(merged_shadows_are_ambiguous) {
    auto sequence = test::bead_sequence({.bodies = 1, .frames = 8, .seed = 3});
    // A layout whose beads 0 and 1 stand one behind the other in view 0 at frame 4.
    const drr::Rigid3& pose = sequence.poses[0][4];
    const Eigen::Vector3d ray =
        sequence.views[0].ray_in_world(sequence.views[0].project(pose * sequence.layouts[0][0]));
    sequence.layouts[0][1] = pose.inverse() * (pose * sequence.layouts[0][0] + 8.0 * ray);
    for (std::size_t f = 0; f < 8; ++f)
        for (std::size_t view = 0; view < 2; ++view)
            for (std::size_t d = 0; d < sequence.frames[f][view].size(); ++d)
                if (sequence.truth[f][view][d] == 1)
                    sequence.frames[f][view][d].pixel =
                        sequence.views[view].project(sequence.poses[0][f] * sequence.layouts[0][1]);
    auto& seen = sequence.frames[4][0];
    auto& truth = sequence.truth[4][0];
    const auto second = std::find(truth.begin(), truth.end(), 1) - truth.begin();
    seen.erase(seen.begin() + second);
    truth.erase(truth.begin() + second);

    const TrackResult result = track_beads(sequence.views, sequence.frames);
    BOOST_REQUIRE(result.beads.size() == 6U);
    BOOST_TEST(test::score(sequence, result).wrong == 0U);
    std::size_t claimed = 0;
    for (const BeadTrack& bead : result.beads) {
        const std::size_t detection = bead.samples[4].detection[0];
        if (detection == no_detection || truth[detection] > 1) continue;
        ++claimed;
        BOOST_TEST(bead.samples[4].ambiguous[0]);
        BOOST_TEST(!bead.samples[4].point.has_value());
    }
    BOOST_TEST(claimed <= 1U);
}

// A cluster that looks the same after half a turn, and turns that much between two frames: which
// bead is which cannot be known, and is not claimed.
BOOST_AUTO_TEST_CASE(a_symmetric_cluster_is_not_guessed) {
    auto sequence = test::bead_sequence({.bodies = 1, .beads = 4, .frames = 1});
    const std::vector<Eigen::Vector3d> square = {
        {8.0, 0.0, 0.0}, {0.0, 5.0, 0.0}, {-8.0, 0.0, 0.0}, {0.0, -5.0, 0.0}};
    sequence.frames.assign(1, {});
    for (std::size_t view = 0; view < 2; ++view)
        for (const Eigen::Vector3d& bead : square)
            sequence.frames[0][view].push_back(
                {sequence.views[view].project(sequence.poses[0][0] * bead),
                 0.01 * Eigen::Matrix2d::Identity()});
    const std::vector<BeadLayout> known = {{"square", {"1", "2", "3", "4"}, square}};
    const TrackResult result = track_beads(sequence.views, sequence.frames, known);
    BOOST_TEST(result.certain == 0U);
}

BOOST_AUTO_TEST_CASE(clutter_alone_is_no_body) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const auto sequence =
            test::bead_sequence({.frames = 10, .missing = 1.0, .false_rate = 1.0, .seed = seed});
        const TrackResult result = track_beads(sequence.views, sequence.frames);
        BOOST_TEST(result.bodies.empty(), "seed " << seed << ": " << result.summary);
    }
}

BOOST_AUTO_TEST_CASE(bad_input_is_refused) {
    auto sequence = test::bead_sequence({.frames = 2});
    BOOST_CHECK_THROW((void)track_beads(sequence.views, {}), drr::Error);
    const std::vector<BeadLayout> two = {{"two", {"1", "2"}, {{0, 0, 0}, {1, 0, 0}}}};
    BOOST_CHECK_THROW((void)track_beads(sequence.views, sequence.frames, two), drr::Error);
    BOOST_CHECK_THROW((void)track_beads(sequence.views, sequence.frames, {}, {.max_sigma = 0.0}),
                      drr::Error);
    sequence.frames[1][0][2].covariance_px2.setZero();
    BOOST_CHECK_THROW((void)track_beads(sequence.views, sequence.frames), drr::Error);
    sequence.frames[1][0][2].covariance_px2.setIdentity();
    sequence.frames[1][0][2].pixel.x() = std::numeric_limits<double>::quiet_NaN();
    BOOST_CHECK_THROW((void)track_beads(sequence.views, sequence.frames), drr::Error);
}
