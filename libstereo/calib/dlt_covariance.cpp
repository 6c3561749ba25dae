#include "dlt_covariance.hpp"

#include <drr/core/error.hpp>
#include <stereo/calib/dlt.hpp>

#include <vector>

namespace stereo {

std::optional<ViewCovariance> dlt_covariance(std::span<const Eigen::Vector3d> points_mm,
                                             std::span<const Eigen::Vector2d> pixels,
                                             std::span<const double> sd_px,
                                             const drr::CalibratedView& found) {
    // The estimate is good to the square root of rounding, 1e-5 of what this moves, and as straight
    // as that over it.
    constexpr double step_px = 0.1;
    std::vector<Eigen::Vector2d> moved(pixels.begin(), pixels.end());
    ViewCovariance covariance = ViewCovariance::Zero();
    for (std::size_t i = 0; i < pixels.size(); ++i)
        for (int axis = 0; axis < 2; ++axis) {
            Eigen::Matrix<double, view_columns, 1> difference;
            difference.setZero();
            for (const double sign : {1.0, -1.0}) {
                moved[i][axis] = pixels[i][axis] + sign * step_px;
                const DltResult linear = dlt(points_mm, moved);
                if (!linear.ok) return std::nullopt;
                try {
                    difference +=
                        sign *
                        view_step(found, drr::decompose_projection(linear.projection_matrix).view);
                } catch (const drr::Error&) {
                    return std::nullopt;
                }
            }
            moved[i] = pixels[i];
            difference *= sd_px[i] / (2.0 * step_px);
            covariance += difference * difference.transpose();
        }
    return covariance;
}

std::vector<Parameter> view_parameters(int view) {
    std::vector<Parameter> parameters{{ParameterKind::focal_length_px, view, 0},
                                      {ParameterKind::aspect, view, 0},
                                      {ParameterKind::principal_point_px, view, 0},
                                      {ParameterKind::principal_point_px, view, 1}};
    for (int axis = 0; axis < 3; ++axis)
        parameters.push_back({ParameterKind::view_turn_rad, view, axis});
    for (int axis = 0; axis < 3; ++axis)
        parameters.push_back({ParameterKind::view_shift_mm, view, axis});
    return parameters;
}

}  // namespace stereo
