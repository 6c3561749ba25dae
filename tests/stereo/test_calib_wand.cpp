// A wand that is moved through the volume tells the scale, with the standard deviation that its
// length and its images leave.
#include "calibration_case.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <stereo/calib/uncertainty.hpp>

#include <algorithm>
#include <cmath>

using namespace drr;
using namespace stereo;
using test::calibration_case;
using test::CalibrationCase;

namespace {

constexpr double noise_px = 0.05;
constexpr double true_scale = 1.004;  // of the phantom over its design
constexpr double relative_sd = 2e-5;  // 2 micrometres on 100 mm

// The rig and phantom of the other tests, the phantom larger than its design, and a wand in frames
// of its own.
CalibrationCase wand_case(const std::vector<Eigen::Vector3d>& beads_mm, int frames,
                          double true_wand) {
    CalibrationCase c = calibration_case({.angle_deg = 40.0, .poses = 5});
    for (auto& marker : c.observations.markers_in_phantom_mm)
        marker /= true_scale;
    Wand& wand = c.observations.wand;
    wand.beads_mm = beads_mm;
    wand.relative_sd = relative_sd;
    wand.frame_count = frames;
    Rng rng({.seed = 31, .purpose = RngPurpose::poses});
    for (int frame = 0; frame < frames; ++frame) {
        const Rigid3 pose(
            rotation_from_vector(
                Eigen::Vector3d(rng.uniform(-2, 2), rng.uniform(-2, 2), rng.uniform(-2, 2))),
            Eigen::Vector3d(rng.uniform(-30, 30), rng.uniform(-40, 40), rng.uniform(-30, 30)));
        for (int view = 0; view < 2; ++view)
            for (std::size_t bead = 0; bead < beads_mm.size(); ++bead)
                wand.items.push_back({frame, view, static_cast<int>(bead),
                                      c.rig[static_cast<std::size_t>(view)].project(
                                          pose * (true_wand * beads_mm[bead])),
                                      noise_px});
    }
    for (auto& item : c.observations.items)
        item.sd_px = noise_px;
    return c;
}

void add_noise(CalibrationCase& c, Rng& rng) {
    c.add_noise(noise_px, rng);
    for (auto& item : c.observations.wand.items)
        item.pixel += noise_px * Eigen::Vector2d(rng.normal(), rng.normal());
}

const std::vector<Eigen::Vector3d> two_beads{{-50, 1, 0}, {50, 1, 0}};
const std::vector<Eigen::Vector3d> three_on_a_line{{-50, 0, 3}, {-10, 0, 3}, {50, 0, 3}};
const std::vector<Eigen::Vector3d> three{{-50, 0, 0}, {-10, 12, 0}, {50, 0, 0}};

double scale_sd(const Calibration& c) {
    const auto at = std::find(c.parameters.begin(), c.parameters.end(),
                              Parameter{ParameterKind::phantom_scale, 0, 0}) -
                    c.parameters.begin();
    return std::sqrt(c.covariance(at, at));
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_noise_a_wand_finds_the_size_of_the_phantom) {
    for (const auto& beads : {two_beads, three_on_a_line, three})
        for (const Procedure procedure : {Procedure::bundle, Procedure::bundle_phantom}) {
            const CalibrationCase c = wand_case(beads, 20, 1.0);
            const Calibration result = calibrate(procedure, c.observations);
            BOOST_TEST_REQUIRE(result.ok, result.summary);
            BOOST_TEST(std::abs(result.phantom_scale - true_scale) < 1e-7);
            BOOST_TEST(result.wand_frames == 20);
            BOOST_TEST(result.world_from_phantom.size() == 5U);
            BOOST_TEST(result.residuals_px.size() == c.observations.items.size());
            BOOST_TEST(result.covariance.rows() ==
                       static_cast<Eigen::Index>(result.parameters.size()));
            for (const auto& parameter : result.parameters)
                BOOST_TEST((parameter.kind < ParameterKind::pose_turn_rad || parameter.index < 5));
            const auto truth = c.truth();
            for (std::size_t v = 0; v < 2; ++v)
                BOOST_TEST(
                    (result.views[v].source_in_world_mm() - truth[v].source_in_world_mm()).norm() <
                    1e-3);
        }
}

// The scale's error over the claimed standard deviation, wands that are off by what their own
// standard deviation says.
BOOST_AUTO_TEST_CASE(the_scale_scatters_as_claimed) {
    const int trials = test::trials(60);
    for (const auto& beads : {two_beads, three}) {
        double scale = 0.0;
        double baseline = 0.0;
        double freedom = 0.0;
        double claimed = 0.0;
        for (int trial = 0; trial < trials; ++trial) {
            Rng rng({.seed = 32,
                     .trial = static_cast<std::uint32_t>(trial),
                     .purpose = RngPurpose::localization_noise});
            CalibrationCase c = wand_case(beads, 30, 1.0 + relative_sd * rng.normal());
            add_noise(c, rng);
            const Calibration result = calibrate(Procedure::bundle, c.observations);
            BOOST_TEST_REQUIRE(result.ok, result.summary);
            scale += std::pow((result.phantom_scale - true_scale) / scale_sd(result), 2.0);
            claimed += scale_sd(result) / trials;
            const auto truth = c.truth();
            const double error =
                (result.views[1].source_in_world_mm() - result.views[0].source_in_world_mm())
                    .norm() -
                (truth[1].source_in_world_mm() - truth[0].source_in_world_mm()).norm();
            baseline += std::pow(error / precision_of(result).baseline_mm, 2.0);
            freedom += result.sigma0 * result.sigma0;
        }
        const double limit = 4.0 * std::sqrt(2.0 / trials);
        BOOST_TEST_MESSAGE("scale " << scale / trials << ", baseline " << baseline / trials
                                    << " of the claimed variance; claimed sd of the scale "
                                    << claimed);
        BOOST_TEST(std::abs(scale / trials - 1.0) < limit);
        BOOST_TEST(std::abs(baseline / trials - 1.0) < limit);
        // The wand's length is one part of it, its images the other.
        BOOST_TEST(claimed > relative_sd);
        BOOST_TEST(claimed < 3.0 * relative_sd);
        // Some 1500 degrees of freedom each.
        BOOST_TEST(std::abs(freedom / trials - 1.0) < 4.0 * std::sqrt(2.0 / (1500.0 * trials)));
    }
}

// Noise that is independent has a length of 0 in half of all calibrations, and then the error bars
// are those of independent markers, with the sizes of phantom and wand adjusted as well.
BOOST_AUTO_TEST_CASE(error_models_agree_with_a_wand) {
    for (const auto& beads : {two_beads, three}) {
        int agree = 0;
        for (std::uint32_t trial = 0; trial < 8; ++trial) {
            Rng rng({.seed = 33, .trial = trial, .purpose = RngPurpose::localization_noise});
            CalibrationCase c = wand_case(beads, 20, 1.0);
            add_noise(c, rng);
            const Calibration correlated = calibrate(Procedure::bundle, c.observations,
                                                     {.errors = ErrorModel::correlated_neighbours});
            BOOST_TEST_REQUIRE(correlated.ok, correlated.summary);
            if (correlated.correlation_length_mm > 0.0) continue;
            ++agree;
            const Calibration independent = calibrate(Procedure::bundle, c.observations);
            BOOST_TEST((correlated.covariance - independent.covariance).norm() <
                       1e-6 * independent.covariance.norm());
            BOOST_TEST(std::abs(scale_sd(correlated) / scale_sd(independent) - 1.0) < 1e-6);
        }
        BOOST_TEST(agree > 0);
    }
}

BOOST_AUTO_TEST_CASE(frames_that_one_view_saw_and_wrong_procedures) {
    CalibrationCase c = wand_case(two_beads, 10, 1.0);
    std::erase_if(c.observations.wand.items,
                  [](const auto& item) { return item.pose < 4 && item.view == 1; });
    const Calibration result = calibrate(Procedure::bundle, c.observations);
    BOOST_TEST_REQUIRE(result.ok, result.summary);
    BOOST_TEST(result.wand_frames == 6);
    BOOST_CHECK_THROW((void)calibrate(Procedure::opencv, c.observations), Error);
    c.observations.wand.relative_sd = 0.0;
    BOOST_CHECK_THROW((void)calibrate(Procedure::bundle, c.observations), Error);
}
