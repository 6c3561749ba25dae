#include "bundle_state.hpp"

#include <drr/core/error.hpp>
#include <drr/geometry/decompositions.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <stereo/calib/uncertainty.hpp>

#include <Eigen/Cholesky>

#include <cmath>

namespace stereo {
namespace {

bool is_of_view(const Parameter& parameter) {
    return parameter.kind <= ParameterKind::view_shift_mm;
}

// The parameters of the views, which stand first.
std::vector<Parameter> view_parameters(const Calibration& calibration) {
    drr::require(calibration.covariance.rows() > 0 &&
                     calibration.covariance.rows() ==
                         static_cast<Eigen::Index>(calibration.parameters.size()),
                 "the calibration has no covariance");
    std::vector<Parameter> result;
    for (const auto& parameter : calibration.parameters)
        if (is_of_view(parameter)) result.push_back(parameter);
    return result;
}

Eigen::Matrix<double, 2, 3> projection_jacobian(const drr::CalibratedView& view,
                                                const Eigen::Vector3d& point_in_world_mm) {
    const drr::Pinhole& k = view.pinhole;
    const Eigen::Vector3d p = view.view_from_world * point_in_world_mm;
    Eigen::Matrix<double, 2, 3> d;
    d << k.fx_px, 0.0, -k.fx_px * p.x() / p.z(), 0.0, k.fy_px, -k.fy_px * p.y() / p.z();
    return d / p.z() * view.view_from_world.matrix();
}

}  // namespace

Eigen::MatrixXd propagate(const Calibration& calibration, const ViewFunction& f) {
    const std::vector<Parameter> parameters = view_parameters(calibration);
    const auto count = static_cast<Eigen::Index>(parameters.size());
    const Eigen::MatrixXd covariance = calibration.covariance.topLeftCorner(count, count);
    const BundleState state{calibration.views, {}, {}, 1.0};
    Eigen::MatrixXd jacobian;
    for (Eigen::Index i = 0; i < count; ++i) {
        const double h = 0.1 * std::sqrt(covariance(i, i));
        const Eigen::VectorXd step = h * Eigen::VectorXd::Unit(count, i);
        const Eigen::VectorXd column =
            (f(moved(state, parameters, step).views) - f(moved(state, parameters, -step).views)) /
            (2.0 * h);
        if (jacobian.size() == 0) jacobian.resize(column.size(), count);
        jacobian.col(i) = column;
    }
    return jacobian * covariance * jacobian.transpose();
}

CalibrationPrecision precision_of(const Calibration& calibration) {
    CalibrationPrecision precision;
    const auto views = calibration.views.size();
    const Eigen::MatrixXd covariance =
        propagate(calibration, [](std::span<const drr::CalibratedView> moved_views) {
            Eigen::VectorXd values =
                Eigen::VectorXd::Zero(static_cast<Eigen::Index>(6 * moved_views.size() + 2));
            Eigen::Index at = 0;
            for (const auto& view : moved_views) {
                values.segment<6>(at) << view.source_in_world_mm(), view.pinhole.fx_px,
                    view.pinhole.cx_px, view.pinhole.cy_px;
                at += 6;
            }
            if (moved_views.size() > 1)
                values.tail<2>() << drr::stereo_angle_rad(moved_views[0], moved_views[1]),
                    (moved_views[1].source_in_world_mm() - moved_views[0].source_in_world_mm())
                        .norm();
            return values;
        });
    const Eigen::VectorXd sd = covariance.diagonal().cwiseMax(0.0).cwiseSqrt();
    for (std::size_t v = 0; v < views; ++v) {
        const auto at = static_cast<Eigen::Index>(6 * v);
        precision.views.push_back({sd.segment<3>(at), sd[at + 3], sd.segment<2>(at + 4)});
    }
    precision.stereo_angle_rad = sd[static_cast<Eigen::Index>(6 * views)];
    precision.baseline_mm = sd[static_cast<Eigen::Index>(6 * views + 1)];
    return precision;
}

Eigen::MatrixXd projection_derivatives(const Calibration& calibration,
                                       const Eigen::Vector3d& point_in_world_mm) {
    const std::vector<Parameter> parameters = view_parameters(calibration);
    Eigen::MatrixXd result =
        Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(2 * calibration.views.size()),
                              static_cast<Eigen::Index>(parameters.size()));
    for (std::size_t v = 0; v < calibration.views.size(); ++v) {
        const drr::CalibratedView& view = calibration.views[v];
        const drr::Pinhole& k = view.pinhole;
        const Eigen::Vector3d axes = view.view_from_world.rotation * point_in_world_mm;
        const Eigen::Vector3d p = axes + view.view_from_world.translation_mm;
        const double x = p.x() / p.z();
        const double y = p.y() / p.z();
        Eigen::Matrix<double, 2, 3> d;
        d << k.fx_px, 0.0, -k.fx_px * x, 0.0, k.fy_px, -k.fy_px * y;
        d /= p.z();
        const Eigen::Matrix<double, 2, 3> turn = -d * drr::cross_matrix(axes);
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const Parameter& q = parameters[i];
            if (q.index >= 0 && q.index != static_cast<int>(v)) continue;
            auto column =
                result.block<2, 1>(static_cast<Eigen::Index>(2 * v), static_cast<Eigen::Index>(i));
            switch (q.kind) {
                case ParameterKind::focal_length_px:
                    column << x, k.fy_px / k.fx_px * y;
                    break;
                case ParameterKind::aspect:
                    column << 0.0, k.fx_px * y;
                    break;
                case ParameterKind::principal_point_px:
                    column = Eigen::Vector2d::Unit(q.axis);
                    break;
                case ParameterKind::view_turn_rad:
                    column = turn.col(q.axis);
                    break;
                default:
                    column = d.col(q.axis);
            }
        }
    }
    return result;
}

Eigen::MatrixXd projection_covariance(const Calibration& calibration,
                                      const Eigen::Vector3d& point_in_world_mm) {
    const Eigen::MatrixXd d = projection_derivatives(calibration, point_in_world_mm);
    return d * calibration.covariance.topLeftCorner(d.cols(), d.cols()) * d.transpose();
}

Eigen::MatrixXd point_derivatives(const Calibration& calibration,
                                  const Eigen::Vector3d& point_in_world_mm,
                                  std::span<const double> sd_px) {
    drr::require(sd_px.size() == calibration.views.size(), "a standard deviation for each view");
    Eigen::MatrixXd by_parameters = projection_derivatives(calibration, point_in_world_mm);
    Eigen::MatrixX3d by_point(by_parameters.rows(), 3);
    for (std::size_t v = 0; v < calibration.views.size(); ++v) {
        const auto at = static_cast<Eigen::Index>(2 * v);
        by_point.middleRows<2>(at) =
            projection_jacobian(calibration.views[v], point_in_world_mm) / sd_px[v];
        by_parameters.middleRows<2>(at) /= sd_px[v];
    }
    return -(by_point.transpose() * by_point).ldlt().solve(by_point.transpose() * by_parameters);
}

PointUncertainty point_uncertainty(const Calibration& calibration,
                                   const Eigen::Vector3d& point_in_world_mm, double sd_px) {
    drr::require(sd_px > 0.0, "pixel noise must be positive");
    PointUncertainty result;
    Eigen::MatrixXd jacobian(static_cast<Eigen::Index>(2 * calibration.views.size()), 3);
    for (std::size_t v = 0; v < calibration.views.size(); ++v) {
        const drr::CalibratedView& view = calibration.views[v];
        if (!((view.view_from_world * point_in_world_mm).z() > 0.0)) return result;
        jacobian.middleRows<2>(static_cast<Eigen::Index>(2 * v)) =
            projection_jacobian(view, point_in_world_mm);
    }
    const Eigen::Matrix3d normal = jacobian.transpose() * jacobian;
    const Eigen::VectorXd information = drr::symmetric_eigen(normal).values;
    // Rays that converge by less than 0.06 degrees have no usable intersection.
    constexpr double least_convergence = 1e-6;
    if (!(information[0] > least_convergence * information[2])) return result;
    const Eigen::Matrix3d inverse = normal.inverse();
    result.of_pixels_mm2 = sd_px * sd_px * inverse;
    const Eigen::MatrixXd back = inverse * jacobian.transpose();
    result.of_calibration_mm2 =
        back * projection_covariance(calibration, point_in_world_mm) * back.transpose();
    result.ok = true;
    return result;
}

}  // namespace stereo
