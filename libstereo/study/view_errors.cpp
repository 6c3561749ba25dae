#include <drr/geometry/stereo_rig.hpp>
#include <stereo/calib/uncertainty.hpp>
#include <stereo/study/view_errors.hpp>

namespace stereo {

GeometryErrors geometry_errors(const Calibration& calibration, const Truth& truth) {
    const Eigen::Matrix3d& axes = truth.stereo_from_world;
    GeometryErrors result;
    for (std::size_t v = 0; v < truth.views.size(); ++v) {
        const drr::XrayView& real = truth.views[v];
        const drr::CalibratedView& found = calibration.views[v];
        ViewErrors errors;
        errors.source_mm = axes * (found.source_in_world_mm() - real.source_in_world_mm());
        errors.sdd_mm = found.pinhole.fx_px * real.pixel_pitch_mm.x() - real.sdd_mm;
        errors.principal_point_px =
            Eigen::Vector2d(found.pinhole.cx_px, found.pinhole.cy_px) - real.principal_point_px;
        result.views.push_back(errors);
    }
    result.stereo_angle_rad =
        drr::stereo_angle_rad(calibration.views[0], calibration.views[1]) -
        drr::stereo_angle_rad(truth.views[0].calibrated(), truth.views[1].calibrated());
    if (calibration.covariance.size() == 0) return result;

    const CalibrationPrecision precision = precision_of(calibration);
    const Eigen::MatrixXd source_covariance =
        propagate(calibration, [&](std::span<const drr::CalibratedView> views) {
            Eigen::VectorXd sources(6);
            sources << axes * views[0].source_in_world_mm(), axes * views[1].source_in_world_mm();
            return sources;
        });
    for (std::size_t v = 0; v < truth.views.size(); ++v) {
        ViewErrors& errors = result.views[v];
        errors.source_sd_mm =
            source_covariance.diagonal().segment<3>(static_cast<Eigen::Index>(3 * v)).cwiseSqrt();
        errors.sdd_sd_mm = precision.views[v].focal_length_px * truth.views[v].pixel_pitch_mm.x();
        errors.principal_point_sd_px = precision.views[v].principal_point_px;
    }
    result.stereo_angle_sd_rad = precision.stereo_angle_rad;
    return result;
}

}  // namespace stereo
