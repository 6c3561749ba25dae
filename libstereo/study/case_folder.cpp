#include "json_matrix.hpp"

#include <drr/core/file_io.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <stereo/calib/observations_io.hpp>
#include <stereo/study/case_folder.hpp>
#include <stereo/study/laboratory.hpp>

#include <fmt/format.h>

#include <cmath>

namespace stereo {
namespace {

std::string nominal_json(const ExperimentSpec& spec) {
    const drr::StereoRigSpec nominal = make_nominal(spec);
    Json views = Json::array();
    for (const auto& view : laboratory_knowledge(spec.phantom, nominal).nominal)
        views.push_back({{"focal_length_px", {view.pinhole.fx_px, view.pinhole.fy_px}},
                         {"principal_point_px", {view.pinhole.cx_px, view.pinhole.cy_px}},
                         {"width_px", view.width_px},
                         {"height_px", view.height_px},
                         {"rotation_view_from_rig", array(view.view_from_rig.toRotationMatrix())}});
    const Json json = {{"note", "what the procedure is told: nominal values with errors"},
                       {"sdd_mm", nominal.sdd_mm},
                       {"stereo_angle_rad", nominal.stereo_angle_rad},
                       {"pixel_pitch_mm", array(spec.rig.pixel_pitch_mm)},
                       {"calibration_poses", spec.poses.calibration},
                       {"held_out_poses", spec.poses.held_out},
                       {"views", views}};
    return json.dump(2) + "\n";
}

std::string truth_json(const ValidationResult& result) {
    Json views = Json::array();
    for (const auto& view : result.truth.views)
        views.push_back(
            {{"sdd_mm", view.sdd_mm},
             {"pixel_pitch_mm", array(view.pixel_pitch_mm)},
             {"principal_point_px", array(view.principal_point_px)},
             {"source_in_world_mm", array(view.source_in_world_mm())},
             {"view_from_world_mm", array(view.view_from_world.matrix34())},
             {"projection_matrix_px_from_mm", array(view.calibrated().projection_matrix())}});
    Json poses = Json::array();
    for (const auto& pose : result.truth.world_from_phantom)
        poses.push_back(array(pose.matrix34()));
    const Json json = {{"note", "the truth; world = phantom in pose 0"},
                       {"views", views},
                       {"world_from_phantom_mm", poses}};
    return json.dump(2) + "\n";
}

std::string phantom_csv(const drr::MarkerPhantom& phantom) {
    std::string text = "x,y,z,name\n";
    for (const auto& bead : phantom.beads)
        text += fmt::format("{},{},{},{}\n", bead.center_mm.x(), bead.center_mm.y(),
                            bead.center_mm.z(), bead.id);
    return text;
}

std::string case_observations_csv(const ValidationResult& result) {
    std::vector<ObservedBead> beads;
    for (const auto& image : result.images)
        for (std::size_t i = 0; i < image.marker_of_bead.size(); ++i) {
            const auto marker = static_cast<std::size_t>(image.marker_of_bead[i]);
            const auto& bead = image.detection.beads[i];
            const bool is_bead =
                image.marker_of_bead[i] >= 0 && marker < result.spec.phantom.beads.size();
            beads.push_back({image.pose, image.view,
                             is_bead ? std::to_string(result.spec.phantom.beads[marker].id) : "",
                             bead.center_px, std::pow(bead.covariance_px2.determinant(), 0.25),
                             bead_flags_text(bead.flags)});
        }
    return observations_csv(beads);
}

std::string named_observations_csv(const drr::MarkerPhantom& phantom,
                                   const Observations& observations) {
    std::vector<ObservedBead> beads;
    for (const auto& item : observations.items)
        beads.push_back({item.pose, item.view,
                         std::to_string(phantom.beads[static_cast<std::size_t>(item.marker)].id),
                         item.pixel, item.sd_px});
    return observations_csv(beads);
}

}  // namespace

std::string case_image_name(int pose, int view) {
    return fmt::format("images/pose{:02}_view{}.png", pose, view);
}

void write_case_folder(const std::filesystem::path& folder, const ValidationResult& result) {
    drr::make_folder(folder);
    // The phantom goes by its file's own name, since experiment.yaml looks for it beside itself.
    ExperimentSpec spec = result.spec;
    spec.phantom_file = std::filesystem::path(spec.phantom_file).filename().string();
    drr::write_file(folder / "experiment.yaml", experiment_yaml(spec));
    drr::write_file(folder / spec.phantom_file, drr::phantom_yaml(spec.phantom));
    drr::write_file(folder / "nominal.json", nominal_json(result.spec));
    drr::write_file(folder / "truth.json", truth_json(result));
    drr::write_file(folder / "phantom.csv", phantom_csv(spec.phantom));
    drr::write_file(folder / "observations.csv", case_observations_csv(result));
}

void write_procedure_case(const std::filesystem::path& folder, const ExperimentSpec& spec,
                          const Observations& observations) {
    drr::make_folder(folder);
    drr::write_file(folder / "nominal.json", nominal_json(spec));
    drr::write_file(folder / "phantom.csv", phantom_csv(spec.phantom));
    drr::write_file(folder / "observations.csv",
                    named_observations_csv(spec.phantom, observations));
}

}  // namespace stereo
