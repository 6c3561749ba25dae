#include "commands/commands.hpp"
#include "inputs/image_tasks.hpp"
#include "inputs/undistortion_model.hpp"
#include "outputs/json_values.hpp"
#include "pictures/grid_overlay.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <drr/imaging/image_io.hpp>
#include <stereo/calib/undistortion_io.hpp>
#include <stereo/grid/grid_detector.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

struct GridArguments {
    std::vector<std::string> images;
    double diameter_px = 0.0;
    bool holes = false;
    std::string kind = "auto";
    std::string model = "auto";
    bool lut = false;
    std::string folder = ".";
};

stereo::GridDetectorOptions options_of(const GridArguments& arguments) {
    stereo::GridDetectorOptions options;
    if (arguments.holes)
        options.points = stereo::HoleDetectorOptions{.diameter_px = arguments.diameter_px};
    else
        options.points = stereo::BeadDetectorOptions{.diameter_px = arguments.diameter_px};
    if (arguments.kind != "auto")
        options.index.kind =
            arguments.kind == "square" ? stereo::GridKind::square : stereo::GridKind::hexagonal;
    options.validate();
    return options;
}

std::ptrdiff_t flagged(const stereo::GridDetection& grid) {
    return std::count_if(grid.points.begin(), grid.points.end(),
                         [](const auto& point) { return point.bead.flags != stereo::bead_ok; });
}

Json grid_json(const std::string& image, const stereo::GridDetection& grid) {
    Json json = {{"image", image}, {"ok", grid.ok}, {"summary", grid.summary}};
    if (!grid.ok) return json;
    json["kind"] = stereo::grid_kind_name(grid.kind);
    json["points"] = grid.points.size();
    json["flagged"] = flagged(grid);
    json["strays"] = grid.strays.size();
    json["empty_sites"] = grid.empty_sites;
    json["origin_px"] = json_list(grid.origin_px);
    json["axes_px"] = json_rows(grid.axes_px);
    json["scatter_px"] = grid.noise_px;
    return json;
}

/// Fits the undistortion to the points that the image does not cut.
stereo::UndistortionChoice fit_models(const stereo::GridDetection& grid,
                                      const std::vector<stereo::UndistortionModel>& models) {
    std::vector<stereo::GridCorrespondence> points;
    for (const auto& [site, bead] : grid.points)
        if ((bead.flags & stereo::bead_clipped) == 0)
            points.push_back({stereo::grid_position(grid.kind, site), bead.center_px});
    stereo::UndistortionChoiceOptions options;
    options.fit.width_px = grid.width_px;
    options.fit.height_px = grid.height_px;
    return stereo::choose_undistortion(points, options, models);
}

Json choice_json(const stereo::UndistortionChoice& choice) {
    Json json = {{"ok", choice.ok}, {"summary", choice.summary}};
    if (!choice.ok) return json;
    json["model"] = choice.fit.model.name();
    json["pitch_px"] = choice.fit.placement.pitch_px;
    json["leave_one_out_rms_px"] = choice.fit.left_out_rms_px;
    json["candidates"] = Json::array();
    for (const stereo::UndistortionCandidate& c : choice.candidates)
        json["candidates"].push_back({{"model", c.model.name()},
                                      {"residuals_rms_px", c.rms_px},
                                      {"leave_one_out_rms_px", c.left_out_rms_px},
                                      {"cross_validation_rms_px", c.cross_validation_rms_px},
                                      {"not_predicted", c.not_predicted}});
    return json;
}

void run_grid(const GridArguments& arguments) {
    const stereo::GridDetectorOptions options = options_of(arguments);
    const std::vector<stereo::UndistortionModel> models = undistortion_models(arguments.model);
    const std::filesystem::path folder = arguments.folder;
    drr::make_folder(folder);
    Json report = {{"schema", "stereodrr/grid/v1"},
                   {"version", drr::version()},
                   {"git_commit", drr::git_commit()},
                   {"options",
                    {{"diameter_px", arguments.diameter_px},
                     {"holes", arguments.holes},
                     {"grid", arguments.kind},
                     {"model", arguments.model}}},
                   {"images", Json::array()}};
    bool all = true;
    for (const ImageTask& task : image_tasks(arguments.images, 0)) {
        const drr::GreyImage image = drr::read_grey_image(task.image);
        const stereo::GridDetection grid = stereo::detect_grid(image.pixels, options);
        fmt::print("{}: {}\n", task.image.name(), grid.summary);
        report["images"].push_back(grid_json(task.image.name(), grid));
        all = all && grid.ok;
        write_grid_overlay(folder / (task.name + ".grid.png"), image.pixels, grid);
        if (!grid.ok) continue;
        fmt::print("    {} flagged, {} empty sites, {} other detections\n", flagged(grid),
                   grid.empty_sites, grid.strays.size());
        stereo::write_grid(folder / (task.name + ".grid.csv"), grid);
        const stereo::UndistortionChoice choice = fit_models(grid, models);
        report["images"].back()["undistortion"] = choice_json(choice);
        fmt::print("{}    {}\n", candidates_table(choice), choice.summary);
        all = all && choice.ok;
        if (!choice.ok) continue;
        drr::write_file(folder / (task.name + ".undistortion.yaml"),
                        stereo::undistortion_yaml(choice.fit.undistortion));
        if (arguments.lut)
            stereo::write_lut(folder / (task.name + "_LUT.csv"), choice.fit.undistortion);
    }
    drr::write_file(folder / "grid.json", report.dump(2) + "\n");
    fmt::print(
        "written to {}: grid.json, and per image .grid.csv, .grid.png and "
        ".undistortion.yaml\n",
        folder.string());
    if (!all) throw NoResult("an image shows no grid, or not enough of one");
}

}  // namespace

void add_grid(CLI::App& app, Run& run) {
    const auto arguments = std::make_shared<GridArguments>();
    CLI::App* command = app.add_subcommand(
        "grid", "Find the points of an undistortion grid, and fit the distortion");
    command->add_option("images", arguments->images, "Images of the grid, as `detect` takes them")
        ->required();
    command
        ->add_option("--diameter-px", arguments->diameter_px,
                     "Expected diameter of a bead's shadow or a hole, px")
        ->required();
    command->add_flag("--holes", arguments->holes,
                      "The points are bright holes of a perforated sheet, not dark beads");
    command->add_option("--grid", arguments->kind, "hexagonal, square, or auto (default)")
        ->check(CLI::IsMember({"auto", "hexagonal", "square"}));
    command->add_option("--model", arguments->model,
                        "auto (default; by cross-validation), none, brown_conrady:N, polynomial:N, "
                        "thin_plate:SMOOTHING or local_weighted_mean:N");
    command->add_flag("--lut", arguments->lut, "Also write the table for XMALab (_LUT.csv)");
    command->add_option("-o,--output", arguments->folder, "Folder for the results (default .)");
    command->callback([arguments, &run] { run = [arguments] { run_grid(*arguments); }; });
}

}  // namespace tools
