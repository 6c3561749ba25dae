#include "commands.hpp"
#include "progress_bar.hpp"

#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/imaging/float_image_io.hpp>
#include <drr/imaging/grey_window.hpp>
#include <drr/imaging/image_io.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/projector/itk_ray_cast.hpp>
#include <drr/projector/joseph.hpp>
#include <drr/projector/siddon.hpp>
#include <drr/projector/trilinear.hpp>
#include <drr/volume/volume_io.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <memory>
#include <numbers>
#include <optional>
#include <string>
#include <vector>

namespace tools {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

struct RenderOptions {
    std::string ct;
    std::string rig;
    std::string output;
    std::string projector = "joseph";
    drr::VolumeReadOptions reading;
    double energy_kev = 60.0;  ///< about the mean of a 100 kV beam
    std::optional<double> threshold_hu;
};

template <class Matrix>
json rows(const Matrix& matrix) {
    json result = json::array();
    for (Eigen::Index row = 0; row < matrix.rows(); ++row) {
        json values = json::array();
        for (Eigen::Index column = 0; column < matrix.cols(); ++column)
            values.push_back(matrix(row, column));
        result.push_back(values);
    }
    return result;
}

json list(const Eigen::VectorXd& vector) {
    return std::vector<double>(vector.data(), vector.data() + vector.size());
}

json view_json(const drr::XrayView& view, const std::string& name) {
    return {{"line_integrals", name + ".mha"},
            {"picture", name + ".png"},
            {"source_in_world_mm", list(view.source_in_world_mm())},
            {"sdd_mm", view.sdd_mm},
            {"pixel_pitch_mm", list(view.pixel_pitch_mm)},
            {"principal_point_px", list(view.principal_point_px)},
            {"size_px", {view.width_px, view.height_px}},
            {"view_from_world", rows(view.view_from_world.matrix34())},
            {"projection_matrix", rows(view.calibrated().projection_matrix())}};
}

std::unique_ptr<drr::Projector> make_projector(const std::string& name, const drr::CtVolume& volume,
                                               const drr::HuToMu& hu_to_mu) {
    if (name == "siddon")
        return std::make_unique<drr::SiddonProjector>(drr::mu_volume(volume, hu_to_mu));
    if (name == "trilinear")
        return std::make_unique<drr::TrilinearProjector>(drr::mu_volume(volume, hu_to_mu));
    if (name == "itk")
        return std::make_unique<drr::ItkRayCastProjector>(volume, hu_to_mu, progress_bar());
    return std::make_unique<drr::JosephProjector>(drr::mu_volume(volume, hu_to_mu));
}

void render(const RenderOptions& options) {
    const drr::HuToMu hu_to_mu{drr::attenuation_per_mm("water", options.energy_kev),
                               options.threshold_hu};
    hu_to_mu.validate();
    drr::StereoRigSpec rig = drr::read_rig(options.rig);
    drr::VolumeReadOptions reading = options.reading;
    reading.progress = progress_bar();
    const drr::CtReadResult ct = drr::read_ct(options.ct, reading);
    const drr::CtVolume& volume = ct.volume;
    for (const std::string& warning : ct.warnings)
        fmt::print(stderr, "stereodrr: warning: {}: {}\n", options.ct, warning);
    if (!rig.isocentre_mm) rig.isocentre_mm = volume.centre_in_world_mm();

    const drr::StereoViews views = make_stereo_rig(rig);
    const auto projector = make_projector(options.projector, volume, hu_to_mu);
    const std::array<drr::Image<float>, 2> images{projector->line_integrals(views[0]),
                                                  projector->line_integrals(views[1])};
    std::vector<float> values;
    for (const auto& image : images)
        values.insert(values.end(), image.pixels().begin(), image.pixels().end());
    const auto window = drr::automatic_window(std::move(values));
    if (!window)
        throw NoResult("both views are empty: no ray meets the volume; check the rig's isocentre");

    const fs::path folder = options.output;
    drr::make_folder(folder);
    const std::array<std::string, 2> names{"view0", "view1"};
    json views_json = json::array();
    for (std::size_t n = 0; n < 2; ++n) {
        drr::write_float_image(folder / (names[n] + ".mha"),
                               drr::detector_image(images[n], views[n]));
        drr::write_grey_image(folder / (names[n] + ".png"), drr::to_16_bits(images[n], *window));
        views_json.push_back(view_json(views[n], names[n]));
    }
    const json record = {
        {"schema", "stereodrr/render/v1"},
        {"version", drr::version()},
        {"git_commit", drr::git_commit()},
        {"ct",
         {{"path", options.ct},
          {"source", ct.source},
          {"assume_hu", reading.assume_hu},
          {"sizes", volume.sizes},
          {"spacing_mm", list(volume.spacing_mm)},
          {"origin_mm", list(volume.origin_mm)},
          {"direction", rows(volume.direction)},
          {"shear_removed", list(ct.shear)},
          {"warnings", ct.warnings}}},
        {"attenuation",
         {{"energy_kev", options.energy_kev},
          {"mu_water_per_mm", hu_to_mu.mu_water_per_mm},
          {"threshold_hu", hu_to_mu.threshold_hu ? json(*hu_to_mu.threshold_hu) : json(nullptr)}}},
        {"projector", options.projector},
        {"rig",
         {{"file", options.rig},
          {"sdd_mm", rig.sdd_mm},
          {"source_isocentre_mm", rig.source_isocentre_mm},
          {"stereo_angle_rad", rig.stereo_angle_rad},
          {"stereo_axis", list(rig.stereo_axis)},
          {"primary_angle_rad", rig.primary_angle_rad},
          {"secondary_angle_rad", rig.secondary_angle_rad},
          {"detector_rotation_rad", rig.detector_rotation_rad},
          {"isocentre_mm", list(*rig.isocentre_mm)},
          {"baseline_mm", baseline_mm(views)}}},
        {"picture_window", {{"low", window->low}, {"high", window->high}}},
        {"views", views_json}};
    drr::write_file(folder / "render.json", record.dump(2) + "\n");

    fmt::print("{}\n", ct.source);
    fmt::print("volume      {} x {} x {} voxels of {:.4g} x {:.4g} x {:.4g} mm{}\n",
               volume.sizes[0], volume.sizes[1], volume.sizes[2], volume.spacing_mm[0],
               volume.spacing_mm[1], volume.spacing_mm[2],
               ct.shear.norm() > 0.0
                   ? fmt::format(", gantry tilt of {:.1f} deg resampled",
                                 std::atan(ct.shear.norm()) * 180.0 / std::numbers::pi)
                   : "");
    fmt::print("isocentre   {:.2f} {:.2f} {:.2f} mm (LPS)\n", rig.isocentre_mm->x(),
               rig.isocentre_mm->y(), rig.isocentre_mm->z());
    fmt::print("rig         SDD {:g} mm, magnification {:.3f}, baseline {:.2f} mm\n", rig.sdd_mm,
               rig.sdd_mm / rig.source_isocentre_mm, baseline_mm(views));
    fmt::print("\n{:<7} {:>10} {:>10}   {}\n", "view", "mean", "max", "line integral");
    for (std::size_t n = 0; n < 2; ++n) {
        double sum = 0.0;
        for (const float value : images[n].pixels())
            sum += static_cast<double>(value);
        fmt::print("{:<7} {:10.4f} {:10.4f}   {}\n", names[n],
                   sum / static_cast<double>(images[n].size()),
                   *std::max_element(images[n].pixels().begin(), images[n].pixels().end()),
                   (folder / (names[n] + ".mha")).string());
    }
}

}  // namespace

void add_render(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand("render", "Render a stereo pair of radiographs from a CT");
    const auto options = std::make_shared<RenderOptions>();
    command
        ->add_option("--ct", options->ct,
                     "Folder of DICOM files, or a NIfTI, NRRD or MetaImage file")
        ->required();
    command->add_option("--rig", options->rig, "Rig file, schema stereodrr/rig/v1")->required();
    command->add_option("-o,--output", options->output, "Folder to write to")->required();
    command
        ->add_option("--projector", options->projector,
                     "How rays are summed: joseph (interpolates), siddon (exact for voxels as "
                     "cells), trilinear (ray marching) or itk (the reference, slow)")
        ->check(CLI::IsMember({"joseph", "siddon", "trilinear", "itk"}))
        ->capture_default_str();
    command->add_option("--threshold-hu", options->threshold_hu,
                        "Voxels below this count as empty, e.g. 200 for bone alone");
    command
        ->add_option("--energy-kev", options->energy_kev,
                     "Photon energy, which gives the attenuation of water")
        ->capture_default_str();
    command->add_option("--series", options->reading.series_uid,
                        "SeriesInstanceUID, for a folder that holds several series");
    command->add_flag("--assume-hu", options->reading.assume_hu,
                      "Take the values for HU although the file says or looks otherwise");
    command->callback([options, &run] { run = [options] { render(*options); }; });
}

}  // namespace tools
