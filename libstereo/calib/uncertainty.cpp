#include <drr/core/error.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <stereo/calib/uncertainty.hpp>

#include <cmath>

namespace stereo {
namespace {

// The views after a step in the parameters of BundleResult::covariance.
std::vector<drr::CalibratedView> moved(const BundleResult& calibration,
                                       const Eigen::VectorXd& step) {
    std::vector<drr::CalibratedView> views = calibration.views;
    Eigen::Index at = 0;
    for (auto& view : views) {
        const double aspect = view.pinhole.fy_px / view.pinhole.fx_px;
        view.pinhole.fx_px += step[at++];
        view.pinhole.fy_px = view.pinhole.fx_px *
                             (calibration.parameters_per_view == 10 ? aspect + step[at++] : aspect);
        view.pinhole.cx_px += step[at++];
        view.pinhole.cy_px += step[at++];
        view.view_from_world.rotation =
            (drr::rotation_from_vector(step.segment<3>(at)) * view.view_from_world.rotation)
                .normalized();
        view.view_from_world.translation_mm += step.segment<3>(at + 3);
        at += 6;
    }
    return views;
}

}  // namespace

Eigen::MatrixXd propagate(const BundleResult& calibration, const ViewFunction& f) {
    const auto count =
        static_cast<Eigen::Index>(calibration.views.size()) * calibration.parameters_per_view;
    drr::require(calibration.covariance.rows() >= count, "the calibration has no covariance");
    const Eigen::MatrixXd covariance = calibration.covariance.topLeftCorner(count, count);
    Eigen::MatrixXd jacobian;
    for (Eigen::Index i = 0; i < count; ++i) {
        const double h = 0.1 * std::sqrt(covariance(i, i));
        const Eigen::VectorXd step = h * Eigen::VectorXd::Unit(count, i);
        const Eigen::VectorXd column =
            (f(moved(calibration, step)) - f(moved(calibration, -step))) / (2.0 * h);
        if (jacobian.size() == 0) jacobian.resize(column.size(), count);
        jacobian.col(i) = column;
    }
    return jacobian * covariance * jacobian.transpose();
}

CalibrationPrecision precision_of(const BundleResult& calibration) {
    CalibrationPrecision precision;
    const auto views = calibration.views.size();
    const Eigen::MatrixXd covariance =
        propagate(calibration, [](std::span<const drr::CalibratedView> moved_views) {
            Eigen::VectorXd values(static_cast<Eigen::Index>(6 * moved_views.size() + 1));
            Eigen::Index at = 0;
            for (const auto& view : moved_views) {
                values.segment<3>(at) = view.source_in_world_mm();
                values[at + 3] = view.pinhole.fx_px;
                values[at + 4] = view.pinhole.cx_px;
                values[at + 5] = view.pinhole.cy_px;
                at += 6;
            }
            values[at] = moved_views.size() < 2
                             ? 0.0
                             : drr::stereo_angle_rad(moved_views[0], moved_views[1]);
            return values;
        });
    const Eigen::VectorXd sd = covariance.diagonal().cwiseSqrt();
    for (std::size_t v = 0; v < views; ++v) {
        const auto at = static_cast<Eigen::Index>(6 * v);
        precision.views.push_back({sd.segment<3>(at), sd[at + 3], sd.segment<2>(at + 4)});
    }
    precision.stereo_angle_rad = sd[static_cast<Eigen::Index>(6 * views)];
    return precision;
}

}  // namespace stereo
