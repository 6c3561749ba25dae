#include "test.hpp"

#include <drr/core/file_io.hpp>
#include <drr/core/parallel.hpp>
#include <drr/imaging/image_io.hpp>
#include <stereo/study/case_folder.hpp>
#include <stereo/study/summary_json.hpp>
#include <stereo/study/validation.hpp>

#include <numbers>

using namespace stereo;

namespace {

// The default experiment on a quarter of the pixels and with fewer poses.
ExperimentSpec small_experiment(double angle_deg) {
    ExperimentSpec spec = default_experiment();
    spec.rig.width_px = 512;
    spec.rig.height_px = 512;
    spec.rig.pixel_pitch_mm.setConstant(0.5);
    spec.rig.stereo_angle_rad = angle_deg * std::numbers::pi / 180.0;
    spec.poses.calibration = 5;
    spec.poses.held_out = 2;
    return spec;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_whole_chain_finds_the_truth) {
    // Reached on the full image: 0.03 mm laterally, 0.12 mm in depth at 6 degrees, 0.04 mm beyond.
    // Half the resolution and half the poses may cost a factor of two.
    for (const auto& [angle_deg, depth_limit_mm] :
         {std::pair{6.0, 0.24}, {30.0, 0.08}, {90.0, 0.08}}) {
        const ValidationResult r = validate_experiment(small_experiment(angle_deg));
        BOOST_REQUIRE_MESSAGE(r.ok, r.summary);
        for (const auto& identity : r.identities)
            BOOST_TEST(identity.ok, identity.summary);
        BOOST_TEST(r.aligned.lateral_rms_mm() < 0.06);
        BOOST_TEST(r.aligned.depth_rms_mm() < depth_limit_mm);
        BOOST_TEST(r.aligned.lateral_rms_mm() < 2.0 * r.predicted_aligned.lateral_rms_mm());
        BOOST_TEST(r.aligned.depth_rms_mm() < 2.0 * r.predicted_aligned.depth_rms_mm());
        BOOST_TEST(!r.epipolar.warning);
        BOOST_TEST(r.epipolar.ransac.ok);
        BOOST_TEST(r.epipolar.difference_rms_px < 0.1);
        // No bead was given another's name: a wrong one would be off by tens of pixels.
        BOOST_TEST(r.localization.max_px < 1.0);
    }
}

// A pose of the default experiment's seed 2 was once named one layer of the lattice off, 217 px.
BOOST_AUTO_TEST_CASE(no_view_is_named_a_layer_off) {
    ExperimentSpec spec = default_experiment();
    spec.seed = 2;
    const ValidationResult r = validate_experiment(spec);
    BOOST_REQUIRE_MESSAGE(r.ok, r.summary);
    BOOST_TEST(r.localization.max_px < 1.0);
}

BOOST_AUTO_TEST_CASE(same_seed_same_bytes_whatever_the_threads) {
    std::string summaries[2];
    std::string images[2];
    for (int threads : {1, 2}) {
        const drr::ThreadLimit limit(threads);
        const ValidationResult r = validate_experiment(small_experiment(30.0));
        summaries[threads - 1] = summary_json(r);
        drr::Image<float> grey(r.first_pose_images[1].width(), r.first_pose_images[1].height());
        std::copy(r.first_pose_images[1].pixels().begin(), r.first_pose_images[1].pixels().end(),
                  grey.pixels().begin());
        images[threads - 1] = drr::encode_png(drr::to_8_bits(grey, 0.0F, 65535.0F));
    }
    BOOST_TEST((summaries[0] == summaries[1]));
    BOOST_TEST((images[0] == images[1]));
    ExperimentSpec other = small_experiment(30.0);
    other.seed = 2;
    BOOST_TEST((summary_json(validate_experiment(other)) != summaries[0]));
}

BOOST_AUTO_TEST_CASE(a_case_folder_can_be_calibrated_from) {
    const test::TemporaryFolder folder;
    const ExperimentSpec spec = small_experiment(6.0);
    drr::make_folder(folder.path() / "images");
    ValidationHooks hooks;
    hooks.image = [&](int pose, int view, const drr::Image<std::uint16_t>& image) {
        drr::write_grey_image(folder.path() / case_image_name(pose, view), image);
    };
    const ValidationResult r = validate_experiment(spec, hooks);
    write_case_folder(folder.path(), r);
    for (const char* name :
         {"nominal.json", "truth.json", "phantom.csv", "observations.csv", "experiment.yaml",
          "small_lego_cube.yaml", "images/pose00_view0.png", "images/pose06_view1.png"})
        BOOST_TEST(std::filesystem::is_regular_file(folder.path() / name), name);
    // The experiment that lies in the case is the one that made it.
    BOOST_TEST(experiment_yaml(read_experiment(folder.path() / "experiment.yaml")) ==
               experiment_yaml(spec));
    const drr::GreyImage image = drr::read_grey_image(folder.path() / case_image_name(0, 0));
    BOOST_TEST(image.bits == 16);
    BOOST_TEST(image.pixels(100, 100) == static_cast<float>(r.first_pose_images[0](100, 100)));
}

BOOST_AUTO_TEST_CASE(a_failure_is_a_result_that_says_why) {
    ExperimentSpec starved = small_experiment(6.0);
    starved.imaging.radiograph.photons_per_pixel = 0.05;  // no bead can be seen
    const ValidationResult dark = validate_experiment(starved);
    BOOST_TEST(!dark.ok);
    BOOST_TEST(dark.summary.find("the calibration failed") != std::string::npos, dark.summary);

    ExperimentSpec no_references = small_experiment(6.0);
    no_references.phantom.references.clear();
    const ValidationResult ambiguous = validate_experiment(no_references);
    BOOST_TEST(!ambiguous.ok);
    BOOST_TEST(ambiguous.summary.find("ambiguous: 24 namings") != std::string::npos,
               ambiguous.summary);
    // A page for each of these must still be possible.
    BOOST_TEST(summary_json(ambiguous).find("ambiguous: 24 namings") != std::string::npos);
}
