#include "identify_cases.hpp"
#include "joint_namings.hpp"
#include "test.hpp"

#include <drr/core/parallel.hpp>
#include <drr/core/rng.hpp>

#include <Eigen/Cholesky>

using namespace stereo;

// The joint fit of identification, and what certain poses tell of the others.

namespace {

constexpr double place_sd_mm = 0.3;
constexpr double pixel_sd_px = 0.5;

// A phantom of 14 beads before two views at 60 degrees, all drawn from what the fit is told: focal
// lengths and turn from the prior, places and pixels from their covariances.
struct Scene {
    std::vector<drr::Pinhole> nominal{2};
    RigKnowledge knowledge;
    std::vector<MarkerPlace> places;
    std::vector<Eigen::Vector3d> built_mm;
    ViewRelations relations;
    drr::Rigid3 first_from_phantom;
    std::vector<Sighting> sightings;
};

Eigen::Vector3d normal3(drr::Rng& rng) {
    return {rng.normal(), rng.normal(), rng.normal()};
}

Scene draw_scene(std::uint64_t seed, double scatter) {
    drr::Rng rng({.seed = seed});
    Scene scene;
    constexpr double focal_sd = 0.05;
    constexpr double turn_sd = 0.03;
    auto& mean = scene.knowledge.mean;
    mean.log_focal = {0.0, 0.0};
    const Eigen::Quaterniond sixty_degrees =
        drr::rotation_from_vector({0.0, std::numbers::pi / 3.0, 0.0});
    mean.view_from_first.resize(2);
    mean.view_from_first[1] = drr::Rigid3(sixty_degrees, Eigen::Vector3d::Zero());
    scene.knowledge.information = Eigen::MatrixXd::Zero(8, 8);
    scene.knowledge.information(0, 0) = scene.knowledge.information(7, 7) =
        1.0 / (focal_sd * focal_sd);
    scene.knowledge.information.block<3, 3>(1, 1) =
        Eigen::Matrix3d::Identity() / (turn_sd * turn_sd);
    for (auto& pinhole : scene.nominal)
        pinhole = {.fx_px = 4800.0, .fy_px = 4800.0, .cx_px = 512.0, .cy_px = 512.0};
    scene.first_from_phantom =
        drr::Rigid3(drr::rotation_from_vector(normal3(rng)), Eigen::Vector3d(5.0, -8.0, 900.0));
    scene.relations.log_focal = {focal_sd * rng.normal(), focal_sd * rng.normal()};
    // About the phantom, which stays before both views.
    const Eigen::Quaterniond turn =
        drr::rotation_from_vector(turn_sd * normal3(rng)) * sixty_degrees;
    const Eigen::Vector3d middle = scene.first_from_phantom.translation_mm;
    scene.relations.view_from_first.resize(2);
    scene.relations.view_from_first[1] =
        drr::Rigid3(turn, Eigen::Vector3d(0.0, 0.0, 900.0) - turn * middle);
    for (std::size_t i = 0; i < 14; ++i) {
        const Eigen::Vector3d design(rng.uniform(-60, 60), rng.uniform(-60, 60),
                                     rng.uniform(-60, 60));
        scene.places.push_back({design, place_sd_mm * place_sd_mm * Eigen::Matrix3d::Identity()});
        scene.built_mm.push_back(design + scatter * place_sd_mm * normal3(rng));
        for (std::size_t view = 0; view < 2; ++view) {
            drr::Pinhole pinhole = scene.nominal[view];
            pinhole.fx_px *= std::exp(scene.relations.log_focal[view]);
            pinhole.fy_px = pinhole.fx_px;
            const Eigen::Vector2d pixel =
                pinhole.project(scene.relations.view_from_first[view] *
                                (scene.first_from_phantom * scene.built_mm[i])) +
                scatter * pixel_sd_px * Eigen::Vector2d(rng.normal(), rng.normal());
            scene.sightings.push_back({i, 0, view, i, pixel, pixel_sd_px});
        }
    }
    return scene;
}

JointFit fit(const Scene& scene) {
    ViewRelations start = scene.relations;
    start.log_focal = {0.0, 0.0};
    const drr::Rigid3 pose(
        drr::rotation_from_vector({0.02, -0.03, 0.02}) * scene.first_from_phantom.rotation,
        scene.first_from_phantom.translation_mm + Eigen::Vector3d(1.0, -1.0, 10.0));
    return fit_jointly(scene.sightings, scene.places, scene.nominal, scene.knowledge, start,
                       {pose});
}

}  // namespace

BOOST_AUTO_TEST_CASE(sightings_without_errors_are_explained) {
    Scene scene = draw_scene(1, 0.0);
    scene.knowledge.mean = scene.relations;  // else the prior pulls
    const JointFit result = fit(scene);
    // The fit ends when the likelihood gains less than 1e-3: a thirtieth of a standard deviation.
    for (const auto& block : result.blocks)
        BOOST_TEST(block.residual_px.norm() < 0.1);
    BOOST_TEST(std::abs(result.relations.log_focal[1] - scene.relations.log_focal[1]) < 1e-2);
}

// Truths drawn from the prior and errors from the covariances: the squared errors in standard
// deviations add up to the number of parameters that the prior or the data hold, here all, and
// those of the residuals to what is left.
BOOST_AUTO_TEST_CASE(the_covariance_is_honest_and_so_is_the_likelihood) {
    constexpr int cases = 150;
    double of_focals = 0.0;
    double of_residuals = 0.0;
    double of_places = 0.0;
    for (int i = 0; i < cases; ++i) {
        const Scene scene = draw_scene(100 + static_cast<std::uint64_t>(i), 1.0);
        const JointFit result = fit(scene);
        BOOST_REQUIRE(std::isfinite(result.log_likelihood));
        const Eigen::Vector2d off(result.relations.log_focal[0] - scene.relations.log_focal[0],
                                  result.relations.log_focal[1] - scene.relations.log_focal[1]);
        const std::vector<Eigen::Index> focals{0, 7};
        const Eigen::Matrix2d covariance = result.covariance(focals, focals);
        of_focals += off.dot(covariance.inverse() * off);
        for (const auto& block : result.blocks)
            of_residuals += block.residual_px.dot(block.covariance.llt().solve(block.residual_px));
        const MarkerPlace after = place_after(result, result.blocks[0], scene.places[0]);
        const Eigen::Vector3d error = after.mean_mm - scene.built_mm[0];
        of_places += error.dot(after.covariance_mm2.inverse() * error);
    }
    // Means of chi-squared with 2, 56 - 14 to 56 - 9 and 3 degrees of freedom, within four
    // standard deviations, sqrt(2 n / cases) each.
    BOOST_TEST(std::abs(of_focals / cases - 2.0) < 4.0 * std::sqrt(4.0 / cases));
    BOOST_TEST(of_residuals / cases > 42.0 - 4.0 * std::sqrt(84.0 / cases));
    BOOST_TEST(of_residuals / cases < 47.0 + 4.0 * std::sqrt(94.0 / cases));
    BOOST_TEST(std::abs(of_places / cases - 3.0) < 4.0 * std::sqrt(6.0 / cases));
}

// The fit once more, without a bead, against what the deletion formulas make of the fit with it.
BOOST_AUTO_TEST_CASE(a_fit_without_a_bead_is_told_by_the_fit_with_it) {
    Scene scene = draw_scene(8, 1.0);
    const JointFit with = fit(scene);
    for (std::size_t marker = 0; marker < scene.places.size(); ++marker) {
        const MarkerBlock& block = with.blocks[marker];
        const ReducedFit told =
            fit_without(with.covariance, block.residual_px, block.jacobian, block.covariance);
        Scene without = scene;
        std::erase_if(without.sightings, [&](const Sighting& s) { return s.marker == marker; });
        const JointFit is = fit(without);
        const double sd = std::sqrt(is.covariance(0, 0));
        const double shift = is.relations.log_focal[0] - with.relations.log_focal[0];
        // Both fits end a thirtieth of a standard deviation from their best, and are of a model
        // that is not linear.
        BOOST_TEST(std::abs(shift - told.shift[0]) < 0.1 * sd);
        BOOST_TEST(std::abs(std::log(told.covariance.trace() / is.covariance.trace())) < 0.1);
        BOOST_TEST(told.covariance.trace() > with.covariance.trace());
    }
}

BOOST_AUTO_TEST_CASE(an_interchange_of_two_beads_costs_likelihood) {
    Scene scene = draw_scene(7, 1.0);
    const double right = fit(scene).log_likelihood;
    for (std::size_t view = 0; view < 2; ++view)
        std::swap(scene.sightings[view].pixel, scene.sightings[2 + view].pixel);
    BOOST_TEST(fit(scene).log_likelihood < right - 25.0);  // beyond any certainty asked for
}

BOOST_AUTO_TEST_CASE(a_pose_that_shows_no_references_is_named_by_the_others) {
    const test::IdentifyPhantom cube =
        test::read_identify_phantom(test::phantoms() / "small_lego_cube.yaml");
    constexpr int poses = 4;
    test::IdentifyCase stack = test::make_case(cube, 2, {.missing = 0.1}, poses);
    // The last pose: its images without the blobs that show a reference.
    const std::size_t views = stack.nominal.size();
    for (std::size_t image = views * (poses - 1); image < views * poses; ++image)
        for (std::size_t blob = stack.truth[image].size(); blob-- > 0;)
            if (std::any_of(stack.truth[image][blob].begin(), stack.truth[image][blob].end(),
                            [](int marker) { return marker >= 64; })) {
                stack.truth[image].erase(stack.truth[image].begin() + static_cast<long>(blob));
                auto& centers = stack.blobs[image].centers_px;
                centers.erase(centers.begin() + static_cast<long>(blob));
            }
    const std::span<const ViewBlobs> blobs(stack.blobs);
    const auto alone = [&](std::size_t pose) {
        return identify_markers(blobs.subspan(pose * views, views), stack.design, stack.nominal,
                                stack.options);
    };
    BOOST_TEST(alone(0).ok);
    BOOST_TEST(!alone(poses - 1).ok);
    const auto together = identify_poses(stack.blobs, stack.design, stack.nominal, stack.options);
    BOOST_TEST(together[poses - 1].ok, together[poses - 1].summary);
    // As told by one thread, one by one.
    const drr::ThreadLimit one_thread(1);
    std::vector<std::size_t> steps;
    const auto in_turn = identify_poses(stack.blobs, stack.design, stack.nominal, stack.options,
                                        [&](std::string_view, std::size_t done, std::size_t total) {
                                            BOOST_TEST(total == static_cast<std::size_t>(poses));
                                            steps.push_back(done);
                                        });
    BOOST_TEST(steps == (std::vector<std::size_t>{1, 2, 3, 4}), boost::test_tools::per_element());
    for (std::size_t pose = 0; pose < poses; ++pose) {
        BOOST_TEST(in_turn[pose].summary == together[pose].summary);
        BOOST_TEST(in_turn[pose].probability == together[pose].probability);
        for (std::size_t v = 0; v < views; ++v)
            BOOST_TEST(
                in_turn[pose].views[v].marker_of_blob == together[pose].views[v].marker_of_blob,
                boost::test_tools::per_element());
    }
    const auto score = score_case(test::pose_of(stack, poses - 1), together[poses - 1]);
    BOOST_TEST(score.wrong == 0);
    BOOST_TEST(score.unambiguous_named > 40);
}
