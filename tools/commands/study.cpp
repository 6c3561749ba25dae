#include "commands/commands.hpp"
#include "inputs/study_share.hpp"
#include "outputs/study_plan.hpp"
#include "outputs/study_tables.hpp"
#include "progress/study_progress.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/trials/runner.hpp>
#include <stereo/trials/study_report.hpp>
#include <stereo/trials/study_scenes.hpp>
#include <stereo/trials/study_summary.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <memory>

namespace tools {
namespace {

// Where Debian's python3-plotly puts it.
constexpr const char* plotly_js = "/usr/share/python3-plotly/plotly.js";

struct Arguments {
    std::string study;
    std::string folder;
    std::string share;
    bool dry_run = false;
    bool quiet = false;
};

void write_results(const std::filesystem::path& folder, bool quiet) {
    const stereo::StudySummary summary = stereo::summarize(stereo::StudyTrials(folder));
    drr::write_file(folder / "summary.json", stereo::study_summary_json(summary));
    const std::filesystem::path scenes = folder / stereo::scenes_file;
    drr::write_file(folder / "report.html",
                    stereo::study_report_html(
                        summary, std::filesystem::exists(scenes) ? drr::read_text_file(scenes) : "",
                        plotly_js));
    if (quiet) return;
    print_conditions(summary);
    print_leaderboard(summary);
    print_failures(summary);
}

void run_study(const Arguments& arguments) {
    const stereo::Study study(arguments.study);
    if (arguments.dry_run) {
        print_plan(study);
        return;
    }
    drr::require(!arguments.folder.empty(), "-o DIR: where the trials go");
    const std::filesystem::path folder = arguments.folder;
    const stereo::StudyRun run =
        stereo::run_study(study, folder, share_of(arguments.share), study_progress());
    if (run.missing > 0) {
        fmt::print("{}: other processes still run, or run this again\n", run.summary);
        return;
    }
    write_results(folder, arguments.quiet);
    fmt::print("\n{}\nreport: {}\n", run.summary, (folder / "report.html").string());
}

void print_status(const std::filesystem::path& folder) {
    const stereo::StudyTrials trials(folder);
    const stereo::StudyOutline& outline = trials.outline();
    const auto counts = trials.counts();
    const std::size_t total = outline.trial_count();
    fmt::print("{}: {} of {} trials ({:.1f} %), {} failed, {:.0f} s of procedures\n", outline.name,
               counts.trials, total,
               100.0 * static_cast<double>(counts.trials) / static_cast<double>(total),
               counts.failed, counts.seconds);
}

CLI::App* folder_command(CLI::App* study, const char* name, const char* what,
                         const std::shared_ptr<std::string>& folder) {
    CLI::App* command = study->add_subcommand(name, what);
    command->add_option("folder", *folder, "Folder of the study's trials")->required();
    return command;
}

}  // namespace

void add_study(CLI::App& app, Run& run) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = app.add_subcommand(
        "study", "Thousands of experiments: what a study file varies, each trial scored");
    command->add_option("study", arguments->study, "Study file");
    command->add_option("-o,--output", arguments->folder,
                        "Folder of the trials; a run that was broken off goes on there");
    command->add_option("--share", arguments->share,
                        "K/N: this process's part of the trials, for arrays of jobs; under mpirun "
                        "its rank by itself");
    command->add_flag("--dry-run", arguments->dry_run,
                      "Only say how many trials there are, how long they take, how large they get");
    command->add_flag("--quiet", arguments->quiet, "Do not print the tables");
    command->callback([arguments, &run, command] {
        if (!command->get_subcommands().empty()) return;
        if (arguments->study.empty()) throw CLI::RequiredError("study");
        run = [arguments] { run_study(*arguments); };
    });

    auto folder = std::make_shared<std::string>();
    folder_command(command, "status", "How far a study is", folder)->callback([folder, &run] {
        run = [folder] { print_status(*folder); };
    });
    folder_command(command, "summary",
                   "Tables, summary.json and report.html of the trials that there are", folder)
        ->callback([folder, &run] { run = [folder] { write_results(*folder, false); }; });
    auto table = std::make_shared<std::string>();
    CLI::App* to_csv = folder_command(command, "export", "All trials as one table", folder);
    to_csv->add_option("-o,--output", *table, "CSV file")->required();
    to_csv->callback([folder, table, &run] {
        run = [folder, table] { stereo::export_csv(stereo::StudyTrials(*folder), *table); };
    });
}

}  // namespace tools
