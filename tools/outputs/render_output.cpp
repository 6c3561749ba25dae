#include "outputs/render_output.hpp"

#include "commands/commands.hpp"
#include "inputs/colon_numbers.hpp"

#include <drr/imaging/float_image_io.hpp>
#include <drr/imaging/image_io.hpp>

#include <algorithm>
#include <filesystem>

namespace tools {
namespace {

/// The rays of every n-th pixel of a view, where n leaves at most `max_side_px` on a side.
drr::XrayView sparse_view(drr::XrayView view, int max_side_px) {
    const int n = (std::max(view.width_px, view.height_px) + max_side_px - 1) / max_side_px;
    const int first = (n - 1) / 2;
    view.pixel_pitch_mm *= n;
    view.principal_point_px = (view.principal_point_px.array() - first) / n;
    view.width_px = (view.width_px - first - 1) / n + 1;
    view.height_px = (view.height_px - first - 1) / n + 1;
    return view;
}

std::vector<float> sample_line_integrals(const drr::Projector& projector,
                                         const std::vector<NamedView>& views) {
    constexpr std::size_t max_views = 16;
    constexpr int max_side_px = 128;
    const std::size_t count = std::min(max_views, views.size());
    std::vector<float> values;
    for (std::size_t n = 0; n < count; ++n) {
        const auto image = projector.line_integrals(
            sparse_view(views[n * views.size() / count].view, max_side_px));
        values.insert(values.end(), image.pixels().begin(), image.pixels().end());
    }
    return values;
}

}  // namespace

void add_output_options(CLI::App& command, OutputOptions& options) {
    command.add_option("-o,--output", options.folder, "Folder to write to")->required();
    command
        .add_option("--line-integrals", options.line_integrals,
                    "Files of line integrals as 32-bit floats: mha, nrrd, tiff; or none")
        ->check(CLI::IsMember({"mha", "nrrd", "tiff", "none"}))
        ->delimiter(',')
        ->capture_default_str();
    command
        .add_option("--picture", options.pictures,
                    "Files of pictures of 16 bits: png, tiff, dicom; or none")
        ->check(CLI::IsMember({"png", "tiff", "dicom", "none"}))
        ->delimiter(',')
        ->capture_default_str();
    command
        .add_option("--scale", options.scale,
                    "What grey values are linear in: log (the line integral) or intensity (the "
                    "share of the beam that passes)")
        ->check(CLI::IsMember({"log", "intensity"}))
        ->capture_default_str();
    command
        .add_option("--window", options.window,
                    "Values of the scale at the ends of the greys, LOW:HIGH, or auto")
        ->capture_default_str();
    command.add_flag("--invert", options.inverted, "Pictures with what attenuates dark");
}

drr::GreyWindow choose_window(const OutputOptions& options, const drr::Projector& projector,
                              const std::vector<NamedView>& views) {
    const auto scale = options.scale == "log" ? drr::GreyScale::log : drr::GreyScale::intensity;
    drr::GreyWindow window;
    const bool automatic = options.window == "auto";
    if (!automatic) {
        const auto ends = colon_numbers(options.window, "--window", "LOW:HIGH");
        window = {scale, ends[0], ends[1]};
        window.validate();
    }
    const auto found = drr::automatic_window(sample_line_integrals(projector, views), scale);
    if (!found)
        throw NoResult("all views are empty: no ray meets the volume; check the rig's isocentre");
    if (automatic) window = *found;
    window.inverted = options.inverted;
    return window;
}

bool wants_line_integrals(const OutputOptions& options) {
    return std::any_of(options.line_integrals.begin(), options.line_integrals.end(),
                       [](const std::string& format) { return format != "none"; });
}

std::vector<std::string> write_line_integrals(const OutputOptions& options, const NamedView& view,
                                              const drr::Image<float>& line_integrals) {
    std::vector<std::string> names;
    for (const std::string& format : options.line_integrals) {
        if (format == "none") continue;
        // A picture may be a TIFF too.
        const std::string& name =
            names.emplace_back(view.name + (format == "tiff" ? ".float.tiff" : "." + format));
        drr::write_float_image(std::filesystem::path(options.folder) / name,
                               drr::detector_image(line_integrals, view.view));
    }
    return names;
}

std::vector<std::string> write_outputs(const OutputOptions& options, const NamedView& view,
                                       const drr::Image<float>& line_integrals,
                                       const drr::GreyWindow& window,
                                       const drr::DicomImageOptions& dicom) {
    const std::filesystem::path folder = options.folder;
    std::vector<std::string> names = write_line_integrals(options, view, line_integrals);
    const drr::Image<std::uint16_t> picture = drr::to_16_bits(line_integrals, window);
    for (const std::string& format : options.pictures) {
        if (format == "none") continue;
        const std::string& name =
            names.emplace_back(view.name + (format == "dicom" ? ".dcm" : "." + format));
        if (format == "dicom")
            drr::write_xa_image(folder / name, picture, window, view.view, dicom);
        else
            drr::write_grey_image(folder / name, picture);
    }
    return names;
}

}  // namespace tools
