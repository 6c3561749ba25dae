#include "commands/commands.hpp"
#include "inputs/view_options.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/geometry/c_arm.hpp>
#include <drr/geometry/rtk_geometry.hpp>
#include <drr/geometry/view_files.hpp>

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <memory>

namespace tools {
namespace {

struct GeometryOptions {
    std::string input;
    std::string output;
    ViewOptions views;
};

/// The text of a file of views whose name ends like this.
std::string text_for(const std::string& path, const std::vector<drr::XrayView>& views) {
    const std::string extension = std::filesystem::path(path).extension().string();
    if (extension == ".xml") return drr::rtk_geometry_xml(views);
    if (extension == ".yaml" || extension == ".yml") return drr::views_yaml(views);
    if (extension == ".txt") return drr::projection_matrices_text(views);
    throw drr::Error(drr::ErrorCode::usage,
                     "the file's name must end in .xml (RTK geometry), .yaml (views) or .txt "
                     "(3x4 matrices)",
                     path);
}

/// Without a sign on what shows as 0.00.
double shown(double value) {
    return std::abs(value) < 0.005 ? 0.0 : value;
}

void print_table(const std::vector<drr::XrayView>& views) {
    fmt::print("{:>4} {:>29} {:>9} {:>26} {:>17} {:>11} {:>15}\n", "", "source (LPS)", "SDD",
               "primary, secondary, turn", "principal point", "size", "pitch");
    fmt::print("{:>4} {:>29} {:>9} {:>26} {:>17} {:>11} {:>15}\n", "view", "mm", "mm", "deg", "px",
               "px", "mm");
    for (std::size_t n = 0; n < views.size(); ++n) {
        const drr::XrayView& view = views[n];
        const Eigen::Vector3d source = view.source_in_world_mm().unaryExpr(&shown);
        const drr::CArmAngles angles = drr::c_arm_angles(view);
        const auto shown_deg = [](double angle_rad) { return shown(angle_rad / drr::degree); };
        fmt::print(
            "{:>4} {:9.2f} {:9.2f} {:9.2f} {:9.2f} {:8.2f} {:8.2f} {:8.2f} {:8.2f} {:8.2f} "
            "{:>11} {:7.4f} {:7.4f}\n",
            n, source.x(), source.y(), source.z(), view.sdd_mm, shown_deg(angles.primary_rad),
            shown_deg(angles.secondary_rad), shown_deg(angles.detector_rotation_rad),
            view.principal_point_px.x(), view.principal_point_px.y(),
            fmt::format("{}x{}", view.width_px, view.height_px), view.pixel_pitch_mm.x(),
            view.pixel_pitch_mm.y());
    }
    if (views.size() == 2)
        fmt::print(
            "\nstereo angle {:.3f} deg, baseline {:.2f} mm\n",
            drr::stereo_angle_rad(views[0].calibrated(), views[1].calibrated()) / drr::degree,
            drr::baseline_mm({views[0], views[1]}));
}

void show_geometry(const GeometryOptions& options) {
    const auto views = drr::read_views(options.input, options.views.detector()).views;
    if (!options.output.empty()) drr::write_file(options.output, text_for(options.output, views));
    print_table(views);
}

}  // namespace

void add_geometry(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand(
        "geometry", "Show the views of a rig, a views file, an RTK geometry or matrices; convert");
    const auto options = std::make_shared<GeometryOptions>();
    command
        ->add_option("input", options->input,
                     "A rig or views (YAML), an RTK geometry (XML) or 3x4 matrices (text)")
        ->required();
    command->add_option("-o,--output", options->output,
                        "File to write, by its name's end: .xml (RTK geometry), .yaml (views), "
                        ".txt (3x4 matrices)");
    add_view_options(*command, options->views);
    command->callback([options, &run] { run = [options] { show_geometry(*options); }; });
}

}  // namespace tools
