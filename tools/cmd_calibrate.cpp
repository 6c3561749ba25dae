#include "calibration_pictures.hpp"
#include "commands.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/phantom/frame_specification.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <stereo/assess/cross_validation.hpp>
#include <stereo/calib/calibration_io.hpp>
#include <stereo/calib/calibration_json.hpp>
#include <stereo/calib/observations_io.hpp>
#include <stereo/calib/uncertainty.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>

namespace tools {
namespace {

struct Arguments {
    std::string observations;
    std::string phantom;
    std::vector<int> size_px;
    std::string procedure = "bundle";
    std::string folder = ".";
    int poses = 0;
    double pixel_pitch_mm = 0.0;
    std::vector<double> sdd;
    std::vector<double> angle;
    std::vector<double> distance;
    std::vector<std::string> wand;
    double wand_sd_mm = 0.0;
    bool independent_images = false;
    bool per_view = false;
    int folds = 0;
    stereo::CalibrationOptions options;
};

// The phantom's beads by the names that observations may use: a number, a name.
std::map<std::string, int> read_beads(const std::string& path, std::vector<Eigen::Vector3d>& mm) {
    drr::MarkerPhantom phantom;
    if (std::filesystem::path(path).extension() == ".csv") {
        drr::FrameSpecificationReadOptions options;
        // The file does not hold diameters, and points need none; this one lets no two overlap.
        options.bead_diameter_mm = 1e-3;
        phantom = drr::read_frame_specification(path, options).phantom;
    } else {
        phantom = drr::read_phantom(path);
    }
    std::map<std::string, int> marker_of_bead;
    for (const auto& bead : phantom.beads) {
        marker_of_bead.emplace(bead.name, static_cast<int>(mm.size()));
        marker_of_bead.emplace(std::to_string(bead.id), static_cast<int>(mm.size()));
        mm.push_back(bead.center_mm);
    }
    return marker_of_bead;
}

// The sightings of a wand. Its first two beads are those whose distance was measured.
stereo::Wand wand_of(const Arguments& arguments) {
    stereo::Wand wand;
    if (arguments.wand.empty()) return wand;
    drr::require(arguments.wand_sd_mm > 0.0, "--wand needs --wand-sd-mm");
    const auto bead_of_name = read_beads(arguments.wand[1], wand.beads_mm);
    if (wand.beads_mm.size() < 2)
        throw drr::Error(drr::ErrorCode::invalid_file, "a wand of two beads was expected",
                         arguments.wand[1]);
    const stereo::Observations seen = stereo::read_observations(arguments.wand[0], bead_of_name);
    wand.items = seen.items;
    wand.frame_count = seen.pose_count;
    wand.relative_sd = arguments.wand_sd_mm / (wand.beads_mm[1] - wand.beads_mm[0]).norm();
    return wand;
}

stereo::Observations observations_of(const Arguments& arguments) {
    std::vector<Eigen::Vector3d> markers;
    const auto marker_of_bead = read_beads(arguments.phantom, markers);
    stereo::Observations observations =
        stereo::read_observations(arguments.observations, marker_of_bead);
    observations.markers_in_phantom_mm = markers;
    observations.width_px = arguments.size_px[0];
    observations.height_px = arguments.size_px[1];
    if (arguments.poses > 0) {
        std::erase_if(observations.items,
                      [&](const auto& item) { return item.pose >= arguments.poses; });
        observations.pose_count = std::min(observations.pose_count, arguments.poses);
    }
    observations.wand = wand_of(arguments);
    for (const auto& item : observations.wand.items)
        observations.view_count = std::max(observations.view_count, item.view + 1);
    return observations;
}

stereo::CalibrationOptions options_of(const Arguments& arguments, int view_count) {
    stereo::CalibrationOptions options = arguments.options;
    if (!arguments.sdd.empty()) {
        drr::require(arguments.pixel_pitch_mm > 0.0, "--sdd-mm needs --pixel-pitch-mm");
        for (int view = 0; view < view_count; ++view)
            options.priors.focal_lengths.push_back({view,
                                                    arguments.sdd[0] / arguments.pixel_pitch_mm,
                                                    arguments.sdd[1] / arguments.pixel_pitch_mm});
    }
    if (!arguments.angle.empty())
        options.priors.stereo_angles.push_back(
            {0, 1, arguments.angle[0] * drr::degree, arguments.angle[1] * drr::degree});
    if (!arguments.distance.empty())
        options.priors.distances.push_back({static_cast<int>(arguments.distance[0]) - 1,
                                            static_cast<int>(arguments.distance[1]) - 1,
                                            arguments.distance[2], arguments.distance[3]});
    if (arguments.per_view) options.noise = stereo::NoiseScale::per_view;
    if (arguments.independent_images) options.errors = stereo::ErrorModel::independent_images;
    return options;
}

void row(const std::string& name, double value, double sd, const char* unit) {
    const std::string error = sd > 0.0 ? fmt::format(" +- {:.4f}", sd) : "";
    fmt::print("  {:<28} {:>12.4f}{} {}\n", name, value, error, unit);
}

double scale_sd(const stereo::Calibration& c) {
    const auto at = std::find(c.parameters.begin(), c.parameters.end(),
                              stereo::Parameter{stereo::ParameterKind::phantom_scale, 0, 0}) -
                    c.parameters.begin();
    return std::sqrt(c.covariance(at, at));
}

void print_table(const stereo::Calibration& c, double pitch_mm) {
    stereo::CalibrationPrecision precision;
    precision.views.resize(c.views.size());
    if (c.covariance.size() > 0) precision = stereo::precision_of(c);
    for (std::size_t v = 0; v < c.views.size(); ++v) {
        const auto& view = c.views[v];
        const auto& sd = precision.views[v];
        fmt::print("View {}\n", v);
        row("focal length", view.pinhole.fx_px, sd.focal_length_px, "px");
        if (pitch_mm > 0.0)
            row("SDD", view.pinhole.fx_px * pitch_mm, sd.focal_length_px * pitch_mm, "mm");
        row("principal point, u", view.pinhole.cx_px, sd.principal_point_px.x(), "px");
        row("principal point, v", view.pinhole.cy_px, sd.principal_point_px.y(), "px");
        for (int axis = 0; axis < 3; ++axis)
            row(fmt::format("source, {}", "xyz"[axis]), view.source_in_world_mm()[axis],
                sd.source_mm[axis], "mm");
    }
    if (c.views.size() > 1) {
        fmt::print("Views 0 and 1\n");
        row("stereo angle", drr::stereo_angle_rad(c.views[0], c.views[1]) / drr::degree,
            precision.stereo_angle_rad / drr::degree, "deg");
        row("baseline", (c.views[1].source_in_world_mm() - c.views[0].source_in_world_mm()).norm(),
            precision.baseline_mm, "mm");
    }
    if (c.views.size() > 1 && c.covariance.size() > 0) {
        Eigen::Vector3d middle = Eigen::Vector3d::Zero();
        for (const auto& marker : c.markers_in_phantom_mm)
            middle += marker / static_cast<double>(c.markers_in_phantom_mm.size());
        if (!stereo::point_uncertainty(c, middle, 1.0).ok)
            fmt::print("The views are all but parallel: the depth of a point cannot be known\n");
    }
    if (c.wand_frames > 0 && c.covariance.size() > 0)
        row("size of the phantom", c.phantom_scale, scale_sd(c), "of its design");
    fmt::print("World: the phantom as designed, in pose {}. Noise: sigma0 {:.3f}", c.world_pose,
               c.sigma0);
    if (c.degrees_of_freedom > 0)
        fmt::print(" of the observations' sd ({} degrees of freedom, p {:.2g})",
                   c.degrees_of_freedom, c.noise_p_value);
    fmt::print("\n{}\n", c.summary);
}

void print_cross_validation(const stereo::CrossValidation& v) {
    fmt::print("Held-out poses\n  {:>5} {:>6} {:>9} {:>11} {:>9} {:>9} {:>16}\n", "pose", "beads",
               "RMS, px", "over pred.", "RMS, mm", "max, mm", "scale");
    for (const auto& pose : v.poses)
        fmt::print("  {:>5} {:>6} {:>9.4f} {:>11.2f} {:>9.4f} {:>9.4f} {:>9.5f} +- {:.5f}\n",
                   pose.pose, pose.triangulated, pose.rms_px,
                   std::sqrt(pose.chi_square / pose.expected_chi_square), pose.rigid_rms_mm,
                   pose.max_mm, pose.scale, pose.scale_sd);
    fmt::print("{}\n", v.summary);
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

void calibrate_files(const Arguments& arguments) {
    const stereo::Procedure procedure = stereo::procedure_of(arguments.procedure);
    const stereo::Observations observations = observations_of(arguments);
    const stereo::Calibration calibration =
        stereo::calibrate(procedure, observations, options_of(arguments, observations.view_count));
    const std::filesystem::path folder = arguments.folder;
    drr::make_folder(folder);
    drr::write_file(folder / "calibration.json", stereo::calibration_json(calibration));
    if (!calibration.ok) {
        std::string message = calibration.summary;
        for (std::size_t i = 1; i < calibration.undetermined.size(); ++i)
            message += "; " + calibration.undetermined[i];
        throw NoResult(message);
    }
    for (std::size_t v = 0; v < calibration.views.size(); ++v) {
        stereo::write_mayacam2(folder / fmt::format("view{}_MayaCam2.txt", v),
                               {calibration.views[v], {}});
        drr::write_file(folder / fmt::format("view{}_residuals.png", v),
                        residual_picture(calibration, observations, static_cast<int>(v)));
    }
    if (calibration.covariance.size() > 0) {
        const double sd_px = calibration.rms_px / std::sqrt(2.0);
        const stereo::WorkingVolume volume = stereo::working_volume(calibration);
        const std::string map = uncertainty_picture(calibration, volume, sd_px);
        if (!map.empty()) {
            drr::write_file(folder / "uncertainty.png", map);
            drr::write_file(folder / "uncertainty.csv",
                            uncertainty_csv(calibration, volume, sd_px));
        }
    }
    print_table(calibration, arguments.pixel_pitch_mm);
    if (arguments.folds > 0) {
        const stereo::CrossValidation held_out =
            stereo::cross_validate(procedure, observations,
                                   options_of(arguments, observations.view_count), arguments.folds);
        drr::write_file(folder / "cross_validation.json",
                        json_of(held_out, arguments.procedure).dump(1) + "\n");
        print_cross_validation(held_out);
    }
    fmt::print("written: {}\n", (folder / "calibration.json").string());
}

}  // namespace

void add_calibrate(CLI::App& app, Run& run) {
    const auto a = std::make_shared<Arguments>();
    CLI::App* command =
        app.add_subcommand("calibrate", "Calibrate views from named beads, with error bars");
    command->add_option("observations", a->observations, "Named beads (observations.csv)")
        ->required();
    command->add_option("--phantom", a->phantom, "Phantom file or frame specification in mm (CSV)")
        ->required();
    command->add_option("--size-px", a->size_px, "Width and height of the images")
        ->required()
        ->expected(2);
    command->add_option("--procedure", a->procedure,
                        "dlt, opencv, resection, bundle (default) or bundle-phantom");
    command->add_option("--poses", a->poses, "Use the poses before this one only");
    command->add_option("--pixel-pitch-mm", a->pixel_pitch_mm, "To tell SDD in mm");
    command->add_option("--sdd-mm", a->sdd, "Known SDD of all views and its standard deviation")
        ->expected(2);
    command
        ->add_option("--angle-deg", a->angle,
                     "Known angle between views 0 and 1 and its standard deviation")
        ->expected(2);
    command
        ->add_option("--distance-mm", a->distance,
                     "A measured distance: two beads, counted from 1 in the phantom's file, the "
                     "distance and its standard deviation")
        ->expected(4);
    command->add_option("--placement-sd-mm", a->options.priors.placement_sd_mm,
                        "Of a bead about its design, in bundle-phantom (default 0.1)");
    command->add_option("--phantom-scale-sd", a->options.priors.phantom_scale_sd,
                        "Relative, of the phantom's size about its design (default 0: exact)");
    command->add_flag("--shared-intrinsics", a->options.shared_intrinsics,
                      "One focal length and principal point for all views");
    command->add_flag("!--oblong-pixels", a->options.square_pixels,
                      "Focal lengths along columns and rows apart");
    command
        ->add_option("--wand", a->wand,
                     "A wand moved through the volume, which tells the scale: its named beads, a "
                     "pose a frame (observations), and its phantom file")
        ->expected(2);
    command->add_option("--wand-sd-mm", a->wand_sd_mm,
                        "Standard deviation of the distance of the wand's first two beads");
    command->add_flag("--noise-per-view", a->per_view,
                      "A factor of each view on the observations' sd, estimated");
    command->add_flag("--independent-images", a->independent_images,
                      "Error bars from whole images: errors within one may hang together");
    command->add_option("--cross-validate", a->folds,
                        "Hold out poses in so many folds; as many as there are poses: one by one");
    command->add_option("-o,--output", a->folder, "Folder for the results (default .)");
    command->callback([a, &run] { run = [a] { calibrate_files(*a); }; });
}

}  // namespace tools
