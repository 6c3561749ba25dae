// The bundle's own Levenberg-Marquardt with analytic derivatives beside Ceres with automatic ones:
// the same minimum, the same covariance.
#include "calibration_case.hpp"
#include "ceres_bundle.hpp"
#include "test.hpp"

#include <cmath>

using namespace drr;
using namespace stereo;

BOOST_AUTO_TEST_CASE(the_bundle_and_ceres_agree_on_minimum_and_covariance) {
    constexpr double noise_px = 0.05;
    for (const double angle : {6.0, 30.0, 90.0})
        for (const int poses : {3, 12}) {
            auto c = test::calibration_case({.angle_deg = angle, .poses = poses});
            for (auto& item : c.observations.items)
                item.sd_px = noise_px;
            Rng rng({.seed = 4, .purpose = RngPurpose::localization_noise});
            c.add_noise(noise_px, rng);
            CalibrationOptions options;
            options.noise = NoiseScale::declared;
            options.outlier_sigmas = 0.0;
            const Calibration ours = calibrate(Procedure::bundle, c.observations, options);
            BOOST_REQUIRE(ours.ok);
            const test::CeresBundle theirs = test::ceres_bundle(c.observations, true);

            const double cost = ours.sigma0 * ours.sigma0 * ours.degrees_of_freedom;
            BOOST_TEST(std::abs(cost / theirs.cost - 1.0) < 1e-10);
            // Theirs turns by the change of an angle-axis vector, ours from the left of the
            // rotation: the left Jacobian of SO(3) lies between.
            Eigen::MatrixXd jacobian = Eigen::MatrixXd::Identity(18, 18);
            for (int v = 0; v < 2; ++v)
                jacobian.block<3, 3>(9 * v + 3, 9 * v + 3) = left_jacobian(Eigen::Vector3d(
                    Eigen::Map<const Eigen::Vector3d>(&theirs.views[std::size_t(v)][3])));
            const Eigen::MatrixXd covariance = jacobian * theirs.covariance * jacobian.transpose();
            const Eigen::VectorXd sd = covariance.diagonal().cwiseSqrt();
            for (int v = 0; v < 2; ++v) {
                const auto& view = ours.views[std::size_t(v)];
                const auto& other = theirs.views[std::size_t(v)];
                Eigen::Matrix<double, 9, 1> difference;
                const Eigen::Quaterniond turn =
                    rotation_from_vector(Eigen::Map<const Eigen::Vector3d>(&other[3]));
                difference << view.pinhole.fx_px - other[0], view.pinhole.cx_px - other[1],
                    view.pinhole.cy_px - other[2],
                    vector_from_rotation(view.view_from_world.rotation * turn.conjugate()),
                    view.view_from_world.translation_mm -
                        Eigen::Map<const Eigen::Vector3d>(&other[6]);
                // Both stop where a step promises 1e-10 of the cost or less, 1e-5 of a standard
                // deviation; 6 degrees are ill-conditioned, with steps ten times as long.
                BOOST_TEST(difference.cwiseQuotient(sd.segment<9>(9 * v)).cwiseAbs().maxCoeff() <
                           1e-3);
            }
            const Eigen::MatrixXd apart = sd.cwiseInverse().asDiagonal() *
                                          (ours.covariance.topLeftCorner(18, 18) - covariance) *
                                          sd.cwiseInverse().asDiagonal();
            // Scaled normal matrices have condition numbers of 1e9 and more: rounding of their
            // inverses, and what stopping there leaves.
            BOOST_TEST(apart.cwiseAbs().maxCoeff() < 1e-6);
            BOOST_TEST_MESSAGE(angle << " degrees, " << poses << " poses: covariances differ by "
                                     << apart.cwiseAbs().maxCoeff());
        }
}
