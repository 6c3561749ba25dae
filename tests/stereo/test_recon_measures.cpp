#include "test.hpp"
#include "two_view_scene.hpp"

#include <drr/core/error.hpp>
#include <stereo/recon/crossing_lines.hpp>
#include <stereo/recon/precision.hpp>
#include <stereo/recon/reconstruction_error.hpp>
#include <stereo/recon/triangulate.hpp>

using namespace stereo;
using test::TwoViewScene;

constexpr std::array methods = {TriangulationMethod::maximum_likelihood,
                                TriangulationMethod::optimal_two_view, TriangulationMethod::dlt,
                                TriangulationMethod::midpoint};

BOOST_AUTO_TEST_CASE(every_method_is_exact_without_noise) {
    for (const double angle : {3.0, 30.0, 90.0}) {
        const TwoViewScene scene(angle, 20, 60.0, Eigen::Matrix2d::Identity(), 1);
        for (const TriangulationMethod method : methods)
            for (std::size_t i = 0; i < scene.a.size(); ++i) {
                const Triangulation t =
                    triangulate(scene.views, std::array{scene.a[i], scene.b[i]}, {method});
                BOOST_TEST(t.ok);
                // rounding of 1e-13 in 1e3 px, over the small angle
                BOOST_TEST((t.point_in_world_mm - scene.points_mm[i]).norm() < 1e-7);
            }
    }
}

// Two roads to one optimum.
BOOST_AUTO_TEST_CASE(optimal_two_view_is_the_maximum_of_likelihood) {
    const Eigen::Matrix2d slanted = (Eigen::Matrix2d() << 4.0, 1.5, 1.5, 1.0).finished();
    const TwoViewScene scene(20.0, 30, 60.0, slanted, 2);
    drr::Rng rng({.seed = 3});
    for (std::size_t i = 0; i < scene.a.size(); ++i) {
        const std::array pixels{test::noisy(scene.a[i], rng), test::noisy(scene.b[i], rng)};
        const Triangulation one = triangulate(scene.views, pixels);
        const Triangulation other =
            triangulate(scene.views, pixels, {TriangulationMethod::optimal_two_view});
        BOOST_TEST((one.point_in_world_mm - other.point_in_world_mm).norm() < 1e-6);
        const Triangulation midpoint =
            triangulate(scene.views, pixels, {TriangulationMethod::midpoint});
        BOOST_TEST(2.0 * midpoint.ray_distance_rms_mm ==
                       std::abs(crossing_lines(scene.views[0], scene.views[1], pixels[0], pixels[1])
                                    .distance_mm),
                   boost::test_tools::tolerance(1e-6));
    }
}

BOOST_AUTO_TEST_CASE(methods_have_names_and_limits) {
    for (const TriangulationMethod method : methods)
        BOOST_TEST((triangulation_method(name_of(method)) == method));
    BOOST_TEST(!triangulation_method("DLT").has_value());
    const TwoViewScene scene(20.0, 1, 60.0, Eigen::Matrix2d::Identity(), 4);
    const std::array views{scene.views[0], scene.views[1], scene.views[0]};
    BOOST_CHECK_THROW((void)triangulate(views, std::array{scene.a[0], scene.b[0], scene.a[0]},
                                        {TriangulationMethod::optimal_two_view}),
                      drr::Error);
    const auto parallel = test::views_at(0.0);
    BOOST_TEST(!crossing_lines(parallel[0], parallel[1], scene.a[0], scene.a[0]).ok);
}

// Four points 3 mm from the x axis: the nearest line is that axis.
BOOST_AUTO_TEST_CASE(condition_number_and_mean_error_of_known_points) {
    const std::vector<Eigen::Vector3d> points = {
        {-20.0, 3.0, 0.0}, {20.0, -3.0, 0.0}, {-20.0, -3.0, 0.0}, {20.0, 3.0, 0.0}};
    const RigidFit fit = fit_rigid(points, points);
    BOOST_TEST(fit.ok);
    BOOST_TEST(fit.condition_number_per_mm == 1.0 / 6.0, boost::test_tools::tolerance(1e-12));
    std::vector<Eigen::Vector3d> moved = points;
    for (std::size_t i = 0; i < 4; ++i)  // a warp that no motion follows
        moved[i].z() += i < 2 ? 0.1 : -0.1;
    const RigidFit warped = fit_rigid(points, moved);
    BOOST_TEST(warped.mean_error_mm == 0.1, boost::test_tools::tolerance(1e-3));
    BOOST_TEST(warped.rms_mm == 0.1, boost::test_tools::tolerance(1e-3));
    BOOST_CHECK_THROW((void)fit_rigid(points, points, {.weighted = true}), drr::Error);
}

BOOST_AUTO_TEST_CASE(a_scale_error_shows_in_what_alignment_leaves) {
    const TwoViewScene scene(20.0, 20, 60.0, Eigen::Matrix2d::Identity(), 5);
    const drr::Rigid3 motion(drr::rotation_from_vector({0.1, 0.2, 0.3}), {1.0, 2.0, 3.0});
    std::vector<Eigen::Vector3d> found;
    for (const Eigen::Vector3d& point : scene.points_mm)
        found.emplace_back(motion * Eigen::Vector3d(1.01 * point));
    const ReconstructionError error = reconstruction_error(found, scene.points_mm);
    BOOST_TEST(error.ok);
    BOOST_TEST(error.absolute.rms_length_mm > error.after_rigid.rms_length_mm);
    BOOST_TEST(error.after_rigid.rms_length_mm > 0.3);
    BOOST_TEST(error.after_similarity.rms_length_mm < 1e-10);
    BOOST_TEST(error.similarity.scale == 1.0 / 1.01, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(
        !reconstruction_error(std::span(found).first(2), std::span(scene.points_mm).first(2)).ok);
}

BOOST_AUTO_TEST_CASE(precision_of_known_examinations) {
    const auto vector = [](double x) { return Eigen::VectorXd::Constant(1, x); };
    const std::vector<Eigen::VectorXd> first = {vector(0.0), vector(1.0), vector(2.0)};
    const std::vector<Eigen::VectorXd> second = {vector(1.0), vector(4.0), vector(4.0)};
    const RepeatedExaminations r = repeated_examinations(first, second);  // differences 1, 3, 2
    BOOST_TEST(r.ok);
    BOOST_TEST(r.mean_difference[0] == 2.0);
    BOOST_TEST(r.sd_difference[0] == 1.0);
    BOOST_TEST(r.sd_single[0] == std::sqrt(0.5), boost::test_tools::tolerance(1e-12));
    BOOST_TEST(r.limit_95[0] == 1.96, boost::test_tools::tolerance(1e-4));
    BOOST_TEST(r.relative_error == 0.5);
    BOOST_TEST(!repeated_examinations(std::span(first).first(1), std::span(second).first(1)).ok);
}

BOOST_AUTO_TEST_CASE(inter_marker_distances_of_known_frames) {
    using Frame = std::vector<std::optional<Eigen::Vector3d>>;
    const auto at = [](double x) { return Eigen::Vector3d(x, 0.0, 0.0); };
    const std::vector<Frame> frames = {{at(0.0), at(10.0), at(30.0)},
                                       {at(5.0), at(15.2), std::nullopt},
                                       {at(0.0), at(10.1), at(30.1)}};
    const InterMarkerDistances d = inter_marker_distances(frames);
    BOOST_REQUIRE(d.pairs.size() == 3U);
    BOOST_TEST(d.pairs[0].frames == 3U);
    BOOST_TEST(d.pairs[0].mean_mm == 10.1, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(d.pairs[0].sd_mm == 0.1, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(d.pairs[1].frames == 2U);
    BOOST_TEST(d.pairs[1].sd_mm == 0.1 / std::sqrt(2.0), boost::test_tools::tolerance(1e-9));
    // 0.02, 0.005 and 0 over 2 + 1 + 1 degrees of freedom.
    BOOST_TEST(d.pooled_sd_mm == std::sqrt(0.025 / 4.0), boost::test_tools::tolerance(1e-9));
    BOOST_CHECK_THROW((void)inter_marker_distances(std::vector<Frame>{frames[0], Frame(2)}),
                      drr::Error);
}
