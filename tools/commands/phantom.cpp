#include "commands/commands.hpp"
#include "outputs/phantom_summary.hpp"
#include "pictures/bead_plans.hpp"
#include "pictures/building_steps.hpp"
#include "pictures/phantom_drawing.hpp"
#include "progress/progress_bar.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/parallel.hpp>
#include <drr/phantom/extent.hpp>
#include <drr/phantom/frame_specification.hpp>
#include <drr/phantom/mesh.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <drr/physics/materials.hpp>
#include <drr/projector/voxelize.hpp>
#include <drr/volume/volume_io.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tools {
namespace {

void add_phantom_file(CLI::App& command, std::string& path) {
    command.add_option("phantom", path, "Phantom file (YAML)")->required();
}

void add_rig(CLI::App& command, std::string& path) {
    command.add_option("--rig", path,
                       "Rig (YAML) that the sizes in images are for; default: SDD 1200 mm, "
                       "isocentre at 900 mm, pixels of 0.25 mm");
}

struct DescribeOptions {
    std::string phantom;
    std::string rig;
    bool as_json = false;
};

void describe(const DescribeOptions& options) {
    const drr::MarkerPhantom phantom = drr::read_phantom(options.phantom);
    const auto rig = options.rig.empty() ? drr::StereoRigSpec{} : drr::read_rig(options.rig);
    const PhantomSummary summary = summarize(phantom, rig);
    if (options.as_json)
        fmt::print("{}\n", summary_json(phantom, summary).dump(2));
    else
        fmt::print("{}", summary_text(phantom, summary));
}

void add_describe(CLI::App& parent, Run& run) {
    auto* command = parent.add_subcommand(
        "describe", "Beads, size, materials and mass, parts, and how large beads appear");
    const auto options = std::make_shared<DescribeOptions>();
    add_phantom_file(*command, options->phantom);
    add_rig(*command, options->rig);
    command->add_flag("--json", options->as_json,
                      "Print JSON, schema stereodrr/phantom-summary/v1");
    command->callback([options, &run] { run = [options] { describe(*options); }; });
}

struct DrawOptions {
    std::string phantom;
    std::string rig;
    std::string folder;
};

void draw(const DrawOptions& options) {
    const drr::MarkerPhantom phantom = drr::read_phantom(options.phantom);
    const auto rig = options.rig.empty() ? drr::StereoRigSpec{} : drr::read_rig(options.rig);
    const std::filesystem::path folder = options.folder;
    // All pictures before the first file, so that an error leaves nothing behind.
    std::vector<std::pair<std::string, std::string>> files;
    files.emplace_back("drawing.png", phantom_drawing(phantom, summarize(phantom, rig)));
    const auto steps = building_steps(phantom);
    std::vector<std::string> pictures(steps.size());
    drr::parallel_for(steps.size(), [&](std::size_t n) {
        pictures[n] = building_step_picture(phantom, steps, n);
    });
    for (std::size_t n = 0; n < steps.size(); ++n)
        files.emplace_back(fmt::format("step-{:02}.png", n + 1), std::move(pictures[n]));
    const auto plans = steps.empty() ? bead_plans(phantom) : std::vector<std::string>{};
    for (std::size_t n = 0; n < plans.size(); ++n)
        files.emplace_back(fmt::format("beads-{:02}.png", n + 1), plans[n]);
    drr::make_folder(folder);
    for (const auto& [name, content] : files) {
        drr::write_file(folder / name, content);
        fmt::print("written: {}\n", (folder / name).string());
    }
}

void add_draw(CLI::App& parent, Run& run) {
    auto* command = parent.add_subcommand(
        "draw", "Draw a phantom with its dimensions, and how to build it (PNG)");
    const auto options = std::make_shared<DrawOptions>();
    add_phantom_file(*command, options->phantom);
    command->add_option("-o,--output", options->folder, "Folder to write to")->required();
    add_rig(*command, options->rig);
    command->callback([options, &run] { run = [options] { draw(*options); }; });
}

struct ExportOptions {
    std::string phantom;
    std::string frame_specification;
    std::string references;
    std::string stl;
    std::string unit = "mm";
    drr::FrameSpecificationOptions writing;
    drr::TessellationOptions tessellation;
};

void export_files(const ExportOptions& options) {
    drr::FrameSpecificationOptions writing = options.writing;
    writing.unit = drr::length_unit(options.unit);
    const drr::MarkerPhantom phantom = drr::read_phantom(options.phantom);
    // All contents before the first file, so that an error leaves nothing behind.
    std::vector<std::pair<std::string, std::string>> files;
    if (!options.frame_specification.empty())
        files.emplace_back(options.frame_specification, frame_specification_csv(phantom, writing));
    if (!options.references.empty())
        files.emplace_back(options.references, references_text(marked_beads(phantom)));
    if (!options.stl.empty())
        files.emplace_back(
            options.stl,
            drr::stl_bytes(tessellate(solid_parts(phantom), options.tessellation), phantom.name));
    drr::require(!files.empty(), "give --frame-specification, --references or --stl");
    for (const auto& [path, content] : files) {
        drr::write_file(path, content);
        fmt::print("written: {}\n", path);
    }
}

void add_export(CLI::App& parent, Run& run) {
    auto* command =
        parent.add_subcommand("export", "Write what other programs read: XMALab's files, STL");
    const auto options = std::make_shared<ExportOptions>();
    add_phantom_file(*command, options->phantom);
    command->add_option("--frame-specification", options->frame_specification,
                        "CSV file of the beads' positions (XMALab)");
    command->add_option("--references", options->references,
                        "File .ref of the beads that the references mark (XMALab)");
    command->add_option("--stl", options->stl, "Binary STL file, mm");
    command->add_option("--unit", options->unit, "Unit of the frame specification: mm or cm")
        ->capture_default_str();
    command->add_flag("--white", options->writing.white_beads,
                      "Say in the frame specification that beads are bright");
    command->add_flag("--names", options->writing.names,
                      "Names of beads in the frame specification's fourth column");
    command
        ->add_option("--deviation-mm", options->tessellation.max_deviation_mm,
                     "How far facets may lie below round surfaces (STL)")
        ->capture_default_str();
    command->callback([options, &run] { run = [options] { export_files(*options); }; });
}

struct VoxelizeArguments {
    std::string phantom;
    std::string output;
    drr::VoxelizeOptions voxelize;
};

void voxelize(const VoxelizeArguments& arguments) {
    drr::VoxelizeOptions options = arguments.voxelize;
    options.progress = progress_bar();
    const drr::CtVolume volume = voxelize_phantom(drr::read_phantom(arguments.phantom), options);
    drr::write_ct(arguments.output, volume);
    fmt::print("{} x {} x {} voxels of {:g} mm, HU at {:g} keV\nwritten: {}\n", volume.sizes[0],
               volume.sizes[1], volume.sizes[2], options.voxel_mm, options.energy_kev,
               arguments.output);
}

void add_voxelize(CLI::App& parent, Run& run) {
    auto* command =
        parent.add_subcommand("voxelize", "Write a volume in HU, as a CT of the phantom");
    const auto arguments = std::make_shared<VoxelizeArguments>();
    add_phantom_file(*command, arguments->phantom);
    command->add_option("-o,--output", arguments->output, "MetaImage file (.mha) of floats")
        ->required();
    command->add_option("--voxel-mm", arguments->voxelize.voxel_mm, "Edge of the voxels")
        ->capture_default_str();
    command
        ->add_option("--energy-kev", arguments->voxelize.energy_kev,
                     "Photon energy that the CT numbers hold for")
        ->capture_default_str();
    command
        ->add_option("--lines-across", arguments->voxelize.lines_across,
                     "Lines across a voxel that fill it in part")
        ->capture_default_str();
    command->callback([arguments, &run] { run = [arguments] { voxelize(*arguments); }; });
}

struct ImportOptions {
    std::string frame_specification;
    std::string references;
    std::string output;
    std::string unit = "mm";
    std::string name;
    drr::FrameSpecificationReadOptions reading;
};

void import_phantom(const ImportOptions& options) {
    drr::FrameSpecificationReadOptions reading = options.reading;
    reading.unit = drr::length_unit(options.unit);
    (void)drr::find_material(reading.bead_material);
    drr::FrameSpecification read =
        drr::read_frame_specification(options.frame_specification, reading);
    drr::MarkerPhantom& phantom = read.phantom;
    if (!options.name.empty()) phantom.name = options.name;
    if (!options.references.empty())
        for (const drr::MarkedBead& bead :
             drr::read_references(options.references, static_cast<int>(phantom.beads.size())))
            phantom.beads[static_cast<std::size_t>(bead.number - 1)].name = bead.name;
    drr::write_file(options.output, phantom_yaml(phantom));
    const Eigen::Vector3d size = drr::extent(solid_parts(phantom)).size_mm();
    fmt::print("{} {}beads over {:.4g} x {:.4g} x {:.4g} mm\nwritten: {}\n", phantom.beads.size(),
               read.white_beads ? "bright " : "", size.x(), size.y(), size.z(), options.output);
}

void add_import(CLI::App& parent, Run& run) {
    auto* command =
        parent.add_subcommand("import", "Make a phantom file from a frame specification (XMALab)");
    const auto options = std::make_shared<ImportOptions>();
    command
        ->add_option("frame-specification", options->frame_specification,
                     "CSV file: a header x,y,z, then a bead a line")
        ->required();
    command->add_option("--references", options->references,
                        "File .ref; the beads that it marks get its names");
    command->add_option("-o,--output", options->output, "Phantom file (YAML) to write")->required();
    command->add_option("--diameter-mm", options->reading.bead_diameter_mm, "Of the beads")
        ->required();
    command->add_option("--material", options->reading.bead_material, "Of the beads")
        ->capture_default_str();
    command->add_option("--unit", options->unit, "Unit of the frame specification: mm or cm")
        ->capture_default_str();
    command->add_option("--name", options->name, "Name of the phantom; default: the file's");
    command->callback([options, &run] { run = [options] { import_phantom(*options); }; });
}

}  // namespace

void add_phantom(CLI::App& app, Run& run) {
    auto* command =
        app.add_subcommand("phantom", "Describe, draw, export, voxelize and import phantoms");
    command->require_subcommand(1);
    add_describe(*command, run);
    add_draw(*command, run);
    add_export(*command, run);
    add_voxelize(*command, run);
    add_import(*command, run);
}

}  // namespace tools
