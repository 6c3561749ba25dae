// The synchronization offset of two views from beads of a moving cluster.
#include "test.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <stereo/recon/sync_offset.hpp>

#include <cmath>
#include <numbers>

using namespace drr;
using namespace stereo;

namespace {

constexpr double noise_px = 0.1;

struct Motion {
    double offset_frames = 0.0;
    std::size_t frames = 60;
    double period_frames = 40.0;
    Eigen::Vector3d sway_mm = {20.0, 15.0, 25.0};
    double gap_share = 0.1;
    bool from_along_rows = false;  ///< whether it moves along epipolar lines only
};

StereoViews rig_of(double angle_deg) {
    StereoRigSpec spec;
    spec.stereo_angle_rad = angle_deg * degree;
    return make_stereo_rig(spec);
}

// A cluster of six beads that swings, turns and is lost now and then.
std::vector<BeadSightings> sightings(const StereoViews& rig, const Motion& motion, Rng& rng) {
    const std::array<Eigen::Vector3d, 6> cluster{
        Eigen::Vector3d(-12, 0, 5), Eigen::Vector3d(10, -8, 0), Eigen::Vector3d(0, 14, -9),
        Eigen::Vector3d(6, 4, 12),  Eigen::Vector3d(-8, 9, -4), Eigen::Vector3d(3, -11, 8)};
    const auto place = [&](const Eigen::Vector3d& bead, double frame) {
        const double phase = 2.0 * std::numbers::pi * frame / motion.period_frames;
        const Eigen::Vector3d turn(0.3 * std::sin(phase), 0.2 * std::cos(1.3 * phase), 0.0);
        const Eigen::Vector3d shift = motion.sway_mm.cwiseProduct(
            Eigen::Vector3d(std::sin(phase), std::sin(1.7 * phase), std::cos(phase)));
        if (motion.from_along_rows) return Eigen::Vector3d(bead + shift);
        return Eigen::Vector3d(rotation_from_vector(turn) * bead + shift);
    };
    std::vector<BeadSightings> beads;
    for (const auto& bead : cluster) {
        BeadSightings& seen = beads.emplace_back();
        for (std::size_t v = 0; v < 2; ++v)
            for (std::size_t f = 0; f < motion.frames; ++f) {
                const double time = static_cast<double>(f) + (v == 1 ? motion.offset_frames : 0.0);
                const Eigen::Vector2d pixel =
                    rig[v].calibrated().project(place(bead, time)) +
                    noise_px * Eigen::Vector2d(rng.normal(), rng.normal());
                const bool lost = rng.uniform() < motion.gap_share;
                seen[v].push_back(
                    lost ? std::nullopt
                         : std::optional(MeasuredPixel{
                               pixel, noise_px * noise_px * Eigen::Matrix2d::Identity()}));
            }
    }
    return beads;
}

SyncOffset estimate(double angle_deg, const Motion& motion, std::uint32_t trial = 0) {
    const StereoViews rig = rig_of(angle_deg);
    Rng rng({.seed = 11, .trial = trial, .purpose = RngPurpose::localization_noise});
    return estimate_sync_offset(rig[0].calibrated(), rig[1].calibrated(),
                                sightings(rig, motion, rng));
}

}  // namespace

BOOST_AUTO_TEST_CASE(offsets_come_out_within_their_error_bars) {
    for (const double angle : {30.0, 90.0}) {
        constexpr std::uint32_t trials = 40;
        double squares = 0.0;
        double mean = 0.0;
        int within_two = 0;
        for (std::uint32_t trial = 0; trial < trials; ++trial) {
            const double truth = 0.09 * trial - 1.7;
            const SyncOffset found = estimate(angle, {.offset_frames = truth}, trial);
            BOOST_REQUIRE(found.ok);
            const double z = (found.offset_frames - truth) / found.sd_frames;
            BOOST_TEST(std::abs(z) < 4.0, "trial " << trial << ": " << z);
            squares += z * z;
            mean += z / trials;
            within_two += std::abs(z) < 1.96 ? 1 : 0;
            BOOST_TEST(std::abs(found.sigma0 - 1.0) < 0.15, "S " << trial << " " << found.summary
                                                                 << " dof "
                                                                 << found.degrees_of_freedom);
            BOOST_TEST(found.sd_frames < 0.02);
        }
        // 4 standard errors of a mean square, a mean and a share of 95 %.
        BOOST_TEST(std::abs(squares / trials - 1.0) < 4.0 * std::sqrt(2.0 / trials));
        BOOST_TEST(std::abs(mean) < 4.0 / std::sqrt(trials));
        BOOST_TEST(within_two > trials * (0.95 - 4.0 * std::sqrt(0.0475 / trials)));
        BOOST_TEST_MESSAGE(angle << " degrees: RMS " << std::sqrt(squares / trials) << ", mean "
                                 << mean << ", " << within_two << " of " << trials
                                 << " within 1.96");
    }
}

BOOST_AUTO_TEST_CASE(knots_follow_the_motion) {
    const SyncOffset slow = estimate(60.0, {.offset_frames = 0.4, .period_frames = 120.0});
    const SyncOffset quick = estimate(60.0, {.offset_frames = 0.4, .period_frames = 12.0});
    BOOST_REQUIRE((slow.ok && quick.ok));
    BOOST_TEST(slow.knot_spacing_frames > quick.knot_spacing_frames);
    BOOST_TEST(std::abs(slow.offset_frames - 0.4) < 4.0 * slow.sd_frames);
    BOOST_TEST(std::abs(quick.offset_frames - 0.4) < 4.0 * quick.sd_frames);
    BOOST_TEST(quick.rms_without_px > 2.0 * quick.rms_px);
}

BOOST_AUTO_TEST_CASE(views_in_step_are_said_to_be_so) {
    const SyncOffset found = estimate(60.0, {});
    BOOST_REQUIRE(found.ok);
    BOOST_TEST(std::abs(found.offset_frames) < 4.0 * found.sd_frames);
    BOOST_TEST(std::abs(found.rms_without_px / found.rms_px - 1.0) < 0.02);
}

BOOST_AUTO_TEST_CASE(what_tells_nothing_is_said) {
    // At rest, where splines find some movement in noise as well.
    for (std::uint32_t trial = 0; trial < 20; ++trial) {
        const SyncOffset still =
            estimate(60.0, {.sway_mm = Eigen::Vector3d::Zero(), .from_along_rows = true}, trial);
        BOOST_TEST(!still.ok, "trial " << trial << ": " << still.summary);
        BOOST_TEST(!still.summary.empty());
    }
    // Seen by one view only.
    const StereoViews rig = rig_of(60.0);
    Rng rng({.seed = 1});
    auto beads = sightings(rig, {}, rng);
    for (auto& bead : beads)
        for (auto& sighting : bead[1])
            sighting.reset();
    const SyncOffset blind = estimate_sync_offset(rig[0].calibrated(), rig[1].calibrated(), beads);
    BOOST_TEST(!blind.ok);
    BOOST_TEST(blind.summary == "no bead is seen by both views");
    beads[0][1].pop_back();
    BOOST_CHECK_THROW((void)estimate_sync_offset(rig[0].calibrated(), rig[1].calibrated(), beads),
                      Error);
    SyncOptions options;
    options.knot_spacings_frames = {0.5};
    BOOST_CHECK_THROW(options.validate(), Error);
}
