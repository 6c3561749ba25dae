#include <drr/core/error.hpp>
#include <stereo/assess/calibration_claim.hpp>
#include <stereo/calib/uncertainty.hpp>

namespace stereo {

CalibrationClaim claim_of(const Calibration& calibration) {
    drr::require(calibration.views.size() >= 2, "two views are needed");
    if (calibration.covariance.size() == 0) return {};
    const Eigen::Index count = projection_derivatives(calibration, Eigen::Vector3d::Zero()).cols();
    return {[calibration](const Eigen::Vector3d& point_in_world_mm) -> Eigen::MatrixXd {
                return projection_derivatives(calibration, point_in_world_mm).topRows(4);
            },
            calibration.covariance.topLeftCorner(count, count)};
}

}  // namespace stereo
