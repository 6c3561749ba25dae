#include "outputs/calibrate_report.hpp"

#include "outputs/plus_minus.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/version.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <stereo/calib/uncertainty.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tools {
namespace {

std::string row(const std::string& name, double value, double sd, const char* unit) {
    return fmt::format("  {:<28} {} {}\n", name, plus_minus(value, sd, 4, 12), unit);
}

double scale_sd(const stereo::Calibration& c) {
    const auto at = std::find(c.parameters.begin(), c.parameters.end(),
                              stereo::Parameter{stereo::ParameterKind::phantom_scale, 0, 0}) -
                    c.parameters.begin();
    return std::sqrt(c.covariance(at, at));
}

}  // namespace

std::string text_of(const stereo::Calibration& c, double pitch_mm) {
    std::string text;
    stereo::CalibrationPrecision precision;
    precision.views.resize(c.views.size());
    if (c.covariance.size() > 0) precision = stereo::precision_of(c);
    for (std::size_t v = 0; v < c.views.size(); ++v) {
        const auto& view = c.views[v];
        const auto& sd = precision.views[v];
        text += fmt::format("View {}\n", v);
        text += row("focal length", view.pinhole.fx_px, sd.focal_length_px, "px");
        if (pitch_mm > 0.0)
            text += row("SDD", view.pinhole.fx_px * pitch_mm, sd.focal_length_px * pitch_mm, "mm");
        text += row("principal point, u", view.pinhole.cx_px, sd.principal_point_px.x(), "px");
        text += row("principal point, v", view.pinhole.cy_px, sd.principal_point_px.y(), "px");
        for (int axis = 0; axis < 3; ++axis)
            text += row(fmt::format("source, {}", "xyz"[axis]), view.source_in_world_mm()[axis],
                        sd.source_mm[axis], "mm");
    }
    if (c.views.size() > 1) {
        text += fmt::format("Views 0 and 1\n");
        text += row("stereo angle", drr::stereo_angle_rad(c.views[0], c.views[1]) / drr::degree,
                    precision.stereo_angle_rad / drr::degree, "deg");
        text += row("baseline",
                    (c.views[1].source_in_world_mm() - c.views[0].source_in_world_mm()).norm(),
                    precision.baseline_mm, "mm");
    }
    if (c.views.size() > 1 && c.covariance.size() > 0) {
        Eigen::Vector3d middle = Eigen::Vector3d::Zero();
        for (const auto& marker : c.markers_in_phantom_mm)
            middle += marker / static_cast<double>(c.markers_in_phantom_mm.size());
        if (!stereo::point_uncertainty(c, middle, 1.0).ok)
            text += fmt::format(
                "The views are all but parallel: the depth of a point cannot be known\n");
    }
    if (c.wand_frames > 0 && c.covariance.size() > 0)
        text += row("size of the phantom", c.phantom_scale, scale_sd(c), "of its design");
    text += fmt::format("World: the phantom as designed, in pose {}. Noise: sigma0 {:.3f}",
                        c.world_pose, c.sigma0);
    if (c.degrees_of_freedom > 0)
        text += fmt::format(" of the observations' sd ({} degrees of freedom, p {:.2g})",
                            c.degrees_of_freedom, c.noise_p_value);
    return text + fmt::format("\n{}\n", c.summary);
}

std::string text_of(const stereo::CrossValidation& v) {
    std::string text =
        fmt::format("Held-out poses\n  {:>5} {:>6} {:>9} {:>11} {:>9} {:>9} {:>16}\n", "pose",
                    "beads", "RMS, px", "over pred.", "RMS, mm", "max, mm", "scale");
    for (const auto& pose : v.poses)
        text += fmt::format(
            "  {:>5} {:>6} {:>9.4f} {:>11.2f} {:>9.4f} {:>9.4f} {}\n", pose.pose, pose.triangulated,
            pose.rms_px, std::sqrt(pose.chi_square / pose.expected_chi_square), pose.rigid_rms_mm,
            pose.max_mm, plus_minus(pose.scale, pose.scale_sd, 5, 9));
    return text + v.summary + "\n";
}

nlohmann::ordered_json json_of(const stereo::CrossValidation& v, const std::string& procedure) {
    nlohmann::ordered_json poses = nlohmann::ordered_json::array();
    for (const auto& pose : v.poses)
        poses.push_back({{"pose", pose.pose},
                         {"observation_count", pose.count},
                         {"rms_px", pose.rms_px},
                         {"chi_square", pose.chi_square},
                         {"degrees_of_freedom", pose.degrees_of_freedom},
                         {"expected_chi_square", pose.expected_chi_square},
                         {"triangulated_count", pose.triangulated},
                         {"after_rigid_rms_mm", pose.rigid_rms_mm},
                         {"after_rigid_max_mm", pose.max_mm},
                         {"scale_ratio", pose.scale},
                         {"scale_sd", pose.scale_sd}});
    return {{"schema", "stereodrr/cross-validation/v1"},
            {"version", drr::version()},
            {"git_commit", drr::git_commit()},
            {"procedure", procedure},
            {"folds", v.folds},
            {"ok", v.ok},
            {"summary", v.summary},
            {"rms_px", v.rms_px},
            {"fitted_rms_px", v.fitted_rms_px},
            {"measured_over_predicted", v.ratio},
            {"after_rigid_rms_mm", v.rigid_rms_mm},
            {"poses", poses}};
}

}  // namespace tools
