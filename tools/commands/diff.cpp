#include "commands/commands.hpp"
#include "inputs/volume_option.hpp"
#include "outputs/json_values.hpp"
#include "outputs/plus_minus.hpp"
#include "outputs/significance_json.hpp"
#include "pictures/calibration_pictures.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <stereo/calib/calibration_json.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

struct DiffArguments {
    std::string first;
    std::string second;
    std::vector<double> volume_mm;
    int steps = stereo::WorkingVolume().steps;
    bool as_json = false;
    std::string folder;
};

Json json_of(const DiffArguments& arguments, const stereo::WorkingVolume& volume,
             const stereo::CalibrationComparison& c) {
    Json parameters = Json::array();
    for (std::size_t i = 0; i < c.names.size(); ++i)
        parameters.push_back({{"name", c.names[i]},
                              {"difference", c.difference[static_cast<Eigen::Index>(i)]},
                              {"sd", c.sd[static_cast<Eigen::Index>(i)]}});
    Json json = {{"schema", "stereodrr/diff/v1"},
                 {"version", drr::version()},
                 {"git_commit", drr::git_commit()},
                 {"first", arguments.first},
                 {"second", arguments.second},
                 {"summary", c.summary},
                 {"significance", significance_json(c.significance)},
                 {"parameters", parameters}};
    if (c.points.empty()) return json;
    Json points = Json::array();
    for (const auto& point : c.points)
        points.push_back({{"point_mm", json_list(point.point_mm)},
                          {"difference_mm", json_list(point.difference_mm)},
                          {"covariance_mm2", json_rows(point.covariance_mm2)},
                          {"p_value", point.significance.p_value},
                          {"standard_deviations", point.significance.sigmas()}});
    json["map"] = {{"low_mm", json_list(volume.low_mm)},
                   {"high_mm", json_list(volume.high_mm)},
                   {"first_from_second_mm", json_rows(c.first_from_second.matrix34())},
                   {"rms_mm", c.rms_mm},
                   {"expected_rms_mm", c.expected_rms_mm},
                   {"max_mm", c.max_mm},
                   {"points", points}};
    return json;
}

std::string text_of(const stereo::CalibrationComparison& c) {
    std::string text =
        fmt::format("{:<28} {:>12}    {:>10} {:>8}\n", "second minus first", "", "sd", "over sd");
    for (std::size_t i = 0; i < c.names.size(); ++i) {
        const auto at = static_cast<Eigen::Index>(i);
        text += fmt::format("{:<28} {} {:>8.2f}\n", c.names[i],
                            plus_minus(c.difference[at], c.sd[at], 5, 12, 10),
                            c.difference[at] / c.sd[at]);
    }
    text += fmt::format(
        "\nall {} together: chi-square {:.1f}, p = {:.2g}, as {:.1f} standard deviations\n",
        c.names.size(), c.significance.chi_square, c.significance.p_value, c.significance.sigmas());
    if (c.points.empty()) return text;
    const auto worst =
        std::max_element(c.points.begin(), c.points.end(), [](const auto& a, const auto& b) {
            return a.difference_mm.norm() < b.difference_mm.norm();
        });
    const auto beyond = std::count_if(c.points.begin(), c.points.end(), [](const auto& point) {
        return point.significance.p_value < 0.05;
    });
    return text +
           fmt::format(
               "over the volume, after the best rigid motion between the worlds ({} points)\n"
               "  RMS {:.4f} mm; {:.4f} mm expected by the error bars, were there no change\n"
               "  largest {:.4f} mm at ({:.1f}, {:.1f}, {:.1f}) mm, {:.1f} standard deviations\n"
               "  {:.0f} % of the points beyond their region of 95 %\n",
               c.points.size(), c.rms_mm, c.expected_rms_mm, c.max_mm, worst->point_mm.x(),
               worst->point_mm.y(), worst->point_mm.z(), worst->significance.sigmas(),
               100.0 * static_cast<double>(beyond) / static_cast<double>(c.points.size()));
}

void diff(const DiffArguments& arguments) {
    const stereo::Calibration first = stereo::read_calibration(arguments.first);
    const stereo::Calibration second = stereo::read_calibration(arguments.second);
    stereo::WorkingVolume volume;
    if (first.views.size() > 1) {
        volume = volume_of(arguments.volume_mm, first);
        volume.steps = arguments.steps;
    }
    const auto comparison = stereo::compare_calibrations(first, second, volume);
    const std::string json = json_of(arguments, volume, comparison).dump(1) + "\n";
    fmt::print("{}", arguments.as_json ? json : text_of(comparison));
    if (arguments.folder.empty()) return;
    const std::filesystem::path folder = arguments.folder;
    drr::make_folder(folder);
    drr::write_file(folder / "diff.json", json);
    if (const auto map = difference_picture(comparison, first, second, volume); !map.empty())
        drr::write_file(folder / "diff.png", map);
}

}  // namespace

void add_diff(CLI::App& app, Run& run) {
    const auto a = std::make_shared<DiffArguments>();
    CLI::App* command = app.add_subcommand(
        "diff", "The difference of two calibrations over the working volume, and its significance");
    command->add_option("first", a->first, "calibration.json")->required();
    command->add_option("second", a->second, "calibration.json of the same rig")->required();
    add_volume_option(*command, a->volume_mm);
    command->add_option("--steps", a->steps, "Points along each edge of the volume (default 5)")
        ->check(CLI::Range(2, 100));
    command->add_flag("--json", a->as_json, "Print JSON instead of tables");
    command->add_option("-o,--output", a->folder, "Folder for diff.json and diff.png");
    command->callback([a, &run] { run = [a] { diff(*a); }; });
}

}  // namespace tools
