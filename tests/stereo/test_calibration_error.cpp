// The one model of calibration errors: what it claims beside what points are off by, with views
// that are wrong by their covariance, and with smooth errors of each image that nobody claims.

#include "test.hpp"
#include "two_view_scene.hpp"

#include <drr/core/error.hpp>
#include <stereo/recon/calibration_error.hpp>
#include <stereo/recon/triangulate.hpp>

#include <fmt/format.h>

#include <cmath>
#include <numbers>

using namespace stereo;
using test::TwoViewScene;

namespace {

const int samples = test::trials(100);
const Eigen::Matrix2d noise_px2 = (Eigen::Matrix2d() << 0.0064, 0.0030, 0.0030, 0.0025).finished();

/// Errors of points, in all samples.
struct Errors {
    double squares_mm2 = 0.0;
    double chi2 = 0.0;  ///< by the claimed covariances
    double count = 0.0;

    void add(const Eigen::Vector3d& error_mm, const Eigen::Matrix3d& covariance_mm2) {
        squares_mm2 += error_mm.squaredNorm();
        chi2 += error_mm.dot(covariance_mm2.inverse() * error_mm);
        count += 1.0;
    }
    [[nodiscard]] double rms_mm() const { return std::sqrt(squares_mm2 / count); }
    [[nodiscard]] double chi2_per_coordinate() const { return chi2 / (3.0 * count); }
};

Eigen::Matrix3d total_mm2(const Triangulation& point, const CalibrationError& error) {
    const Eigen::Vector3d& at = point.point_in_world_mm;
    return point.covariance_mm2 +
           point.by_pixels * error.covariance_px2(at) * point.by_pixels.transpose();
}

std::vector<PixelPair> noisy_pairs(const TwoViewScene& scene, drr::Rng& rng) {
    std::vector<PixelPair> pairs;
    for (std::size_t i = 0; i < scene.a.size(); ++i) {
        const MeasuredPixel a = test::noisy(scene.a[i], rng);
        pairs.push_back({a, test::noisy(scene.b[i], rng)});
    }
    return pairs;
}

/// Triangulates with and without the model.
void add_points(const std::array<drr::CalibratedView, 2>& views, const TwoViewScene& truth,
                const std::vector<PixelPair>& pairs, const CalibrationError& error, Errors& without,
                Errors& with) {
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const Triangulation near = triangulate(views, pairs[i]);
        BOOST_REQUIRE(near.ok);
        without.add(near.point_in_world_mm - truth.points_mm[i], near.covariance_mm2);
        const Triangulation point =
            triangulate(views, error.corrected(pairs[i], near.point_in_world_mm));
        with.add(point.point_in_world_mm - truth.points_mm[i], total_mm2(point, error));
    }
}

// The second view turned and shifted.
drr::CalibratedView moved(drr::CalibratedView view, const Eigen::VectorXd& p) {
    view.view_from_world.rotation =
        drr::rotation_from_vector(p.head<3>()) * view.view_from_world.rotation;
    view.view_from_world.translation_mm += p.tail<3>();
    return view;
}

const Eigen::VectorXd claimed_sd =
    (Eigen::VectorXd(6) << 2e-4, 2e-4, 4e-4, 0.2, 0.2, 0.5).finished();  // rad, mm

CalibrationClaim claim_of(const drr::CalibratedView& view) {
    return {[view](const Eigen::Vector3d& point) {
                Eigen::MatrixXd d = Eigen::MatrixXd::Zero(4, 6);
                for (Eigen::Index k = 0; k < 6; ++k) {
                    const Eigen::VectorXd step = 0.1 * claimed_sd[k] * Eigen::VectorXd::Unit(6, k);
                    d.block<2, 1>(2, k) =
                        (moved(view, step).project(point) - moved(view, -step).project(point)) /
                        (0.2 * claimed_sd[k]);
                }
                return d;
            },
            claimed_sd.cwiseAbs2().asDiagonal()};
}

Eigen::VectorXd normal_vector(Eigen::Index size, drr::Rng& rng) {
    Eigen::VectorXd values(size);
    for (double& value : values)
        value = rng.normal();
    return values;
}

// chi2 of points that share errors scatters more than that of independent ones: 100 samples of a
// calibration know their mean to some 8 %, and 15 % are allowed (12 points share few numbers).
constexpr double chi2_limit = 0.15;

}  // namespace

BOOST_AUTO_TEST_CASE(exact_views_have_no_error_to_speak_of) {
    drr::Rng rng({.seed = 31});
    const TwoViewScene scene(40.0, 150, 60.0, noise_px2, 32);
    const CalibrationError error(scene.views, noisy_pairs(scene, rng));
    // 150 distances of 0.07 px know their common part to 0.07 / sqrt(150), of neighbours to less.
    BOOST_TEST(error.unclaimed().field_sd_px < 0.02);
    const double noise =
        std::sqrt(std::pow(error.unclaimed().detection_factor, 2) * 0.5 * noise_px2.trace() +
                  std::pow(error.unclaimed().local_sd_px, 2));
    // 1 / sqrt(2 * 150) is 6 %.
    BOOST_TEST(std::abs(noise / std::sqrt(0.5 * noise_px2.trace()) - 1.0) < 0.2);
}

BOOST_AUTO_TEST_CASE(no_matches_leave_the_views_exact) {
    const auto views = test::views_at(40.0);
    const CalibrationError error(views, {});
    BOOST_TEST(error.total_sd_px() == 0.0);
    BOOST_TEST(error.mean_px(Eigen::Vector3d::Zero()).norm() == 0.0);
    BOOST_TEST(error.covariance_px2(Eigen::Vector3d(0.0, 0.0, 0.0)).norm() == 0.0);
    BOOST_CHECK_THROW(CalibrationError(views, {}, {.claim = {}, .max_pairs = 0}), drr::Error);
}

// Views that are wrong by what their covariance says: the points' claims hold, and matches mend
// what they see of it.
BOOST_AUTO_TEST_CASE(claims_of_a_calibration_with_a_covariance_hold) {
    for (const int count : {12, 60}) {
        drr::Rng rng({.seed = 33});
        Errors without, with;
        for (int s = 0; s < samples; ++s) {
            const TwoViewScene scene(40.0, count, 60.0, noise_px2,
                                     static_cast<std::uint64_t>(1000 + s));
            auto views = scene.views;
            views[1] = moved(views[1], claimed_sd.cwiseProduct(normal_vector(6, rng)));
            const auto pairs = noisy_pairs(scene, rng);
            const CalibrationError error(views, pairs, {.claim = claim_of(views[1])});
            add_points(views, scene, pairs, error, without, with);
        }
        fmt::print(
            "views wrong by their covariance, {} matches: RMS {:.3f} mm without the model, "
            "{:.3f} mm with it, chi2 {:.2f}\n",
            count, without.rms_mm(), with.rms_mm(), with.chi2_per_coordinate());
        BOOST_TEST(with.rms_mm() < without.rms_mm());
        BOOST_TEST(std::abs(with.chi2_per_coordinate() - 1.0) < chi2_limit);
    }
}

// Images that are off by smooth fields of 0.4 px that nobody claims.
BOOST_AUTO_TEST_CASE(smooth_errors_are_found_by_epipolar_distances) {
    // A wave of random phase in each coordinate of each image, and its length.
    constexpr double amplitude_px = 0.4;
    constexpr double wave_px = 1500.0;
    drr::Rng rng({.seed = 34});
    Errors without, with;
    double field = 0.0;
    for (int s = 0; s < samples; ++s) {
        const TwoViewScene scene(40.0, 60, 60.0, noise_px2, static_cast<std::uint64_t>(2000 + s));
        auto pairs = noisy_pairs(scene, rng);
        for (std::size_t view = 0; view < 2; ++view)
            for (Eigen::Index axis = 0; axis < 2; ++axis) {
                const double phase = rng.uniform(0.0, 2.0 * std::numbers::pi);
                const double turn = rng.uniform(0.0, 2.0 * std::numbers::pi);
                const Eigen::Vector2d wave(std::cos(turn), std::sin(turn));
                for (PixelPair& pair : pairs)
                    pair[view].pixel[axis] +=
                        std::sqrt(2.0) * amplitude_px *
                        std::sin(2.0 * std::numbers::pi / wave_px * wave.dot(pair[view].pixel) +
                                 phase);
            }
        const CalibrationError error(scene.views, pairs);
        field += error.unclaimed().field_sd_px / samples;
        add_points(scene.views, scene, pairs, error, without, with);
    }
    fmt::print(
        "smooth errors of {} px: {:.3f} px found, RMS {:.3f} mm without the model, {:.3f} "
        "mm with it, chi2 {:.2f} and {:.2f}\n",
        amplitude_px, field, without.rms_mm(), with.rms_mm(), without.chi2_per_coordinate(),
        with.chi2_per_coordinate());
    BOOST_TEST(with.rms_mm() < without.rms_mm());
    BOOST_TEST(without.chi2_per_coordinate() > 4.0);
    // The wave is no Gaussian process, its length and size are estimated from one draw.
    BOOST_TEST(std::abs(with.chi2_per_coordinate() - 1.0) < 0.35);
}

// Neighbours that miss their lines by the same keep their distances, however unequal the
// detections.
BOOST_AUTO_TEST_CASE(neighbours_share_an_error) {
    constexpr double off_px = 0.7;
    drr::Rng rng({.seed = 35});
    TwoViewScene scene(60.0, 12, 5.0, 0.01 * 0.01 * Eigen::Matrix2d::Identity(), 36);
    std::vector<PixelPair> pairs = noisy_pairs(scene, rng);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        pairs[i][1].pixel.y() += off_px;
        // What the detections claim is large and uneven, and mostly not so.
        pairs[i][i % 2].covariance_px2 *= 400.0;
    }
    const CalibrationError error(scene.views, pairs);
    double plain = 0.0, shared = 0.0;
    for (std::size_t i = 0; i < pairs.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const double truth = (scene.points_mm[i] - scene.points_mm[j]).norm();
            const auto at = [&](std::size_t k) {
                return triangulate(scene.views, pairs[k]).point_in_world_mm;
            };
            const auto corrected = [&](std::size_t k) {
                return triangulate(scene.views, error.corrected(pairs[k], at(k))).point_in_world_mm;
            };
            plain += std::pow((at(i) - at(j)).norm() - truth, 2);
            shared += std::pow((corrected(i) - corrected(j)).norm() - truth, 2);
        }
    BOOST_TEST(std::sqrt(shared / plain) < 0.3);
}
