#include "commands/commands.hpp"
#include "inputs/ct_options.hpp"
#include "outputs/json_values.hpp"
#include "progress/progress_bar.hpp"

#include <drr/core/error.hpp>
#include <drr/core/order_statistics.hpp>
#include <drr/core/version.hpp>
#include <drr/volume/dicom_series.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tools {
namespace {

using json = nlohmann::ordered_json;

struct VolumeOptions {
    CtOptions ct;
    bool as_json = false;
};

json header() {
    return {{"schema", "stereodrr/volume/v1"},
            {"version", drr::version()},
            {"git_commit", drr::git_commit()}};
}

Eigen::Vector3d last_in_world_mm(const drr::DicomSeries& series) {
    const drr::StackGeometry& stack = series.stack;
    const Eigen::Vector2d shift = stack.shifts_mm.back();
    return stack.first_in_world_mm +
           stack.direction * Eigen::Vector3d(shift.x(), shift.y(),
                                             stack.heights_mm.back() - stack.heights_mm.front());
}

json series_json(const drr::DicomSeries& series, std::size_t number, const std::string& obstacle) {
    const drr::StackGeometry& stack = series.stack;
    json gaps = json::array();
    for (const drr::SliceGap& gap : stack.gaps)
        gaps.push_back({{"from_mm", gap.from_mm}, {"to_mm", gap.to_mm}, {"missing", gap.missing}});
    return {{"number", number},
            {"uid", series.uid},
            {"series_number", series.series_number},
            {"modality", series.modality},
            {"description", series.description},
            {"slices", series.paths.size()},
            {"columns", series.grid.columns},
            {"rows", series.grid.rows},
            {"pixel_spacing_mm", json_list(series.grid.spacing_mm)},
            {"thickness_mm", series.thickness_mm},
            {"step_mm",
             {{"median", stack.median_step_mm},
              {"least", stack.least_step_mm},
              {"largest", stack.largest_step_mm},
              {"even", stack.even}}},
            {"direction", json_rows(stack.direction)},
            {"first_position_mm", json_list(stack.first_in_world_mm)},
            {"last_position_mm", json_list(last_in_world_mm(series))},
            {"shear", json_list(stack.shear)},
            {"gaps", gaps},
            {"obstacle", obstacle.empty() ? json(nullptr) : json(obstacle)}};
}

std::string steps_of(const drr::StackGeometry& stack) {
    if (stack.heights_mm.size() == 1) return "-";
    if (stack.even) return fmt::format("{:.4g}", stack.median_step_mm);
    return fmt::format("{:.4g}-{:.4g}", stack.least_step_mm, stack.largest_step_mm);
}

void list_series(const VolumeOptions& options) {
    drr::VolumeReadOptions reading = options.ct.reading;
    reading.progress = progress_bar();
    const drr::DicomFolder folder = drr::list_dicom_series(options.ct.path, reading);
    if (folder.series.empty() && folder.left_out.empty())
        throw drr::Error(drr::ErrorCode::invalid_file, "holds no DICOM file of an image",
                         options.ct.path);
    std::vector<std::string> obstacles;
    for (const drr::DicomSeries& series : folder.series)
        obstacles.push_back(why_unreadable(series, reading));
    if (options.as_json) {
        json record = header();
        record["path"] = options.ct.path;
        record["series"] = json::array();
        for (std::size_t n = 0; n < folder.series.size(); ++n)
            record["series"].push_back(series_json(folder.series[n], n + 1, obstacles[n]));
        record["left_out"] = folder.left_out;
        fmt::print("{}\n", record.dump(2));
        return;
    }
    fmt::print("{:>3}  {:<8} {:>6}  {:<11} {:<15} {:<11} {:>8}  {}\n", "", "modality", "slices",
               "pixels", "pixel mm", "step mm", "tilt deg", "series");
    for (std::size_t n = 0; n < folder.series.size(); ++n) {
        const drr::DicomSeries& series = folder.series[n];
        const drr::StackGeometry& stack = series.stack;
        const Eigen::Vector3d first = stack.first_in_world_mm;
        const Eigen::Vector3d last = last_in_world_mm(series);
        fmt::print(
            "{:>3}  {:<8} {:>6}  {:<11} {:<15} {:<11} {:>8.1f}  {} '{}'\n", n + 1, series.modality,
            series.paths.size(), fmt::format("{} x {}", series.grid.columns, series.grid.rows),
            fmt::format("{:.4g} x {:.4g}", series.grid.spacing_mm.x(), series.grid.spacing_mm.y()),
            steps_of(stack), tilt_deg(stack.shear), series.series_number, series.description);
        fmt::print("     {}\n", series.uid);
        fmt::print("     from ({:.2f}, {:.2f}, {:.2f}) to ({:.2f}, {:.2f}, {:.2f}) mm (LPS)\n",
                   first.x(), first.y(), first.z(), last.x(), last.y(), last.z());
        fmt::print("     {}\n", !obstacles[n].empty() ? "not read: " + obstacles[n]
                                : stack.even          ? "CT in HU, evenly spaced"
                                                      : "CT in HU, unevenly spaced: is resampled");
    }
    for (const std::string& file : folder.left_out)
        fmt::print("left out: {}\n", file);
}

constexpr std::array shares{0.01, 0.25, 0.5, 0.75, 0.99};

/// Minimum, the percentiles of `shares`, maximum.
std::vector<float> hu_summary(const std::vector<float>& hu) {
    const auto [low, high] = std::minmax_element(hu.begin(), hu.end());
    std::vector<float> result{*low};
    const float highest = *high;
    for (const double share : shares)
        result.push_back(drr::percentile(hu, share));
    result.push_back(highest);
    return result;
}

void show_volume(const VolumeOptions& options) {
    const drr::CtReadResult ct = read_ct(options.ct);
    const drr::CtVolume& volume = ct.volume;
    const std::vector<float> hu = hu_summary(volume.hu);
    if (options.as_json) {
        json record = header();
        record["volume"] = ct_json(options.ct, ct);
        json percentiles = json::array();
        for (std::size_t n = 0; n < shares.size(); ++n)
            percentiles.push_back({{"percent", 100.0 * shares[n]}, {"hu", hu[n + 1]}});
        record["hu"] = {{"min", hu.front()}, {"max", hu.back()}, {"percentiles", percentiles}};
        fmt::print("{}\n", record.dump(2));
        return;
    }
    const Eigen::Vector3d& origin = volume.origin_mm;
    const Eigen::Vector3d centre = volume.centre_in_world_mm();
    fmt::print("{}\n", ct.source);
    fmt::print("volume      {}\n", describe_grid(ct));
    fmt::print("origin      {:.3f} {:.3f} {:.3f} mm (LPS)\n", origin.x(), origin.y(), origin.z());
    fmt::print("centre      {:.3f} {:.3f} {:.3f} mm\n", centre.x(), centre.y(), centre.z());
    for (int axis = 0; axis < 3; ++axis)
        fmt::print("{:<11} {:8.5f} {:8.5f} {:8.5f}\n", fmt::format("axis {}", "ijk"[axis]),
                   volume.direction(0, axis), volume.direction(1, axis), volume.direction(2, axis));
    fmt::print(
        "HU          min {:.4g}, percentiles 1 25 50 75 99: {:.4g} {:.4g} {:.4g} {:.4g} "
        "{:.4g}, max {:.4g}\n",
        hu[0], hu[1], hu[2], hu[3], hu[4], hu[5], hu[6]);
}

}  // namespace

void add_volume(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand(
        "volume", "Show what a CT file or a folder of DICOM series holds, in LPS");
    const auto options = std::make_shared<VolumeOptions>();
    command
        ->add_option("path", options->ct.path,
                     "Folder of DICOM files (lists its series, or with --series reads one), or a "
                     "NIfTI, NRRD or MetaImage file")
        ->required();
    add_reading_options(*command, options->ct);
    command->add_flag("--json", options->as_json, "Print JSON, schema stereodrr/volume/v1");
    command->callback([options, &run] {
        run = [options] {
            if (options->ct.reading.series.empty() &&
                std::filesystem::is_directory(options->ct.path))
                list_series(*options);
            else
                show_volume(*options);
        };
    });
}

}  // namespace tools
