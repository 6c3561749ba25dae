#include "commands/commands.hpp"
#include "outputs/json_values.hpp"
#include "outputs/plus_minus.hpp"
#include "outputs/significance_json.hpp"
#include "pictures/drift_picture.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <stereo/calib/calibration_json.hpp>
#include <stereo/calib/observations_io.hpp>

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <memory>

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

struct DriftArguments {
    std::vector<std::string> files;
    std::string beads;
    std::vector<double> times;
    bool as_json = false;
    std::string folder;
};

Json json_of(const DriftArguments& arguments, const stereo::Drift& drift) {
    Json items = Json::array();
    for (std::size_t i = 0; i < drift.items.size(); ++i) {
        const auto& item = drift.items[i];
        Json entry = {{"time", item.time},
                      {"difference_from_others", json_list(item.difference)},
                      {"sd", json_list(item.sd)},
                      {"significance", significance_json(item.significance)}};
        if (arguments.beads.empty()) entry["file"] = arguments.files[i];
        items.push_back(entry);
    }
    Json trends = Json::array();
    for (const auto& trend : drift.trends)
        trends.push_back({{"name", trend.name},
                          {"slope_per_time", trend.slope},
                          {"sd", trend.sd},
                          {"p_value", trend.p_value}});
    return {{"schema", "stereodrr/drift/v1"},
            {"version", drr::version()},
            {"git_commit", drr::git_commit()},
            {"beads", arguments.beads},
            {"summary", drift.summary},
            {"names", drift.names},
            {"mean", json_list(drift.mean)},
            {"mean_sd", json_list(drift.mean_sd)},
            {"stable", significance_json(drift.stable)},
            {"items", items},
            {"trends", trends},
            {"trend", significance_json(drift.trend)}};
}

std::string verdict(const stereo::Significance& s) {
    return fmt::format("chi-square {:>9.1f} of {:>5}, p = {:<8.2g} {:>5.1f} sd", s.chi_square,
                       s.degrees_of_freedom, s.p_value, s.sigmas());
}

std::string text_of(const DriftArguments& arguments, const stereo::Drift& drift) {
    std::string text = "each beside the mean of the others\n";
    for (std::size_t i = 0; i < drift.items.size(); ++i) {
        const auto& item = drift.items[i];
        text += fmt::format("  time {:>8g}  {}  {}\n", item.time, verdict(item.significance),
                            arguments.beads.empty() ? arguments.files[i] : "");
    }
    text += fmt::format("all about one mean  {}\n\n", verdict(drift.stable));
    text += fmt::format("{:<28} {:>12}    {:>10} {:>14}    {:>10} {:>8}\n", "parameter", "mean",
                        "sd", "per time", "sd", "p");
    for (std::size_t i = 0; i < drift.trends.size(); ++i) {
        const auto& trend = drift.trends[i];
        const auto at = static_cast<Eigen::Index>(i);
        text += fmt::format("{:<28} {} {} {:>8.2g}\n", trend.name,
                            plus_minus(drift.mean[at], drift.mean_sd[at], 5, 12, 10),
                            plus_minus(trend.slope, trend.sd, 6, 14, 10), trend.p_value);
    }
    return text + fmt::format("no trend at all  {}\n", verdict(drift.trend));
}

stereo::Drift drift_of(const DriftArguments& arguments) {
    if (!arguments.beads.empty())
        return stereo::bead_drift(stereo::read_observations(arguments.beads).observations,
                                  arguments.times);
    std::vector<stereo::Calibration> calibrations;
    for (const auto& file : arguments.files)
        calibrations.push_back(stereo::read_calibration(file));
    return stereo::calibration_drift(calibrations, arguments.times);
}

void drift(const DriftArguments& arguments) {
    drr::require(arguments.files.empty() != arguments.beads.empty(),
                 "give calibrations or --beads");
    const stereo::Drift result = drift_of(arguments);
    const std::string json = json_of(arguments, result).dump(1) + "\n";
    fmt::print("{}", arguments.as_json ? json : text_of(arguments, result));
    if (arguments.folder.empty()) return;
    const std::filesystem::path folder = arguments.folder;
    drr::make_folder(folder);
    drr::write_file(folder / "drift.json", json);
    drr::write_file(folder / "drift.png", drift_picture(result));
}

}  // namespace

void add_drift(CLI::App& app, Run& run) {
    const auto a = std::make_shared<DriftArguments>();
    CLI::App* command = app.add_subcommand(
        "drift", "Whether a rig stood still over a series of calibrations, or before fixed beads");
    command->add_option("calibrations", a->files, "calibration.json files, two or more, in order");
    command->add_option("--beads", a->beads,
                        "Instead: sightings of beads that stand still (observations.csv), whose "
                        "poses are the occasions");
    command
        ->add_option("--times", a->times,
                     "Of each calibration or occasion, in any unit (default 0,1,2,...)")
        ->delimiter(',');
    command->add_flag("--json", a->as_json, "Print JSON instead of tables");
    command->add_option("-o,--output", a->folder, "Folder for drift.json and drift.png");
    command->callback([a, &run] { run = [a] { drift(*a); }; });
}

}  // namespace tools
