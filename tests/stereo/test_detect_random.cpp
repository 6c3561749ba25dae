#include "bead_scene.hpp"
#include "test.hpp"

#include <stereo/detect/bead_detector.hpp>

#include <array>
#include <cmath>
#include <cstdio>

using namespace stereo;

// Random scenes: all balls are found and nothing else, with the size told and with it unknown.
BOOST_AUTO_TEST_CASE(random_scenes_show_their_beads_and_no_others) {
    constexpr std::array<int, 10> sides = {256, 320, 400, 512, 640, 768, 1024, 1400, 2048, 4096};
    int balls = 0;
    std::printf(
        "  px  bits  bright  radius  transmission  balls  lost/false   unknown: lost/false\n");
    for (std::size_t trial = 0; trial < sides.size(); ++trial) {
        drr::Rng rng({.seed = 77,
                      .trial = static_cast<std::uint32_t>(trial),
                      .purpose = drr::RngPurpose::test});
        test::BeadScene scene;
        scene.width = sides[trial];
        scene.height = static_cast<int>(std::lround(scene.width * rng.uniform(0.7, 1.0)));
        scene.bits = 8 + static_cast<int>(rng.uniform(0.0, 8.999));
        scene.inverted = rng.uniform(0.0, 1.0) < 0.4;
        scene.photons = std::exp(rng.uniform(std::log(2000.0), std::log(30000.0)));
        scene.blur = rng.uniform(0.5, 0.9);
        const double radius = rng.uniform(3.0, std::min(20.0, scene.height / 30.0));
        const double attenuation = rng.uniform(0.5, 4.0);
        const int a_side = std::min(8, static_cast<int>(scene.height / (5.0 * radius)));
        scene.balls = test::scattered_balls(scene.width, scene.height, a_side, radius, attenuation,
                                            1000 + trial);
        if (trial % 3 == 1)
            scene.background = test::brick_wall(rng.uniform(6.0, 9.0) * radius, 0.06);
        if (trial % 3 == 2) scene.background = test::bones(radius);
        const drr::Image<float> image = test::rendered(scene, trial);
        BeadDetectorOptions options;
        options.dark = !scene.inverted;
        if (scene.inverted) options.black_grey = std::pow(2.0, scene.bits) - 1.0;
        std::array<test::DetectionScore, 2> scores;
        for (std::size_t k = 0; k < 2; ++k) {
            // A guess that is wrong by up to 20 %.
            options.diameter_px = k == 0 ? 2.0 * radius * rng.uniform(0.8, 1.2) : 0.0;
            const BeadDetectorResult result = detect_beads(image, options);
            scores[k] = test::score(scene.balls, result);
            BOOST_TEST(scores[k].lost == 0, "trial " << trial << ": " << result.summary);
            BOOST_TEST(scores[k].false_ones == 0, "trial " << trial << ": " << result.summary);
        }
        std::printf("%4d  %4d  %6s  %6.1f  %12.2f  %5zu  %d/%d  %d/%d\n", scene.width, scene.bits,
                    scene.inverted ? "yes" : "no", radius, std::exp(-attenuation),
                    scene.balls.size(), scores[0].lost, scores[0].false_ones, scores[1].lost,
                    scores[1].false_ones);
        balls += static_cast<int>(scene.balls.size());
    }
    BOOST_TEST(balls > 200);
}
