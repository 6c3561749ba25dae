// Models fitted to a rendered grid against the true distortion, everywhere in the field.
#include "grid_points.hpp"
#include "grid_scene.hpp"
#include "test.hpp"

#include <stereo/calib/undistortion_choice.hpp>
#include <stereo/grid/grid_detector.hpp>

#include <Eigen/Cholesky>

#include <cmath>
#include <cstdio>
#include <vector>

using namespace stereo;

namespace {

/// RMS of one axis over a dense set of places of the field: where the model undistorts to, against
/// the truth, after the similarity that undistortion leaves open.
double error_px(const UndistortionFit& fit, const drr::IntensifierDistortion& truth) {
    const auto rows = [](const Eigen::Vector2d& p) {
        Eigen::Matrix<double, 2, 4> m;
        m << p.x(), -p.y(), 1.0, 0.0, p.y(), p.x(), 0.0, 1.0;
        return m;
    };
    std::vector<Eigen::Vector2d> found;
    std::vector<Eigen::Vector2d> right;
    Eigen::Matrix4d normal = Eigen::Matrix4d::Zero();
    Eigen::Vector4d sum = Eigen::Vector4d::Zero();
    for (int v = 0; v < test::grid_size_px; v += 16)
        for (int u = 0; u < test::grid_size_px; u += 16) {
            const Eigen::Vector2d seen(u, v);
            if ((seen - test::grid_middle_px).norm() > 450.0) continue;
            const auto place = fit.undistortion.undistort(seen);
            const auto true_place = truth.undistort(seen);
            if (!place || !true_place) continue;
            found.emplace_back((place->point_px - test::grid_middle_px) / 500.0);
            right.push_back(*true_place);
            normal += rows(found.back()).transpose() * rows(found.back());
            sum += rows(found.back()).transpose() * right.back();
        }
    BOOST_TEST(found.size() > 2000U, fit.model.name());
    const Eigen::Vector4d similarity = normal.ldlt().solve(sum);
    double squares = 0.0;
    for (std::size_t i = 0; i < found.size(); ++i)
        squares += (right[i] - rows(found[i]) * similarity).squaredNorm();
    return std::sqrt(squares / (2.0 * static_cast<double>(found.size())));
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_chosen_model_is_right_below_the_noise_of_a_point) {
    test::GridScene scene = test::bead_grid();
    scene.distortion = test::strong_distortion();
    scene.turn_rad = 0.12;
    scene.shift_mm = {1.7, -2.3};
    const test::GridImage image = test::render(scene);
    GridDetectorOptions detector;
    detector.points = BeadDetectorOptions{.diameter_px = 10.0};
    const GridDetection grid = detect_grid(image.pixels, detector);
    BOOST_REQUIRE(grid.ok);
    std::vector<GridCorrespondence> points;
    for (const GridPoint& point : grid.points)
        points.push_back({grid_position(grid.kind, point.site), point.bead.center_px});
    std::printf("%-36s %10s %14s %10s\n", "RMS, px, one axis", "residuals", "leave-one-out",
                "truth");
    for (const UndistortionModel& model : usual_undistortion_models()) {
        const UndistortionFit fit = fit_undistortion(points, model, test::grid_fit_options());
        if (!fit.ok) continue;
        std::printf("%-36s %10.4f %14.4f %10.4f\n", fit.model.name().c_str(), fit.rms_px,
                    fit.left_out_rms_px, error_px(fit, scene.distortion));
    }
    const UndistortionChoice choice =
        choose_undistortion(points, {.fit = test::grid_fit_options()});
    BOOST_REQUIRE(choice.ok);
    const double error = error_px(choice.fit, scene.distortion);
    std::printf("chosen: %s, %.4f px off\n", choice.summary.c_str(), error);
    // Some hundred points share each of the parameters; half of a point's error is left for what
    // the distortion does to round shadows.
    BOOST_TEST(error < 0.5 * choice.fit.left_out_rms_px);
}
