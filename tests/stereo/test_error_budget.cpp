#include "test.hpp"

#include <stereo/study/error_budget.hpp>

#include <cmath>
#include <numbers>

using namespace stereo;

namespace {

// All effects on a quarter of the pixels, with few poses.
ExperimentSpec small_realistic() {
    ExperimentSpec spec =
        read_experiment(test::phantoms() / "../examples/experiments/realistic.yaml");
    spec.rig.width_px = 512;
    spec.rig.height_px = 512;
    spec.rig.pixel_pitch_mm.setConstant(0.5);
    spec.rig.stereo_angle_rad = 30.0 * std::numbers::pi / 180.0;
    spec.poses.calibration = 3;
    spec.poses.held_out = 1;
    spec.imaging.radiograph.focal_spot.samples = 3;
    return spec;
}

}  // namespace

BOOST_AUTO_TEST_CASE(steps_add_the_effects_of_the_experiment_one_by_one) {
    const ExperimentSpec spec = small_realistic();
    const auto steps = budget_steps(spec);
    const char* const expected[] = {"bare beads, ideal image",
                                    "quantum noise",
                                    "bricks and bodies",
                                    "spectrum of the tube",
                                    "focal spot",
                                    "heel effect",
                                    "scatter",
                                    "point spread of the detector",
                                    "gains and dead pixels",
                                    "electronic noise",
                                    "bit depth and saturation",
                                    "errors of building"};
    BOOST_REQUIRE(steps.size() == std::size(expected));
    for (std::size_t i = 0; i < steps.size(); ++i)
        BOOST_TEST(steps[i].effect == expected[i]);
    BOOST_TEST(experiment_yaml(steps.back().spec) == experiment_yaml(spec));
    for (std::size_t i = 1; i < steps.size(); ++i)
        BOOST_TEST(experiment_yaml(steps[i].spec) != experiment_yaml(steps[i - 1].spec));
}

BOOST_AUTO_TEST_CASE(effects_that_are_off_have_no_step) {
    ExperimentSpec spec = small_realistic();
    spec.bodies = false;
    spec.as_built = {};
    spec.imaging.radiograph.heel.reset();
    spec.imaging.radiograph.quantum_noise = false;
    for (const auto& step : budget_steps(spec))
        for (const char* const off :
             {"bricks and bodies", "heel effect", "quantum noise", "errors of building"})
            BOOST_TEST(step.effect != off);
}

BOOST_AUTO_TEST_CASE(added_errors_are_differences_of_squares) {
    BOOST_TEST(std::abs(added_rms(3.0, 5.0) - 4.0) < 1e-15);
    BOOST_TEST(std::abs(added_rms(5.0, 3.0) + 4.0) < 1e-15);
    BOOST_TEST(added_rms(2.0, 2.0) == 0.0);
}

BOOST_AUTO_TEST_CASE(a_budget_ends_with_the_experiment_itself) {
    ExperimentSpec spec = small_realistic();
    const ErrorBudget budget = error_budget(spec);
    for (const BudgetRow& row : budget.rows)
        BOOST_TEST(row.ok, row.effect << ": " << row.summary);
    const auto row_of = [&](const std::string& effect) -> const BudgetRow& {
        for (const BudgetRow& row : budget.rows)
            if (row.effect == effect) return row;
        BOOST_FAIL("no row " + effect);
        return budget.rows.front();
    };
    // What was kept between steps changes nothing.
    const ValidationResult whole = validate_experiment(spec);
    BOOST_TEST(budget.rows.back().localization.sigma_px == whole.localization.sigma_px);
    BOOST_TEST(budget.rows.back().aligned.depth_rms_mm() == whole.aligned.depth_rms_mm());
    // Without noise and texture what is left is the detector's own error and the projector's.
    BOOST_TEST(budget.rows.front().localization.sigma_px < 0.01);
    BOOST_TEST(row_of("bit depth and saturation").localization.sigma_px >
               1.2 * row_of("quantum noise").localization.sigma_px);
    // LEGO that is 0.2 % small makes everything 0.2 % large: images stay as they are, distances in
    // three dimensions do not.
    const BudgetRow& built = row_of("errors of building");
    const BudgetRow& designed = row_of("bit depth and saturation");
    BOOST_TEST(built.localization.sigma_px < 1.2 * designed.localization.sigma_px);
    BOOST_TEST(built.aligned.lateral_rms_mm() > 3.0 * designed.aligned.lateral_rms_mm());

    const std::string page = error_budget_html(budget);
    BOOST_TEST(page.find("errors of building") != std::string::npos);
    BOOST_TEST(page.find("<svg") != std::string::npos);
    BOOST_TEST(error_budget_json(budget).find("\"effect\": \"focal spot\"") != std::string::npos);
}
