#include "instruction_sets.hpp"
#include "pose_equations.hpp"
#include "test.hpp"

#include <drr/core/rng.hpp>

#include <cmath>

using namespace stereo;

namespace {

// Of sums over 70 sights, and of central differences by 1e-5 of what changes by one.
constexpr double rounding = 1e-12;
constexpr double of_differences = 1e-7;

const drr::Pinhole pinhole{4800.0, 4700.0, 512.0, 500.0};

struct Sight {
    Eigen::Vector3d point_mm;
    Eigen::Vector2d pixel;
    double sd_px;
};

std::vector<Sight> random_sights(int count) {
    drr::Rng rng({.seed = 5, .purpose = drr::RngPurpose::test});
    std::vector<Sight> sights;
    for (int i = 0; i < count; ++i)
        sights.push_back({{40.0 * rng.normal(), 40.0 * rng.normal(), 40.0 * rng.normal()},
                          {1024.0 * rng.uniform(), 1024.0 * rng.uniform()},
                          0.5 + rng.uniform()});
    return sights;
}

ViewPose some_pose() {
    return {{drr::rotation_from_vector({0.4, -0.9, 0.3}), {12.0, -7.0, 900.0}}, 0.05};
}

ViewPose moved(const ViewPose& pose, const Eigen::Matrix<double, 7, 1>& step) {
    return {{drr::rotation_from_vector(step.head<3>()) * pose.view_from_phantom.rotation,
             pose.view_from_phantom.translation_mm + step.segment<3>(3)},
            pose.log_focal + step[6]};
}

Eigen::VectorXd residuals(const std::vector<Sight>& sights, const ViewPose& pose) {
    Eigen::VectorXd all(2 * static_cast<Eigen::Index>(sights.size()));
    Eigen::Index row = 0;
    for (const Sight& sight : sights) {
        const Eigen::Vector2d projected =
            scaled(pinhole, pose.log_focal).project(pose.view_from_phantom * sight.point_mm);
        all.segment<2>(row) = (projected - sight.pixel) / sight.sd_px;
        row += 2;
    }
    return all;
}

drr::MarkerSights in_columns(const std::vector<Sight>& sights) {
    drr::MarkerSights columns(sights.size());
    for (const Sight& sight : sights)
        columns.add(sight.point_mm, sight.pixel, sight.sd_px);
    return columns;
}

}  // namespace

BOOST_AUTO_TEST_CASE(
    the_equations_of_a_pose_are_those_of_its_residuals_with_every_instruction_set) {
    for (const int count : {1, 4, 7, 8, 9, 70}) {
        const std::vector<Sight> sights = random_sights(count);
        const ViewPose pose = some_pose();
        const Eigen::VectorXd expected = residuals(sights, pose);
        Eigen::MatrixXd by_step(expected.size(), 7);
        for (int k = 0; k < 7; ++k) {
            constexpr double small = 1e-5;
            Eigen::Matrix<double, 7, 1> step = Eigen::Matrix<double, 7, 1>::Zero();
            step[k] = small;
            by_step.col(k) =
                (residuals(sights, moved(pose, step)) - residuals(sights, moved(pose, -step))) /
                (2.0 * small);
        }
        const Eigen::MatrixXd normal = by_step.transpose() * by_step;
        const Eigen::VectorXd gradient = by_step.transpose() * expected;
        test::with_every_instruction_set([&] {
            const PoseEquations found = pose_equations(in_columns(sights), pinhole, pose);
            BOOST_TEST(std::abs(found.cost - expected.squaredNorm()) <
                       rounding * expected.squaredNorm());
            // Parameters are in different units: each entry by those of its row and column.
            const Eigen::VectorXd scale = normal.diagonal().cwiseSqrt();
            for (int i = 0; i < 7; ++i) {
                BOOST_TEST(std::abs(found.gradient[i] - gradient[i]) <
                           of_differences * scale[i] * expected.norm());
                for (int k = 0; k < 7; ++k)
                    BOOST_TEST(std::abs(found.normal(i, k) - normal(i, k)) <
                               of_differences * scale[i] * scale[k]);
            }
        });
    }
}

BOOST_AUTO_TEST_CASE(a_marker_behind_the_source_has_no_equations) {
    std::vector<Sight> sights = random_sights(11);
    const ViewPose pose = some_pose();
    const drr::Rigid3 phantom_from_view = pose.view_from_phantom.inverse();
    test::with_every_instruction_set([&] {
        sights.back().point_mm = phantom_from_view * Eigen::Vector3d(0.0, 0.0, -1.0);
        BOOST_TEST(std::isinf(pose_equations(in_columns(sights), pinhole, pose).cost));
        sights.back().point_mm = phantom_from_view * Eigen::Vector3d(0.0, 0.0, 1.0);
        BOOST_TEST(std::isfinite(pose_equations(in_columns(sights), pinhole, pose).cost));
    });
}
