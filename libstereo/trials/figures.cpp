#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <stereo/recon/epipolar.hpp>
#include <stereo/study/held_out.hpp>
#include <stereo/study/view_errors.hpp>
#include <stereo/trials/trial.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace stereo {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// All that a trial is scored by.
struct Scores {
    double observed_count = 0.0;
    double rejected_count = 0.0;
    double localization_sigma_px = 0.0;
    double calibration_rms_px = 0.0;
    double epipolar_rms_px = 0.0;
    double depth_law_mm = 0.0;
    HeldOutScore held_out;
    GeometryErrors geometry{std::vector<ViewErrors>(2)};
    bool has_covariance = false;
};

/// Figures and their names, side by side.
struct Figures {
    std::vector<std::string> names;
    std::vector<double> values;

    void add(const std::string& name, double value) {
        names.push_back(name);
        values.push_back(value);
    }
    void add_axes(const std::string& name, const Eigen::Vector3d& value) {
        const char* const axes[] = {"_x_mm", "_y_mm", "_z_mm"};
        for (int axis = 0; axis < 3; ++axis)
            add(name + axes[axis], value[axis]);
    }
    void add_errors(const std::string& name, const PointErrors& errors) {
        add_axes(name + "_bias", errors.bias_mm);
        add_axes(name + "_precision", errors.precision_mm);
        add_axes(name + "_rms", errors.rms_mm);
        add(name + "_rms_mm", errors.total_rms_mm());
    }
};

/// Errors of the 13 numbers of two views over their claimed standard deviations.
std::vector<double> standard_errors(const GeometryErrors& geometry) {
    std::vector<double> z{geometry.stereo_angle_rad / geometry.stereo_angle_sd_rad};
    for (const ViewErrors& view : geometry.views) {
        z.push_back(view.sdd_mm / view.sdd_sd_mm);
        for (int axis = 0; axis < 3; ++axis)
            z.push_back(view.source_mm[axis] / view.source_sd_mm[axis]);
        for (int axis = 0; axis < 2; ++axis)
            z.push_back(view.principal_point_px[axis] / view.principal_point_sd_px[axis]);
    }
    return z;
}

Figures figures(const Scores& s) {
    Figures f;
    f.add("observed_count", s.observed_count);
    f.add("rejected_count", s.rejected_count);
    f.add("localization_sigma_px", s.localization_sigma_px);
    f.add("calibration_rms_px", s.calibration_rms_px);
    f.add("epipolar_rms_px", s.epipolar_rms_px);
    f.add("held_out_count", static_cast<double>(s.held_out.absolute.count));
    f.add("reprojection_rms_px", s.held_out.reprojection_rms_px);
    f.add_errors("absolute", s.held_out.absolute);
    f.add_errors("aligned", s.held_out.aligned);
    const Eigen::Vector3d unknown = Eigen::Vector3d::Constant(none);
    f.add_axes("predicted_absolute_rms",
               s.has_covariance ? s.held_out.predicted_absolute.rms_mm : unknown);
    f.add_axes("predicted_aligned_rms",
               s.has_covariance ? s.held_out.predicted_aligned.rms_mm : unknown);
    f.add("predicted_points_rms_mm", s.held_out.predicted_points_rms_mm);
    f.add("coverage_95_ratio", s.held_out.coverage_95);
    f.add("depth_law_mm", s.depth_law_mm);
    f.add("scale_error_ratio", s.held_out.scale - 1.0);
    f.add("spread_rms_mm", s.held_out.spread_rms_mm);
    f.add("distance_bias_mm", s.held_out.distances.bias_mm);
    f.add("distance_rms_mm", s.held_out.distances.rms_mm);
    for (std::size_t v = 0; v < s.geometry.views.size(); ++v) {
        const ViewErrors& view = s.geometry.views[v];
        const std::string name = v == 0 ? "view0_" : "view1_";
        f.add_axes(name + "source_error", view.source_mm);
        f.add(name + "sdd_error_mm", view.sdd_mm);
        f.add(name + "principal_u_error_px", view.principal_point_px.x());
        f.add(name + "principal_v_error_px", view.principal_point_px.y());
    }
    f.add("stereo_angle_error_deg", s.geometry.stereo_angle_rad / drr::degree);
    double squares = 0.0;
    double within = 0.0;
    const std::vector<double> z = standard_errors(s.geometry);
    for (const double value : z) {
        squares += value * value;
        within += std::abs(value) <= 1.959964 ? 1.0 : 0.0;
    }
    const auto count = static_cast<double>(z.size());
    f.add("parameter_error_rms_sd", s.has_covariance ? std::sqrt(squares / count) : none);
    f.add("parameter_coverage_95_ratio", s.has_covariance ? within / count : none);
    return f;
}

double epipolar_rms_px(const Observations& observations, const Calibration& calibration) {
    std::vector<Eigen::Vector2d> a;
    std::vector<Eigen::Vector2d> b;
    for (const BeadMatch& match : bead_matches(observations)) {
        a.push_back(match.pixels[0]);
        b.push_back(match.pixels[1]);
    }
    if (a.empty()) return none;
    return epipolar_statistics(fundamental_from_views(calibration.views[0], calibration.views[1]),
                               a, b)
        .rms_px;
}

}  // namespace

const std::vector<std::string>& figure_names() {
    static const std::vector<std::string> names = figures({}).names;
    return names;
}

std::size_t figure_index(const std::string& name) {
    const auto& names = figure_names();
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
        throw drr::Error(drr::ErrorCode::internal, "no figure is called " + name);
    return static_cast<std::size_t>(found - names.begin());
}

std::vector<double> figures_of(const ExperimentSpec& experiment, const ObservedExperiment& observed,
                               const Calibration& calibration, double claimed_noise) {
    const Truth truth = in_world_of_pose(observed.truth, calibration.world_pose);
    Scores scores;
    scores.observed_count = static_cast<double>(observed.calibration.items.size());
    scores.rejected_count = static_cast<double>(calibration.rejected_count);
    scores.localization_sigma_px = observed.localization.sigma_px;
    scores.calibration_rms_px = calibration.residuals_px.empty() ? none : calibration.rms_px;
    scores.epipolar_rms_px = epipolar_rms_px(observed.held_out, calibration);
    scores.depth_law_mm = expected_depth_resolution_mm(experiment, truth, observed.localization);
    scores.held_out = score_held_out(calibration, observed.held_out, experiment.poses.calibration,
                                     truth, {observed.localization.sigma_ratio, claimed_noise});
    if (scores.held_out.absolute.count == 0) return {};
    scores.geometry = geometry_errors(calibration, truth);
    scores.has_covariance = calibration.covariance.size() > 0;
    return figures(scores).values;
}

}  // namespace stereo
