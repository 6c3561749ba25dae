#include "test.hpp"
#include "two_view_scene.hpp"

#include <drr/core/error.hpp>
#include <stereo/recon/epipolar.hpp>
#include <stereo/recon/guided_match.hpp>
#include <stereo/recon/rectify.hpp>

#include <cmath>

using namespace stereo;
using test::TwoViewScene;

BOOST_AUTO_TEST_CASE(rectified_rows_are_epipolar_lines) {
    for (const double angle : {3.0, 40.0}) {
        const TwoViewScene scene(angle, 30, 60.0, Eigen::Matrix2d::Identity(), 1);
        for (const bool swapped : {false, true}) {
            const auto& one = scene.views[swapped ? 1 : 0];
            const auto& other = scene.views[swapped ? 0 : 1];
            const RectifiedPair pair = rectify(one, other);
            for (const Eigen::Vector3d& point : scene.points_mm) {
                const Eigen::Vector2d a = pair.views[0].project(point);
                const Eigen::Vector2d b = pair.views[1].project(point);
                BOOST_TEST(std::abs(a.y() - b.y()) < 1e-8);
                // The homography carries pixels where the turned view images the point.
                const Eigen::Vector3d moved =
                    pair.rectified_from_pixel[0] * one.project(point).homogeneous();
                BOOST_TEST((moved.hnormalized() - a).norm() < 1e-8);
            }
        }
    }
    const auto views = test::views_at(0.0);
    BOOST_CHECK_THROW((void)rectify(views[0], views[1]), drr::Error);
}

BOOST_AUTO_TEST_CASE(a_shifted_texture_is_found_to_sub_pixel_and_smooth_parts_are_refused) {
    // Blobs in the left half, nothing in the right one; the second image is shifted by 5.3 px.
    const auto texture = [](double x, double y) {
        double value = 0.0;
        drr::Rng rng({.seed = 2});
        for (int i = 0; i < 60; ++i) {
            const double cx = rng.uniform(10.0, 90.0);
            const double cy = rng.uniform(10.0, 90.0);
            const double height = rng.uniform(-1.0, 1.0);
            value +=
                height * std::exp(-0.5 * (std::pow(x - cx, 2.0) + std::pow(y - cy, 2.0)) / 9.0);
        }
        return static_cast<float>(value);
    };
    constexpr double shift = 5.3;
    drr::Image<float> a(200, 100);
    drr::Image<float> b(200, 100);
    for (int y = 0; y < 100; ++y)
        for (int x = 0; x < 200; ++x) {
            a(x, y) = texture(x, y);
            b(x, y) = texture(x - shift, y);
        }
    std::vector<Eigen::Vector2d> points;
    for (int x = 30; x <= 75; x += 15)
        points.emplace_back(x, 50.0);
    points.emplace_back(160.0, 50.0);
    const auto matches =
        guided_matches(a, b, points, {.min_disparity_px = -16, .max_disparity_px = 16});
    for (std::size_t i = 0; i < 4; ++i) {
        BOOST_TEST(matches[i].ok);
        // A parabola pulls a third of a pixel towards the whole one (Shimizu & Okutomi, "Sub-pixel
        // estimation error cancellation on area-based matching", IJCV 2005): 0.06 px here.
        BOOST_TEST(std::abs(matches[i].b.x() - matches[i].a.x() - shift) < 0.1);
    }
    BOOST_TEST(!matches[4].ok);
}
