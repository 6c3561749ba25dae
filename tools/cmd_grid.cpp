#include "commands.hpp"
#include "grid_overlay.hpp"
#include "json_values.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <drr/imaging/image_io.hpp>
#include <stereo/detect/grid_detector.hpp>

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

void run_grid(const GridArguments& arguments) {
    const stereo::GridDetectorOptions options = options_of(arguments);
    const std::filesystem::path folder = arguments.folder;
    drr::make_folder(folder);
    Json report = {{"schema", "stereodrr/grid/v1"},
                   {"version", drr::version()},
                   {"git_commit", drr::git_commit()},
                   {"options",
                    {{"diameter_px", arguments.diameter_px},
                     {"holes", arguments.holes},
                     {"grid", arguments.kind}}},
                   {"images", Json::array()}};
    bool all = true;
    for (const std::string& name : arguments.images) {
        const std::filesystem::path path = name;
        const drr::GreyImage image = drr::read_grey_image(path);
        const stereo::GridDetection grid = stereo::detect_grid(image.pixels, options);
        const std::string stem = path.stem().string();
        fmt::print("{}: {}\n", path.filename().string(), grid.summary);
        report["images"].push_back(grid_json(path.filename().string(), grid));
        all = all && grid.ok;
        write_grid_overlay(folder / (stem + ".grid.png"), image.pixels, grid);
        if (!grid.ok) continue;
        fmt::print("    {} flagged, {} empty sites, {} other detections\n", flagged(grid),
                   grid.empty_sites, grid.strays.size());
        stereo::write_grid(folder / (stem + ".grid.csv"), grid);
    }
    drr::write_file(folder / "grid.json", report.dump(2) + "\n");
    fmt::print("written to {}: grid.json, and per image .grid.csv and .grid.png\n",
               folder.string());
    if (!all) throw NoResult("an image shows no grid");
}

}  // namespace

void add_grid(CLI::App& app, Run& run) {
    const auto arguments = std::make_shared<GridArguments>();
    CLI::App* command =
        app.add_subcommand("grid", "Find the points of an undistortion grid and number them");
    command->add_option("images", arguments->images, "Images of the grid (PNG, TIFF, ...)")
        ->required();
    command
        ->add_option("--diameter-px", arguments->diameter_px,
                     "Expected diameter of a bead's shadow or a hole, px")
        ->required();
    command->add_flag("--holes", arguments->holes,
                      "The points are bright holes of a perforated sheet, not dark beads");
    command->add_option("--grid", arguments->kind, "hexagonal, square, or auto (default)")
        ->check(CLI::IsMember({"auto", "hexagonal", "square"}));
    command->add_option("-o,--output", arguments->folder, "Folder for the results (default .)");
    command->callback([arguments, &run] { run = [arguments] { run_grid(*arguments); }; });
}

}  // namespace tools
