#include "test.hpp"
#include "two_view_scene.hpp"

#include <drr/core/error.hpp>
#include <stereo/recon/epipolar_comparison.hpp>
#include <stereo/recon/fundamental_model.hpp>
#include <stereo/recon/match_correction.hpp>

#include <Eigen/SVD>

using namespace stereo;
using test::TwoViewScene;

namespace {

const Eigen::Matrix2d slanted = (Eigen::Matrix2d() << 0.04, 0.015, 0.015, 0.01).finished();
const Eigen::Matrix2d unit = Eigen::Matrix2d::Identity();

}  // namespace

BOOST_AUTO_TEST_CASE(a_corrected_match_is_exact_and_the_nearest) {
    drr::Rng rng({.seed = 1});
    for (const double angle : {3.0, 30.0, 90.0}) {
        const TwoViewScene scene(angle, 20, 60.0, slanted * 25.0, 2);
        const Eigen::Matrix3d f = 7.0 * fundamental_from_views(scene.views[0], scene.views[1]);
        for (std::size_t i = 0; i < scene.a.size(); ++i) {
            const MeasuredPixel a = test::noisy(scene.a[i], rng);
            const MeasuredPixel b = test::noisy(scene.b[i], rng);
            const CorrectedMatch match = correct_match(f, a, b);
            BOOST_TEST(match.converged);
            BOOST_TEST(std::abs(sampson_distance_px(f, match.a, match.b)) < 1e-9);  // rounding
            // What was moved is in the metric along the gradient of the constraint there: the
            // condition of Lagrange, so that no exact match nearby is nearer.
            const Eigen::Vector3d of_a = f.transpose() * match.b.homogeneous();
            const Eigen::Vector3d of_b = f * match.a.homogeneous();
            Eigen::Vector4d moved;
            moved << a.covariance_px2.inverse() * (a.pixel - match.a),
                b.covariance_px2.inverse() * (b.pixel - match.b);
            Eigen::Vector4d gradient;
            gradient << of_a.head<2>(), of_b.head<2>();
            BOOST_TEST(
                (moved.normalized() - gradient.normalized() * std::copysign(1.0, match.distance))
                    .norm() < 1e-7);
            BOOST_TEST(std::abs((moved.head<2>().dot(a.pixel - match.a) +
                                 moved.tail<2>().dot(b.pixel - match.b)) -
                                match.distance * match.distance) < 1e-9);
            // Derivative by one entry of F, against a difference.
            Eigen::Matrix3d step = Eigen::Matrix3d::Zero();
            step(1, 2) = 1e-7 * f.norm();
            const double difference =
                (correct_match(f + step, a, b).distance - correct_match(f - step, a, b).distance) /
                2.0;
            const double predicted = match.by_fundamental.cwiseProduct(step).sum();
            BOOST_TEST(std::abs(difference - predicted) < 1e-6 * std::abs(predicted) + 1e-9);
        }
    }
}

BOOST_AUTO_TEST_CASE(both_costs_find_the_exact_matrix) {
    const TwoViewScene scene(20.0, 30, 60.0, unit, 3);
    const Eigen::Matrix3d truth = fundamental_from_views(scene.views[0], scene.views[1]);
    Eigen::Matrix3d start = truth;
    start(0, 2) *= 1.01;
    const PixelPairs volume =
        volume_in_views(scene.views[0], scene.views[1],
                        {Eigen::Vector3d::Constant(-50.0), Eigen::Vector3d::Constant(50.0), 4});
    BOOST_TEST(volume.a.size() == 64U);
    BOOST_TEST(compare_fundamentals(truth, -3.0 * truth, volume).max_px < 1e-9);
    for (const auto cost : {FundamentalCost::gold_standard, FundamentalCost::sampson}) {
        const FundamentalFit fit = fit_fundamental(start, scene.a, scene.b, {.cost = cost});
        BOOST_REQUIRE(fit.ok);
        BOOST_TEST(compare_fundamentals(truth, fit.fundamental, volume).max_px < 1e-6);
    }
}

BOOST_AUTO_TEST_CASE(the_covariance_of_the_entries_has_rank_seven) {
    drr::Rng rng({.seed = 4});
    const TwoViewScene scene(30.0, 40, 60.0, 0.01 * unit, 4);
    const FundamentalFit fit =
        fit_fundamental(fundamental_from_views(scene.views[0], scene.views[1]),
                        test::noisy(scene.a, rng), test::noisy(scene.b, rng));
    BOOST_REQUIRE(fit.ok);
    BOOST_TEST(fit.root.cols() == 7);
    // Columns of one length, since entries and directions differ by orders of magnitude.
    const Eigen::MatrixXd scaled = fit.root.rowwise().norm().cwiseInverse().asDiagonal() * fit.root;
    const Eigen::JacobiSVD<Eigen::MatrixXd> svd(scaled);
    BOOST_TEST(svd.singularValues()[6] > 0.0);
    // No change of the norm, and none of the determinant to first order.
    for (Eigen::Index k = 0; k < 7; ++k) {
        const Eigen::Matrix<double, 9, 1> entries = fit.root.col(k);
        const Eigen::Matrix<double, 3, 3, Eigen::RowMajor> change =
            Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(entries.data());
        BOOST_TEST(std::abs(change.cwiseProduct(fit.fundamental).sum()) < 1e-12);
        const Eigen::JacobiSVD<Eigen::Matrix3d> f(fit.fundamental,
                                                  Eigen::ComputeFullU | Eigen::ComputeFullV);
        BOOST_TEST(std::abs(f.matrixU().col(2).dot(change * f.matrixV().col(2))) <
                   1e-10 * change.norm());
    }
}

BOOST_AUTO_TEST_CASE(a_narrow_cone_is_recognized_as_affine_and_a_wide_one_is_not) {
    const auto chosen = [](double half_edge_mm, double noise_px, int count) {
        drr::Rng rng({.seed = 5});
        const TwoViewScene scene(6.0, count, half_edge_mm, noise_px * noise_px * unit, 5);
        return choose_fundamental_model(fundamental_from_views(scene.views[0], scene.views[1]),
                                        test::noisy(scene.a, rng), test::noisy(scene.b, rng),
                                        {.noise_known = true});
    };
    const FundamentalModelChoice narrow = chosen(5.0, 0.2, 40);
    BOOST_REQUIRE(narrow.ok);
    BOOST_TEST(narrow.affine_is_enough);
    BOOST_TEST(narrow.likelihood_ratio >= -1e-6);
    const Epipole far = epipole_in_b(narrow.full, {511.5, 511.5});
    BOOST_TEST(!far.is_finite());
    // Epipolar lines run along the rows of this rig.
    const Epipole parallel = epipole_in_b(narrow.affine, {511.5, 511.5});
    BOOST_TEST(std::abs(parallel.inverse_distance_per_px) < 1e-15);
    BOOST_TEST(std::abs(parallel.direction_rad) < 4.0 * parallel.direction_sd_rad);
    const FundamentalModelChoice wide = chosen(80.0, 0.05, 60);
    BOOST_REQUIRE(wide.ok);
    BOOST_TEST(!wide.affine_is_enough);
    BOOST_TEST(wide.p_value < 1e-6);
    BOOST_TEST(wide.of_full.aic < wide.of_affine.aic);
    BOOST_TEST(wide.of_full.gric < wide.of_affine.gric);
    BOOST_TEST(epipole_in_b(wide.full, {511.5, 511.5}).is_finite());
}

BOOST_AUTO_TEST_CASE(what_does_not_determine_a_matrix_is_said) {
    const TwoViewScene scene(30.0, 7, 60.0, unit, 6);
    const Eigen::Matrix3d f = fundamental_from_views(scene.views[0], scene.views[1]);
    BOOST_TEST(!fit_fundamental(f, scene.a, scene.b).ok);
    const std::vector<MeasuredPixel> same(20);
    BOOST_TEST(!fit_fundamental(f, same, same).ok);
    BOOST_TEST(!fit_affine_fundamental(same, same).ok);
    BOOST_CHECK_THROW((void)fit_fundamental(f, scene.a, std::span(scene.b).first(3)), drr::Error);
    // Points of one plane leave two parameters open.
    std::vector<MeasuredPixel> a;
    std::vector<MeasuredPixel> b;
    drr::Rng rng({.seed = 7});
    for (int i = 0; i < 30; ++i) {
        const Eigen::Vector3d p(rng.uniform(-50.0, 50.0), 3.0, rng.uniform(-50.0, 50.0));
        a.push_back({scene.views[0].project(p), unit});
        b.push_back({scene.views[1].project(p), unit});
    }
    BOOST_TEST(!fit_fundamental(f, a, b).ok);
}

BOOST_AUTO_TEST_CASE(statistics_of_known_distances) {
    std::vector<double> distances;
    for (int i = 0; i <= 100; ++i)
        distances.push_back(-0.02 * i);
    const EpipolarStatistics s = distance_statistics(distances);
    BOOST_TEST(s.median_px == 1.0, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(s.percentile_95_px == 1.9, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(s.max_px == 2.0);
    BOOST_TEST(s.above_1_px == 50U);
}
