#include "commands/commands.hpp"
#include "inputs/ct_options.hpp"
#include "inputs/orbit.hpp"
#include "inputs/projector_choice.hpp"
#include "inputs/view_options.hpp"
#include "outputs/render_output.hpp"
#include "outputs/render_record.hpp"
#include "progress/interruption.hpp"
#include "progress/progress_bar.hpp"

#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <drr/geometry/view_files.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace tools {
namespace {

namespace fs = std::filesystem;

struct RenderOptions {
    CtOptions ct;
    AttenuationOptions attenuation;
    std::string rig;
    ViewOptions detector;
    ProjectorChoice projector;
    OutputOptions output;
    std::vector<std::size_t> views;  ///< of the rig; empty: all
    std::string orbit;               ///< START:STOP:STEP; empty: none
};

void print_setup(const drr::CtReadResult& ct, const drr::ViewSet& set,
                 const Eigen::Vector3d& isocentre_mm) {
    fmt::print("{}\n", ct.source);
    fmt::print("volume      {}\n", describe_grid(ct));
    fmt::print("isocentre   {:.2f} {:.2f} {:.2f} mm (LPS)\n", isocentre_mm.x(), isocentre_mm.y(),
               isocentre_mm.z());
    if (set.rig)
        fmt::print("rig         SDD {:g} mm, magnification {:.3f}, baseline {:.2f} mm\n",
                   set.rig->sdd_mm, set.rig->sdd_mm / set.rig->source_isocentre_mm,
                   drr::baseline_mm({set.views[0], set.views[1]}));
    else
        fmt::print("views       {}\n", set.views.size());
}

void print_window(const drr::GreyWindow& window) {
    fmt::print("window      {:.4g} to {:.4g} {}{}\n", window.low, window.high,
               window.scale == drr::GreyScale::log ? "line integral" : "of the beam",
               window.inverted ? ", inverted" : "");
}

void print_copies(const drr::VolumeCopies& copies) {
    if (copies.count > 0)
        fmt::print("copies      {} of the volume for SIMD, {:.0f} MB, made in {:.0f} ms\n",
                   copies.count, static_cast<double>(copies.bytes) * 1e-6, copies.seconds * 1e3);
}

/// The views that were asked for, all of them where none was.
std::vector<NamedView> chosen_views(std::span<const drr::XrayView> all,
                                    const std::vector<std::size_t>& chosen) {
    for (const std::size_t n : chosen)
        if (n >= all.size())
            throw drr::Error(
                drr::ErrorCode::usage,
                fmt::format("there is no view {}, they are 0 to {}", n, all.size() - 1), "--view");
    std::vector<NamedView> views;
    for (std::size_t n = 0; n < all.size(); ++n)
        if (chosen.empty() || std::find(chosen.begin(), chosen.end(), n) != chosen.end()) {
            const std::string name = fmt::format("view{}", n);
            views.push_back({name, all[n], name});
        }
    return views;
}

std::string table_row(const std::string& name, const drr::Image<float>& image,
                      const std::string& file) {
    const auto& values = image.pixels();
    return fmt::format(
        "{:<10} {:10.4f} {:10.4f}   {}\n", name,
        std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()),
        *std::max_element(values.begin(), values.end()), file);
}

void print_table(const std::vector<std::string>& rows) {
    constexpr std::size_t max_rows = 8;
    const bool all = rows.size() <= max_rows;
    fmt::print("\n{:<10} {:>10} {:>10}   {}\n", "view", "mean", "max", "line integral");
    for (std::size_t n = 0; n < rows.size(); ++n)
        if (all || n < 2 || n + 2 >= rows.size())
            fmt::print("{}", rows[n]);
        else if (n == 2)
            fmt::print("... {} more\n", rows.size() - 4);
}

/// Study and series of DICOM images: what was asked for, wherever the files lay.
drr::DicomImageOptions dicom_options(json record, const Eigen::Vector3d& isocentre_mm) {
    record["ct"].erase("path");
    record["ct"].erase("warnings");
    record["rig"].erase("file");
    return {.study = record["ct"].dump(),
            .series = record.dump(),
            .isocentre_in_world_mm = isocentre_mm};
}

void render(const RenderOptions& options) {
    std::optional<Orbit> orbit;
    if (!options.orbit.empty()) orbit = read_orbit(options.orbit);
    const drr::HuToMu hu_to_mu = make_hu_to_mu(options.attenuation);
    drr::ViewSet set = drr::read_views(options.rig, options.detector.detector());
    const drr::CtReadResult ct = read_ct(options.ct);
    // What a file of views without a rig turns about, and what DICOM takes for the patient.
    const Eigen::Vector3d volume_centre = ct.volume.centre_in_world_mm();
    set.place_rig(volume_centre);
    const Eigen::Vector3d isocentre = set.rig ? set.rig->isocentre_mm.value() : volume_centre;
    std::vector<NamedView> views = chosen_views(set.views, options.views);
    if (orbit) views = orbit_frames(views, *orbit, isocentre);
    // One bar at a time: of the frames of a sequence, else of a slow image.
    const drr::ProgressSink frame_progress = orbit ? progress_bar() : drr::ProgressSink();
    const auto projector = make_projector(options.projector, ct.volume, hu_to_mu,
                                          orbit ? drr::ProgressSink() : progress_bar());
    const drr::GreyWindow window = choose_window(options.output, *projector, views);
    json record = {{"schema", "stereodrr/render/v1"},
                   {"version", drr::version()},
                   {"git_commit", drr::git_commit()},
                   {"ct", ct_json(options.ct, ct)},
                   {"attenuation", attenuation_json(options.attenuation, hu_to_mu)},
                   {"projector", projector_json(options.projector)},
                   {"rig", rig_json(options.rig, set)},
                   {"picture_window", window_json(window)}};
    if (orbit)
        record["orbit"] = {{"start_deg", orbit->start_deg},
                           {"stop_deg", orbit->stop_deg},
                           {"step_deg", orbit->step_deg}};
    const drr::DicomImageOptions settings = dicom_options(record, isocentre);

    const fs::path folder = options.output.folder;
    drr::make_folder(folder);
    std::error_code absent;
    fs::remove(folder / "render.json", absent);  // it comes last: where it stands, all files do
    std::vector<std::string> table;
    json views_json = json::array();
    const Interruption interruption;
    for (const NamedView& view : views) {
        const auto image = projector->line_integrals(view.view);
        drr::DicomImageOptions dicom = settings;
        dicom.series += view.series;
        dicom.series_description = view.series;
        dicom.instance_number = view.number;
        const auto files = write_outputs(options.output, view, image, window, dicom);
        views_json.push_back(view_json(view, files));
        table.push_back(
            table_row(view.name, image, files.empty() ? "" : (folder / files.front()).string()));
        Interruption::end_if_asked();
        if (frame_progress) frame_progress("frames", table.size(), views.size());
    }
    record["views"] = views_json;
    drr::write_file(folder / "render.json", record.dump(2) + "\n");

    print_setup(ct, set, isocentre);
    print_window(window);
    print_copies(projector->copies());
    print_table(table);
}

}  // namespace

void add_render(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand("render", "Render radiographs from a CT");
    const auto options = std::make_shared<RenderOptions>();
    command
        ->add_option("--ct", options->ct.path,
                     "Folder of DICOM files, or a NIfTI, NRRD or MetaImage file")
        ->required();
    command
        ->add_option("--rig", options->rig,
                     "A rig or views (YAML), an RTK geometry (XML) or 3x4 matrices (text)")
        ->required();
    add_view_options(*command, options->detector);
    add_reading_options(*command, options->ct);
    add_attenuation_options(*command, options->attenuation);
    command
        ->add_option("--view", options->views,
                     "Views to render by their number from 0; all by default")
        ->delimiter(',');
    command->add_option("--orbit", options->orbit,
                        "A sequence that turns the rig about the patient's long axis, "
                        "START:STOP:STEP in degrees, e.g. 0:360:1");
    add_projector_options(*command, options->projector);
    add_output_options(*command, options->output);
    command->callback([options, &run] { run = [options] { render(*options); }; });
}

}  // namespace tools
