// Do the error bars of the bundle hold? Calibrations of the same rig and poses from the projected
// truth with fresh Gaussian noise, so many of them at each angle: what the covariance claims
// against what the results scatter by. The table of docs/uncertainty.md:
//   STEREODRR_TRIALS=4000 build/ci/tests/stereo/test_calib_proof --log_level=message
#include "calibration_case.hpp"
#include "test.hpp"

#include <stereo/calib/uncertainty.hpp>
#include <stereo/recon/epipolar.hpp>
#include <stereo/recon/triangulate.hpp>

#include <Eigen/Eigenvalues>

#include <array>
#include <cmath>
#include <cstdio>
#include <string>

using namespace drr;
using namespace stereo;

namespace {

const int trials = test::trials(100);
constexpr double noise_px = 0.05;

// What a scatter of so many trials cannot tell from its expectation: of a standard deviation
// 1/sqrt(2 n), of a coverage sqrt(0.05 * 0.95 / n). The limits of the issue, 7 % and 1.5 %, are 9
// and 4.4 of these at 4000 trials; where there are fewer, 4 of them count.
const double sd_limit = std::max(0.07, 4.0 / std::sqrt(2.0 * trials));
const double coverage_limit = std::max(0.015, 4.0 * std::sqrt(0.05 * 0.95 / trials));

// Points of the working volume, rig frame.
const std::array<Eigen::Vector3d, 3> places_in_rig{
    Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(60, -40, 50), Eigen::Vector3d(-50, 70, -60)};

// A reported quantity of one or more dimensions, with what its region of 95 % is measured by.
struct Quantity {
    std::string name;
    int first = 0;
    int size = 1;
    double limit = 3.841;  // 95 % of chi-square
    int rank = 1;
};

// All of them in one vector: of the views, then points from noisy pixels.
const std::vector<Quantity> quantities{{"source of view 0, mm", 0, 3, 7.815, 3},
                                       {"source of view 1, mm", 3, 3, 7.815, 3},
                                       {"SDD of view 0, px", 6, 1},
                                       {"SDD of view 1, px", 7, 1},
                                       {"principal point of view 0, px", 8, 2, 5.991, 2},
                                       {"principal point of view 1, px", 10, 2, 5.991, 2},
                                       {"convergence angle, mrad", 12, 1},
                                       {"baseline, mm", 13, 1},
                                       {"F, in 1e-6", 14, 9, 14.067, 7},
                                       {"projected points, px", 23, 12, 21.026, 12},
                                       {"triangulated point 0, mm", 35, 3, 7.815, 3},
                                       {"triangulated point 1, mm", 38, 3, 7.815, 3},
                                       {"triangulated point 2, mm", 41, 3, 7.815, 3}};
constexpr int of_views = 35;
constexpr int all = 44;

using Places = std::vector<Eigen::Vector3d>;

Eigen::VectorXd of(std::span<const CalibratedView> views, const Places& places,
                   const Eigen::Matrix3d& true_fundamental) {
    Eigen::VectorXd values(of_views);
    for (int v = 0; v < 2; ++v) {
        const CalibratedView& view = views[static_cast<std::size_t>(v)];
        values.segment<3>(3 * v) = view.source_in_world_mm();
        values[6 + v] = view.pinhole.fx_px;
        values.segment<2>(8 + 2 * v) << view.pinhole.cx_px, view.pinhole.cy_px;
        for (std::size_t k = 0; k < places.size(); ++k)
            values.segment<2>(23 + 6 * v + 2 * static_cast<int>(k)) = view.project(places[k]);
    }
    values[12] = 1e3 * stereo_angle_rad(views[0], views[1]);
    values[13] = (views[1].source_in_world_mm() - views[0].source_in_world_mm()).norm();
    Eigen::Matrix3d f = fundamental_from_views(views[0], views[1]);
    if (f.cwiseProduct(true_fundamental).sum() < 0.0) f = -f;
    values.segment<9>(14) = 1e6 * f.reshaped();
    return values;
}

// e^T C^-1 e over the directions that C has.
double squared_length(const Eigen::MatrixXd& covariance, const Eigen::VectorXd& error, int rank) {
    const Eigen::VectorXd scale = covariance.diagonal().cwiseSqrt();
    const Eigen::VectorXd inverse = scale.cwiseInverse();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(inverse.asDiagonal() * covariance *
                                                                inverse.asDiagonal());
    const Eigen::VectorXd along = solver.eigenvectors().transpose() * error.cwiseQuotient(scale);
    return along.tail(rank).cwiseAbs2().cwiseQuotient(solver.eigenvalues().tail(rank)).sum();
}

struct Scatter {
    Eigen::VectorXd predicted = Eigen::VectorXd::Zero(all);  // mean variance claimed
    Eigen::VectorXd sampled = Eigen::VectorXd::Zero(all);    // mean squared error
    std::vector<int> covered = std::vector<int>(quantities.size(), 0);
    double parameters = 0.0;  // mean of e^T F e / count, F the Fisher information of the truth
};

Scatter scatter(double angle_deg) {
    const auto ideal = test::calibration_case({.angle_deg = angle_deg, .seed = 20});
    const auto truth = ideal.truth();
    Places places;
    for (const auto& place : places_in_rig)
        places.push_back(ideal.rig_from_phantom[0].inverse() * place);
    const Eigen::Matrix3d true_f = fundamental_from_views(truth[0], truth[1]);
    Eigen::VectorXd exact(all);
    exact.head(of_views) = of(truth, places, true_f);
    for (int k = 0; k < 3; ++k)
        exact.segment<3>(of_views + 3 * k) = places[static_cast<std::size_t>(k)];

    // The Cramer-Rao bound: the covariance at the truth, of the parameters and of what follows.
    CalibrationOptions options;
    options.noise = NoiseScale::declared;
    auto declared = ideal;
    for (auto& item : declared.observations.items)
        item.sd_px = noise_px;
    const Calibration at_truth = calibrate(Procedure::bundle, declared.observations, options);
    BOOST_REQUIRE(at_truth.ok);
    const Eigen::Index count = 18;
    const Eigen::MatrixXd fisher = at_truth.covariance.topLeftCorner(count, count).inverse().eval();

    Scatter result;
    for (int trial = 0; trial < trials; ++trial) {
        auto noisy = ideal;
        Rng rng({.seed = 21,
                 .trial = static_cast<std::uint32_t>(trial),
                 .purpose = RngPurpose::localization_noise});
        noisy.add_noise(noise_px, rng);
        const Calibration found = calibrate(Procedure::bundle, noisy.observations);
        BOOST_REQUIRE(found.ok);
        Eigen::VectorXd error(all);
        error.head(of_views) = of(found.views, places, true_f) - exact.head(of_views);
        Eigen::MatrixXd claimed = Eigen::MatrixXd::Zero(all, all);
        claimed.topLeftCorner(of_views, of_views) =
            propagate(found, [&](auto views) { return of(views, places, true_f); });
        for (int k = 0; k < 3; ++k) {
            const auto& place = places[static_cast<std::size_t>(k)];
            std::array<Eigen::Vector2d, 2> pixels;
            for (std::size_t v = 0; v < 2; ++v)
                pixels[v] = truth[v].project(place) +
                            noise_px * Eigen::Vector2d(rng.normal(), rng.normal());
            const Eigen::Vector3d point = triangulate(found.views, pixels).point_in_world_mm;
            error.segment<3>(of_views + 3 * k) = point - place;
            claimed.block<3, 3>(of_views + 3 * k, of_views + 3 * k) =
                point_uncertainty(found, point, noise_px).total_mm2();
        }
        result.predicted += claimed.diagonal() / trials;
        result.sampled += error.cwiseAbs2() / trials;
        for (std::size_t q = 0; q < quantities.size(); ++q) {
            const auto& it = quantities[q];
            if (squared_length(claimed.block(it.first, it.first, it.size, it.size),
                               error.segment(it.first, it.size), it.rank) < it.limit)
                ++result.covered[q];
        }
        Eigen::VectorXd parameters(count);
        for (int v = 0; v < 2; ++v) {
            const auto& a = found.views[static_cast<std::size_t>(v)];
            const auto& b = truth[static_cast<std::size_t>(v)];
            parameters.segment<9>(9 * v) << a.pinhole.fx_px - b.pinhole.fx_px,
                a.pinhole.cx_px - b.pinhole.cx_px, a.pinhole.cy_px - b.pinhole.cy_px,
                vector_from_rotation(a.view_from_world.rotation *
                                     b.view_from_world.rotation.conjugate()),
                a.view_from_world.translation_mm - b.view_from_world.translation_mm;
        }
        result.parameters += parameters.dot(fisher * parameters) / count / trials;
    }
    return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(predicted_and_sampled_errors_agree) {
    for (const double angle : {6.0, 30.0, 60.0, 90.0}) {
        const Scatter s = scatter(angle);
        const Eigen::VectorXd ratio = (s.sampled.cwiseQuotient(s.predicted)).cwiseSqrt();
        // of 18 numbers n times: relative standard deviation sqrt(2 / (18 n))
        const double efficiency = 1.0 / s.parameters;
        BOOST_TEST(efficiency >
                   0.97 - (trials < 1000 ? 4.0 * std::sqrt(2.0 / (18.0 * trials)) : 0.0));
        std::string table =
            "| " + std::to_string(static_cast<int>(angle)) + " deg, efficiency " +
            std::to_string(efficiency).substr(0, 5) +
            " | predicted sd | sampled / predicted | covered |\n|---|---|---|---|\n";
        for (std::size_t q = 0; q < quantities.size(); ++q) {
            const auto& it = quantities[q];
            const double coverage = static_cast<double>(s.covered[q]) / trials;
            BOOST_TEST(std::abs(coverage - 0.95) < coverage_limit, it.name);
            std::string predicted;
            std::string ratios;
            for (int i = it.first; i < it.first + it.size; ++i) {
                BOOST_TEST(std::abs(ratio[i] - 1.0) < sd_limit,
                           it.name << " component " << i - it.first << ": " << ratio[i]);
                char text[64];
                std::snprintf(text, sizeof text, "%.4f ", std::sqrt(s.predicted[i]));
                if (it.size <= 3) predicted += text;
            }
            char text[96];
            std::snprintf(text, sizeof text, "%.3f to %.3f",
                          ratio.segment(it.first, it.size).minCoeff(),
                          ratio.segment(it.first, it.size).maxCoeff());
            ratios = text;
            std::snprintf(text, sizeof text, "%.1f %%", 100.0 * coverage);
            table += "| " + it.name + " | " + predicted + "| " + ratios + " | " + text + " |\n";
        }
        BOOST_TEST_MESSAGE(table);
    }
}
