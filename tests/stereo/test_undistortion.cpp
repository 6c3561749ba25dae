// Models of distortion fitted to grids: inverse, derivatives, leave-one-out, choice.
#include "grid_points.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <stereo/calib/undistortion_choice.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace stereo;

namespace {

const std::vector<UndistortionModel> models = {
    {UndistortionKind::none},
    {UndistortionKind::brown_conrady, 1},
    {UndistortionKind::brown_conrady, 3},
    {UndistortionKind::polynomial, 1},
    {UndistortionKind::polynomial, 5},
    {UndistortionKind::polynomial, 8},
    {UndistortionKind::thin_plate, 0, 0.0},
    {UndistortionKind::thin_plate, 0, 1e-4},
    {UndistortionKind::local_weighted_mean, 12},
};

UndistortionFit fit_of(const std::vector<GridCorrespondence>& points,
                       const UndistortionModel& model) {
    const UndistortionFit fit = fit_undistortion(points, model, test::grid_fit_options());
    BOOST_REQUIRE_MESSAGE(fit.ok, fit.summary);
    return fit;
}

/// A field of a few points a pitch apart, for what takes long.
std::vector<GridCorrespondence> thinned(const std::vector<GridCorrespondence>& points,
                                        std::size_t step) {
    std::vector<GridCorrespondence> result;
    for (std::size_t i = 0; i < points.size(); i += step)
        result.push_back(points[i]);
    return result;
}

}  // namespace

// 1e-6 px is what is promised; Newton's method ends far below.
BOOST_AUTO_TEST_CASE(undistort_inverts_distort_over_the_field) {
    constexpr double tolerance_px = 1e-6;
    const test::GridPoints grid = test::grid_points(test::strong_distortion(), 0.05, 3);
    for (const UndistortionModel& model : models) {
        const UndistortionFit fit = fit_of(grid.points, model);
        const Undistortion& undistortion = fit.undistortion;
        int inside = 0;
        double worst = 0.0;
        drr::Rng rng({.seed = 5, .purpose = drr::RngPurpose::test});
        for (int k = 0; k < 300; ++k) {
            const Eigen::Vector2d place(rng.uniform(0.0, 1023.0), rng.uniform(0.0, 1023.0));
            const auto seen = undistortion.distort(place);
            if (!seen) continue;
            ++inside;
            const auto back = undistortion.undistort(seen->point_px);
            BOOST_TEST_REQUIRE(back.has_value(), model.name());
            worst = std::max(worst, (back->point_px - place).norm());
            // Derivatives of the inverse are the inverse of the derivatives.
            BOOST_TEST((back->jacobian * seen->jacobian - Eigen::Matrix2d::Identity()).norm() <
                       1e-6);
        }
        BOOST_TEST_CONTEXT(model.name()) {
            BOOST_TEST(inside > 150);
            BOOST_TEST(worst < tolerance_px);
        }
    }
}

BOOST_AUTO_TEST_CASE(jacobians_are_derivatives) {
    const test::GridPoints grid = test::grid_points(test::strong_distortion(), 0.05, 3);
    constexpr double h = 1e-4;
    // Second-order differences of maps whose second derivatives jump at most by 0.01 / px.
    constexpr double tolerance = 2e-6;
    for (const UndistortionModel& model : models) {
        const UndistortionFit fit = fit_of(grid.points, model);
        for (const Eigen::Vector2d& place :
             {Eigen::Vector2d(500.3, 480.2), Eigen::Vector2d(211.7, 700.1),
              Eigen::Vector2d(690.4, 202.8)}) {
            const auto at = fit.undistortion.distort(place);
            BOOST_TEST_REQUIRE(at.has_value());
            for (int k = 0; k < 2; ++k) {
                const Eigen::Vector2d step = h * Eigen::Vector2d::Unit(k);
                const Eigen::Vector2d slope = (fit.undistortion.distort(place + step)->point_px -
                                               fit.undistortion.distort(place - step)->point_px) /
                                              (2.0 * h);
                BOOST_TEST((slope - at->jacobian.col(k)).norm() < tolerance, model.name());
            }
        }
    }
}

// Fitting again without the point is what leave-one-out means.
BOOST_AUTO_TEST_CASE(leave_one_out_is_what_fitting_again_gives) {
    const test::GridPoints whole = test::grid_points(test::strong_distortion(), 0.1, 4);
    // Brown-Conrady is linearized, which is good for residuals of the size of the noise.
    const test::GridPoints pincushion =
        test::grid_points({test::grid_middle_px, 500.0, 0.08, 0.0}, 0.1, 4);
    for (const UndistortionModel& model : models) {
        const bool lens = model.kind == UndistortionKind::brown_conrady;
        const double tolerance_px = lens ? 1e-3 : 1e-6;
        const std::vector<GridCorrespondence> points =
            thinned(lens ? pincushion.points : whole.points, 3);
        const UndistortionFit fit = fit_of(points, model);
        for (const std::size_t i : {std::size_t{1}, points.size() / 2 + 7, points.size() - 5}) {
            std::vector<GridCorrespondence> others = points;
            others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
            const UndistortionFit without = fit_of(others, model);
            const Eigen::Vector2d place = without.placement.undistorted_px(points[i].position);
            const auto seen = std::visit([&](const auto& map) { return map.at(place); },
                                         without.undistortion.map);
            BOOST_TEST_REQUIRE(seen.has_value());
            BOOST_TEST(
                (points[i].pixel - seen->point_px - fit.left_out_px[i]).norm() < tolerance_px,
                model.name() << ", point " << i);
        }
    }
}

// What a model can describe it finds: its own distortion, to rounding.
BOOST_AUTO_TEST_CASE(models_recover_what_they_describe) {
    // A lens about the image's middle, with decentering.
    const double focal = 0.5 * std::hypot(test::grid_size_px, test::grid_size_px);
    const BrownConradyMap lens{{focal, focal, test::grid_middle_px.x(), test::grid_middle_px.y()},
                               {{0.05, -0.02, 0.001, -0.002, 0.01, 0.0, 0.0, 0.0}}};
    test::GridPoints grid = test::grid_points({test::grid_middle_px, 500.0, 0.0, 0.0}, 0.0, 1);
    for (std::size_t i = 0; i < grid.points.size(); ++i)
        grid.points[i].pixel = lens.at(grid.undistorted_px[i])->point_px;
    const UndistortionFit as_lens = fit_of(grid.points, {UndistortionKind::brown_conrady, 3});
    BOOST_TEST(as_lens.rms_px < 1e-6);
    BOOST_TEST(std::abs(as_lens.placement.pitch_px - test::grid_pitch_px) < 1e-5);
    const auto& k = std::get<BrownConradyMap>(as_lens.undistortion.map).distortion.coefficients;
    for (std::size_t i = 0; i < 5; ++i)
        BOOST_TEST(std::abs(k[i] - lens.distortion.coefficients[i]) < 1e-6);
    // Seventh order: k3 r^6.
    BOOST_TEST(fit_of(grid.points, {UndistortionKind::polynomial, 7}).rms_px < 1e-8);
    // A quadratic is what each node of the local weighted mean describes.
    for (std::size_t i = 0; i < grid.points.size(); ++i) {
        const Eigen::Vector2d t = (grid.undistorted_px[i] - test::grid_middle_px) / 500.0;
        grid.points[i].pixel =
            grid.undistorted_px[i] + Eigen::Vector2d(20.0 * t.x() * t.y(), 15.0 * t.x() * t.x());
    }
    BOOST_TEST(fit_of(grid.points, {UndistortionKind::local_weighted_mean, 12}).rms_px < 1e-8);
    BOOST_TEST(fit_of(grid.points, {UndistortionKind::thin_plate, 0, 0.0}).rms_px < 1e-8);
    const test::GridPoints flat =
        test::grid_points({test::grid_middle_px, 500.0, 0.0, 0.0}, 0.0, 1);
    BOOST_TEST(fit_of(flat.points, {UndistortionKind::none}).rms_px < 1e-9);
}

// The middle of the image stays where it is, in scale and direction too.
BOOST_AUTO_TEST_CASE(undistortion_leaves_the_middle_alone) {
    const test::GridPoints grid = test::grid_points(test::strong_distortion(), 0.0, 1);
    for (const UndistortionModel& model : models) {
        if (model.kind == UndistortionKind::none || model.kind == UndistortionKind::brown_conrady)
            continue;
        const auto middle = fit_of(grid.points, model).undistortion.distort(test::grid_middle_px);
        BOOST_TEST_REQUIRE(middle.has_value());
        // Within 3 pitches the distortion grows to 0.5 %, and it is not centred on the middle; a
        // map of first order is that of the whole field.
        if (model.kind == UndistortionKind::polynomial && model.order == 1) continue;
        BOOST_TEST((middle->point_px - test::grid_middle_px).norm() < 0.5, model.name());
        BOOST_TEST((middle->jacobian - Eigen::Matrix2d::Identity()).norm() < 0.02, model.name());
    }
}

BOOST_AUTO_TEST_CASE(cross_validation_chooses_what_the_points_are_worth) {
    const std::vector<UndistortionModel> candidates = {
        {UndistortionKind::none},          {UndistortionKind::brown_conrady, 2},
        {UndistortionKind::polynomial, 3}, {UndistortionKind::polynomial, 5},
        {UndistortionKind::polynomial, 9}, {UndistortionKind::local_weighted_mean, 12}};
    UndistortionChoiceOptions options{.fit = test::grid_fit_options()};
    const auto chosen = [&](const test::GridPoints& grid) {
        const UndistortionChoice choice = choose_undistortion(grid.points, options, candidates);
        BOOST_REQUIRE(choice.ok);
        BOOST_TEST(choice.candidates.size() == candidates.size());
        for (const UndistortionCandidate& candidate : choice.candidates)
            BOOST_TEST(candidate.cross_validation_rms_px >=
                       choice.candidates[choice.best].cross_validation_rms_px);
        return choice;
    };
    // A flat panel: any other model adds noise only.
    const UndistortionChoice flat =
        chosen(test::grid_points({test::grid_middle_px, 500.0, 0.0, 0.0}, 0.05, 7));
    BOOST_TEST((flat.fit.model.kind == UndistortionKind::none));
    // What is left is the noise.
    BOOST_TEST(std::abs(flat.candidates[flat.best].cross_validation_rms_px - 0.05) < 0.004);
    // An intensifier: the S takes a fifth order; at much noise less is more.
    const UndistortionChoice sharp = chosen(test::grid_points(test::strong_distortion(), 0.01, 7));
    BOOST_TEST((sharp.fit.model.kind == UndistortionKind::polynomial));
    BOOST_TEST(sharp.fit.model.order >= 5);
    const UndistortionChoice noisy = chosen(test::grid_points(test::strong_distortion(), 1.0, 7));
    BOOST_TEST((noisy.fit.model.kind == UndistortionKind::polynomial));
    BOOST_TEST(noisy.fit.model.order == 3);
    // A lens: the model with the fewest parameters that has it.
    const UndistortionChoice lens =
        chosen(test::grid_points({test::grid_middle_px, 500.0, 0.08, 0.0}, 0.05, 7));
    BOOST_TEST((lens.fit.model.kind == UndistortionKind::brown_conrady));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_fitted_is_reported) {
    const UndistortionFitOptions options = test::grid_fit_options();
    const auto grid = test::grid_points(test::strong_distortion(), 0.0, 1).points;
    BOOST_TEST(!fit_undistortion({}, {UndistortionKind::none}, options).ok);
    const std::vector<GridCorrespondence> few(grid.begin() + 300, grid.begin() + 305);
    const UndistortionFit none = fit_undistortion(few, {UndistortionKind::polynomial, 5}, options);
    BOOST_TEST(!none.ok);
    BOOST_TEST(none.summary.find("polynomial of order 5: ") == 0U);
    for (const UndistortionModel& bad :
         std::vector<UndistortionModel>{{UndistortionKind::polynomial, 0},
                                        {UndistortionKind::polynomial, 40},
                                        {UndistortionKind::brown_conrady, 4},
                                        {UndistortionKind::local_weighted_mean, 3},
                                        {UndistortionKind::thin_plate, 0, -1.0}})
        BOOST_CHECK_THROW((void)fit_undistortion(grid, bad, options), drr::Error);
    BOOST_CHECK_THROW((void)fit_undistortion(grid, {UndistortionKind::none}, {}), drr::Error);
    auto nan = grid;
    nan[5].pixel.x() = std::numeric_limits<double>::quiet_NaN();
    BOOST_CHECK_THROW((void)fit_undistortion(nan, {UndistortionKind::none}, options), drr::Error);
    // Beyond the grid nothing is said.
    const UndistortionFit fit = fit_of(grid, {UndistortionKind::polynomial, 5});
    BOOST_TEST(!fit.undistortion.distort({2.0, 2.0}).has_value());
    BOOST_TEST(!fit.undistortion.undistort({2.0, 2.0}).has_value());
}
