#include "test.hpp"

#include <drr/core/rng.hpp>
#include <drr/geometry/distortion.hpp>
#include <drr/geometry/pinhole.hpp>

#include <opencv2/calib3d.hpp>
#include <opencv2/core.hpp>

#include <vector>

using namespace drr;

namespace {

// Both compute in double precision; pixels are of the order of 1000.
constexpr double rounding_px = 1e-9;

Rng test_rng() {
    return Rng({.seed = 21, .purpose = RngPurpose::test});
}

CalibratedView random_view(Rng& rng) {
    CalibratedView view;
    view.pinhole = {.fx_px = rng.uniform(3000, 6000),
                    .fy_px = rng.uniform(3000, 6000),
                    .cx_px = rng.uniform(400, 600),
                    .cy_px = rng.uniform(400, 600)};
    view.view_from_world =
        Rigid3(rotation_from_vector({rng.normal(), rng.normal(), rng.normal()}),
               Eigen::Vector3d(rng.uniform(-50, 50), rng.uniform(-50, 50), rng.uniform(800, 1000)));
    return view;
}

Eigen::Vector3d random_point_mm(Rng& rng) {
    return {rng.uniform(-80, 80), rng.uniform(-80, 80), rng.uniform(-80, 80)};
}

cv::Matx33d opencv(const Eigen::Matrix3d& m) {
    return {m(0, 0), m(0, 1), m(0, 2), m(1, 0), m(1, 1), m(1, 2), m(2, 0), m(2, 1), m(2, 2)};
}

}  // namespace

// Projection with and without distortion, axes and pixel origin included.
BOOST_AUTO_TEST_CASE(projection_equals_projectPoints) {
    Rng rng = test_rng();
    for (int trial = 0; trial < 100; ++trial) {
        const CalibratedView view = random_view(rng);
        const Eigen::Vector3d point = random_point_mm(rng);
        BrownConrady distortion;
        for (double& coefficient : distortion.coefficients)
            coefficient = rng.uniform(-0.1, 0.1);

        const Eigen::Vector3d turn = vector_from_rotation(view.view_from_world.rotation);
        const Eigen::Vector3d& shift = view.view_from_world.translation_mm;
        const cv::Mat coefficients(1, 8, CV_64F, distortion.coefficients.data());
        std::vector<cv::Point2d> plain;
        std::vector<cv::Point2d> distorted;
        const std::vector<cv::Point3d> points{{point.x(), point.y(), point.z()}};
        const cv::Vec3d rvec(turn.x(), turn.y(), turn.z());
        const cv::Vec3d tvec(shift.x(), shift.y(), shift.z());
        cv::projectPoints(points, rvec, tvec, opencv(view.pinhole.matrix()), cv::noArray(), plain);
        cv::projectPoints(points, rvec, tvec, opencv(view.pinhole.matrix()), coefficients,
                          distorted);

        const Eigen::Vector2d ours = view.project(point);
        BOOST_TEST((ours - Eigen::Vector2d(plain[0].x, plain[0].y)).norm() < rounding_px);
        const Eigen::Vector2d bent =
            distortion.distort((view.view_from_world * point).hnormalized());
        const Eigen::Vector2d bent_px = view.pinhole.project(bent.homogeneous());
        BOOST_TEST((bent_px - Eigen::Vector2d(distorted[0].x, distorted[0].y)).norm() <
                   rounding_px);
    }
}

// RQ decomposition. OpenCV gets the matrix with its positive sign, since with the other it returns
// negative focal lengths; ours has to give the same for any scale and sign.
BOOST_AUTO_TEST_CASE(decomposition_equals_decomposeProjectionMatrix) {
    Rng rng = test_rng();
    for (int trial = 0; trial < 100; ++trial) {
        const CalibratedView view = random_view(rng);
        const double scale = rng.uniform() < 0.5 ? -0.37 : 4.2;
        const Matrix34d matrix = view.projection_matrix();

        cv::Matx34d theirs;
        for (int row = 0; row < 3; ++row)
            for (int column = 0; column < 4; ++column)
                theirs(row, column) = matrix(row, column);
        cv::Matx33d k;
        cv::Matx33d r;
        cv::Vec4d source;
        cv::decomposeProjectionMatrix(theirs, k, r, source);

        const DecomposedProjection ours = decompose_projection(scale * matrix);
        const Pinhole& pinhole = ours.view.pinhole;
        // Focal lengths of thousands of pixels lose some digits in either decomposition.
        constexpr double tolerance_px = 1e-6;
        BOOST_TEST(std::abs(pinhole.fx_px - k(0, 0) / k(2, 2)) < tolerance_px);
        BOOST_TEST(std::abs(pinhole.fy_px - k(1, 1) / k(2, 2)) < tolerance_px);
        BOOST_TEST(std::abs(pinhole.cx_px - k(0, 2) / k(2, 2)) < tolerance_px);
        BOOST_TEST(std::abs(pinhole.cy_px - k(1, 2) / k(2, 2)) < tolerance_px);
        const Eigen::Vector3d their_source_mm(source[0] / source[3], source[1] / source[3],
                                              source[2] / source[3]);
        // At 900 mm, with the same loss.
        BOOST_TEST((ours.view.source_in_world_mm() - their_source_mm).norm() < 1e-6);
    }
}
