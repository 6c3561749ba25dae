#include "commands/commands.hpp"
#include "outputs/calibrate_report.hpp"
#include "pictures/calibration_pictures.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/phantom/frame_specification.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <stereo/assess/cross_validation.hpp>
#include <stereo/calib/calibration_io.hpp>
#include <stereo/calib/calibration_json.hpp>
#include <stereo/calib/observations_io.hpp>

#include <fmt/format.h>

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
    bool independent_beads = false;
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
    options.errors = arguments.independent_beads ? stereo::ErrorModel::independent_markers
                                                 : stereo::ErrorModel::correlated_neighbours;
    return options;
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
    fmt::print("{}", text_of(calibration, arguments.pixel_pitch_mm));
    if (arguments.folds > 0) {
        const stereo::CrossValidation held_out =
            stereo::cross_validate(procedure, observations,
                                   options_of(arguments, observations.view_count), arguments.folds);
        drr::write_file(folder / "cross_validation.json",
                        json_of(held_out, arguments.procedure).dump(1) + "\n");
        fmt::print("{}", text_of(held_out));
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
    command->add_flag("--independent-beads", a->independent_beads,
                      "Error bars as if no two beads of an image were drawn the same way");
    command->add_option("--cross-validate", a->folds,
                        "Hold out poses in so many folds; as many as there are poses: one by one");
    command->add_option("-o,--output", a->folder, "Folder for the results (default .)");
    command->callback([a, &run] { run = [a] { calibrate_files(*a); }; });
}

}  // namespace tools
