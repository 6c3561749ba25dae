#include "bead_scene.hpp"
#include "test.hpp"

#include <drr/core/parallel.hpp>
#include <stereo/detect/bead_detector.hpp>
#include <stereo/detect/image_condition.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace stereo;
using test::BeadScene;
using test::DetectionScore;

namespace {

// Nine balls with room between them.
BeadScene nine_balls(double radius = 6.0) {
    BeadScene scene;
    scene.balls = test::scattered_balls(scene.width, scene.height, 3, radius, 3.0, 5);
    return scene;
}

void all_found(const BeadScene& scene, const BeadDetectorOptions& options,
               const std::string& what) {
    const BeadDetectorResult result = detect_beads(test::rendered(scene, 11), options);
    const DetectionScore s = test::score(scene.balls, result);
    BOOST_TEST(s.lost == 0, what << ": " << result.summary);
    BOOST_TEST(s.false_ones == 0, what << ": " << result.summary);
    // A tenth of what a bead's edge is blurred by; noise moves these centres by 0.01 px.
    BOOST_TEST(s.max_error_px < 0.1, what << ": " << s.max_error_px);
}

bool in_circle(double x, double y) {
    return std::hypot(x - 128.0, y - 128.0) < 120.0;
}

bool in_hexagon(double x, double y) {
    const double u = std::abs(x - 128.0);
    const double v = std::abs(y - 128.0);
    return v < 104.0 && 0.866 * u + 0.5 * v < 104.0;
}

}  // namespace

BOOST_AUTO_TEST_CASE(beads_are_found_over_every_background) {
    for (const double diameter : {12.0, 0.0}) {
        const std::string known = diameter > 0.0 ? "known" : "unknown";
        BeadScene scene = nine_balls();
        all_found(scene, {.diameter_px = diameter}, "plain, size " + known);
        scene.background = test::brick_wall(42.0, 0.12);
        all_found(scene, {.diameter_px = diameter}, "bricks, size " + known);
        scene.background = test::bones(6.0);
        all_found(scene, {.diameter_px = diameter}, "bone, size " + known);
        scene.background = [](double x, double y) { return 0.3 + 0.7 * x * y / 65025.0; };
        all_found(scene, {.diameter_px = diameter}, "sloped, size " + known);
    }
}

BOOST_AUTO_TEST_CASE(sizes_are_estimated) {
    for (const double radius : {2.5, 4.0, 8.0, 12.0}) {
        BeadScene scene = nine_balls(radius);
        scene.background = test::brick_wall(42.0, 0.05);
        const BeadDetectorResult result = detect_beads(test::rendered(scene, 3));
        const DetectionScore s = test::score(scene.balls, result);
        BOOST_TEST(s.lost == 0, radius << ": " << result.summary);
        BOOST_TEST(s.false_ones == 0, radius << ": " << result.summary);
        // Small beads trade radius for blur.
        BOOST_TEST(std::abs(result.diameter_px / (2.0 * radius) - 1.0) < 0.15, radius);
    }
    // Without beads there is no size.
    BeadScene scene;
    scene.background = test::brick_wall(42.0, 0.05);
    BOOST_TEST(detect_beads(test::rendered(scene, 3)).beads.empty());
}

BOOST_AUTO_TEST_CASE(what_no_x_ray_reaches_has_no_beads_and_breaks_nothing) {
    for (const auto& [name, field] :
         {std::pair<std::string, bool (*)(double, double)>{"circle", in_circle},
          {"hexagon", in_hexagon}})
        for (const double outside : {0.0, 0.02, 0.1}) {
            BeadScene scene;
            scene.field = field;
            scene.outside = outside;
            // In the middle; cut by the border of the circle and of the hexagon; outside.
            scene.balls = {{{128.0, 120.0}, 6.0, 3.0}, {{90.3, 150.4}, 6.0, 3.0}};
            scene.background = test::brick_wall(42.0, 0.1);
            const std::string what = name + ", outside " + std::to_string(outside);
            const drr::Image<float> image = test::rendered(scene, 7);
            const BeadDetectorResult result = detect_beads(image, {.diameter_px = 12.0});
            const DetectionScore s = test::score(scene.balls, result);
            BOOST_TEST(s.lost == 0, what << ": " << result.summary);
            BOOST_TEST(s.false_ones == 0, what << ": " << result.summary);
            std::size_t inside = 0;
            for (int row = 0; row < 256; ++row)
                for (int column = 0; column < 256; ++column)
                    inside += field(column, row) ? 1 : 0;
            // The margin of 3 px all around, and a pixel of the search.
            BOOST_TEST(
                std::abs(result.irradiated_share - static_cast<double>(inside) / 65536.0) < 0.06,
                what << ": " << result.irradiated_share);
            BOOST_TEST(result.irradiated_share < static_cast<double>(inside) / 65536.0, what);
            // The same bead in a wholly irradiated image has about the same covariance.
            scene.field = [](double, double) { return true; };
            const BeadDetectorResult whole =
                detect_beads(test::rendered(scene, 7), {.diameter_px = 12.0});
            BOOST_TEST(whole.irradiated_share == 1.0);
            BOOST_REQUIRE(!whole.beads.empty());
            BOOST_REQUIRE(!result.beads.empty());
            const double ratio = result.beads.front().covariance_px2.trace() /
                                 whole.beads.front().covariance_px2.trace();
            BOOST_TEST(std::abs(std::log(ratio)) < std::log(1.5), what << ": " << ratio);
        }
}

BOOST_AUTO_TEST_CASE(beads_cut_by_the_field_are_flagged) {
    BeadScene scene;
    scene.field = in_circle;
    scene.balls = {{{128.0, 128.0}, 6.0, 3.0}, {{128.0, 13.0}, 6.0, 3.0}};
    const BeadDetectorResult result = detect_beads(test::rendered(scene, 7), {.diameter_px = 12.0});
    const DetectionScore s = test::score(scene.balls, result);
    BOOST_TEST(s.lost == 0, result.summary);
    BOOST_TEST(s.false_ones == 0, result.summary);
    for (const BeadDetection& bead : result.beads)
        BOOST_TEST(((bead.flags & bead_clipped) != 0U) == (bead.center_px.y() < 64.0),
                   bead.center_px.transpose());
}

BOOST_AUTO_TEST_CASE(bits_and_polarity_do_not_matter) {
    for (const int bits : {8, 10, 12, 14, 16})
        for (const bool inverted : {false, true}) {
            BeadScene scene = nine_balls();
            scene.background = test::brick_wall(42.0, 0.1);
            scene.bits = bits;
            scene.inverted = inverted;
            scene.photons = 3000.0;
            all_found(scene,
                      {.diameter_px = 12.0,
                       .dark = !inverted,
                       .black_grey = inverted ? std::pow(2.0, bits) - 1.0 : 0.0},
                      std::to_string(bits) + " bits" + (inverted ? ", inverted" : ""));
        }
}

BOOST_AUTO_TEST_CASE(touching_beads_in_a_row_are_told_apart) {
    BeadScene scene;
    for (int i = 0; i < 4; ++i)
        scene.balls.push_back({{80.0 + 15.0 * i, 100.0 + 3.0 * i}, 7.0, 3.0});
    const BeadDetectorResult result = detect_beads(test::rendered(scene, 2), {.diameter_px = 14.0});
    const DetectionScore s = test::score(scene.balls, result);
    BOOST_TEST(s.lost == 0, result.summary);
    BOOST_TEST(s.false_ones == 0, result.summary);
    for (const BeadDetection& bead : result.beads)
        BOOST_TEST((bead.flags & bead_overlapped) != 0U);
}

BOOST_AUTO_TEST_CASE(threads_do_not_change_the_result) {
    BeadScene scene = nine_balls();
    scene.background = test::brick_wall(42.0, 0.1);
    const drr::Image<float> image = test::rendered(scene, 2);
    const auto with_threads = [&](int threads) {
        const drr::ThreadLimit limit(threads);
        return detect_beads(image);
    };
    const BeadDetectorResult one = with_threads(1);
    const BeadDetectorResult two = with_threads(2);
    BOOST_REQUIRE(one.beads.size() == two.beads.size());
    for (std::size_t i = 0; i < one.beads.size(); ++i) {
        BOOST_TEST((one.beads[i].center_px == two.beads[i].center_px));
        BOOST_TEST((one.beads[i].covariance_px2 == two.beads[i].covariance_px2));
    }
    BOOST_TEST(one.summary == two.summary);
}

BOOST_AUTO_TEST_CASE(each_candidate_is_a_bead_or_refused_for_one_reason) {
    BeadScene scene = nine_balls();
    scene.background = test::bones(6.0);
    const BeadDetectorResult result = detect_beads(test::rendered(scene, 2), {.diameter_px = 12.0});
    int refused = 0;
    for (const int count : result.refusals())
        refused += count;
    BOOST_TEST(static_cast<std::size_t>(refused) == result.refused.size());
    BOOST_TEST(static_cast<std::size_t>(result.candidates) ==
               result.refused.size() + result.beads.size());
}

BOOST_AUTO_TEST_CASE(images_that_hold_no_beads_say_why) {
    const auto objection = [](const drr::Image<float>& image) {
        return examine_image(image).objection;
    };
    BOOST_TEST(objection(drr::Image<float>(64, 64, 37.0F)) == "blank: every pixel has grey 37");
    drr::Image<float> mask(64, 64, 0.0F);
    for (int row = 20; row < 40; ++row)
        for (int column = 20; column < 40; ++column)
            mask(column, row) = 255.0F;
    BOOST_TEST(objection(mask) == "no radiograph: 2 different greys, a mask or a drawing");
    BeadScene scene = nine_balls();
    drr::Image<float> image = test::rendered(scene, 2);
    BOOST_TEST(objection(image).empty());
    for (float& grey : image.pixels())
        grey = std::min(grey, 40000.0F);
    BOOST_TEST(objection(image).find("saturated: 9") == 0U, objection(image));
    // As a slice of CT: a bright body in the middle of nothing.
    drr::Image<float> slice = test::rendered(scene, 2);
    for (int row = 0; row < 256; ++row)
        for (int column = 0; column < 256; ++column)
            if (std::hypot(column - 128, row - 128) > 90.0) slice(column, row) = 0.0F;
    BOOST_TEST(objection(slice).find("mostly black: 6") == 0U, objection(slice));
    for (const drr::Image<float>* none : {&mask})
        BOOST_TEST(detect_beads(*none).beads.empty());
}
