#include "commands/commands.hpp"
#include "progress/progress_bar.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/imaging/image_io.hpp>
#include <stereo/calib/calibration_io.hpp>
#include <stereo/study/case_folder.hpp>
#include <stereo/study/error_budget.hpp>
#include <stereo/study/report.hpp>
#include <stereo/study/summary_json.hpp>
#include <stereo/study/validation.hpp>

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>

namespace tools {
namespace {

struct Arguments {
    std::string experiment;
    std::string folder;
    std::optional<std::uint64_t> seed;
    bool images = true;
    bool budget = false;
};

void row(const std::string& name, const std::string& value) {
    fmt::print("  {:<34} {}\n", name, value);
}

// value +- claimed standard deviation, and how many of them the value is
std::string with_sd(double error, double sd, const char* unit) {
    return fmt::format("{:+.4f} {} (sd {:.4f})", error, unit, sd);
}

void print_points(const std::string& name, const stereo::PointErrors& e) {
    const auto axes = [](const Eigen::Vector3d& v) {
        return fmt::format("{:8.4f} {:8.4f} {:8.4f}", v.x(), v.y(), v.z());
    };
    fmt::print("  {:<34} {}   {}   {}\n", name, axes(e.bias_mm), axes(e.precision_mm),
               axes(e.rms_mm));
}

void print_table(const stereo::ValidationResult& r) {
    fmt::print("\n{} (seed {})\n", r.spec.name, r.spec.seed);
    fmt::print("\nImages\n");
    std::size_t found = 0;
    for (const auto& image : r.images)
        found += image.detection.beads.size();
    std::size_t certain = 0;
    for (const auto& identity : r.identities)
        certain += identity.ok ? 1 : 0;
    row("beads found", fmt::format("{} in {} images", found, r.images.size()));
    row("poses identified", fmt::format("{} of {}", certain, r.identities.size()));
    row("localization error (1 axis)",
        fmt::format("{:.4f} px RMS, max {:.3f} px, over {} beads", r.localization.sigma_px,
                    r.localization.max_px, r.localization.count));
    if (r.calibration.views.empty()) return;
    fmt::print("\nCalibration ({})\n", r.calibration.summary);
    for (std::size_t v = 0; v < r.view_errors.size(); ++v) {
        const auto& e = r.view_errors[v];
        row(fmt::format("view {} SDD error", v), with_sd(e.sdd_mm, e.sdd_sd_mm, "mm"));
        const char* axis_names[] = {"lateral x", "lateral y", "depth z"};
        for (int axis = 0; axis < 3; ++axis)
            row(fmt::format("view {} source error, {}", v, axis_names[axis]),
                with_sd(e.source_mm[axis], e.source_sd_mm[axis], "mm"));
        for (int axis = 0; axis < 2; ++axis)
            row(fmt::format("view {} principal point error, {}", v, axis == 0 ? "u" : "v"),
                with_sd(e.principal_point_px[axis], e.principal_point_sd_px[axis], "px"));
    }
    row("stereo angle error", with_sd(r.stereo_angle_error_rad / drr::degree,
                                      r.stereo_angle_sd_rad / drr::degree, "deg"));
    const auto& c = r.epipolar.of_calibrated;
    fmt::print("\nEpipolar distance, symmetric (px)\n");
    row("F of the calibration", fmt::format("RMS {:.4f}, median {:.4f}, max {:.4f} over {} matches",
                                            c.rms_px, c.median_px, c.max_px, c.count));
    const auto& f = r.epipolar.ransac;
    row("F by RANSAC",
        f.ok ? fmt::format("RMS {:.4f}, median {:.4f}, max {:.4f}, {} of {} inliers",
                           f.statistics.rms_px, f.statistics.median_px, f.statistics.max_px,
                           f.inlier_count, r.epipolar.a_px.size())
             : f.summary);
    if (f.ok) row("difference of the two", fmt::format("RMS {:.4f}", r.epipolar.difference_rms_px));
    if (r.epipolar.warning)
        fmt::print("  WARNING: epipolar RMS above 1 px: the views do not belong together\n");
    if (r.held_out.empty()) return;
    fmt::print("\nHeld-out beads ({}), errors in mm: x along the baseline, y across, z depth\n",
               r.held_out.size());
    fmt::print("  {:<34} {:^26}   {:^26}   {:^26}\n", "", "bias x y z", "precision x y z",
               "RMS x y z");
    print_points("in the calibrated frame", r.absolute);
    print_points("after rigid alignment", r.aligned);
    print_points("predicted, calibrated frame", r.predicted_absolute);
    print_points("predicted, after alignment", r.predicted_aligned);
    fmt::print("\n");
    row("lateral RMS after alignment",
        fmt::format("{:.4f} mm, {:.2f} of the predicted", r.aligned.lateral_rms_mm(),
                    r.aligned.lateral_rms_mm() / r.predicted_aligned.lateral_rms_mm()));
    row("depth RMS after alignment",
        fmt::format("{:.4f} mm, {:.2f} of the predicted", r.aligned.depth_rms_mm(),
                    r.aligned.depth_rms_mm() / r.predicted_aligned.depth_rms_mm()));
    row("depth resolution Z^2 dd / (B f)",
        fmt::format("{:.4f} mm", r.expected_depth_resolution_mm));
    row("reprojection RMS", fmt::format("{:.4f} px", r.held_out_reprojection_rms_px));
    row("distances between beads",
        fmt::format("bias {:+.4f}, RMS {:.4f}, max {:.4f} mm over {} pairs", r.distances.bias_mm,
                    r.distances.rms_mm, r.distances.max_mm, r.distances.count));
}

stereo::ExperimentSpec experiment_of(const Arguments& arguments) {
    stereo::ExperimentSpec spec = arguments.experiment.empty()
                                      ? stereo::default_experiment()
                                      : stereo::read_experiment(arguments.experiment);
    if (arguments.seed) spec.seed = *arguments.seed;
    return spec;
}

void print_budget(const stereo::ErrorBudget& budget) {
    fmt::print("\n{} (seed {}): effects added one at a time\n\n", budget.spec.name,
               budget.spec.seed);
    fmt::print("  {:<32}{:>19}{:>19}{:>19}{:>11}\n", "", "localization, px", "lateral, mm",
               "depth, mm", "frame, mm");
    fmt::print("  {:<32}{:>10}{:>9}{:>10}{:>9}{:>10}{:>9}{:>11}\n", "effect", "RMS", "added", "RMS",
               "added", "RMS", "added", "RMS");
    const stereo::BudgetRow* before = nullptr;
    for (const stereo::BudgetRow& row : budget.rows) {
        const std::string name = (before == nullptr ? "" : "+ ") + row.effect;
        if (!row.ok) {
            fmt::print("  {:<32} failed: {}\n", name, row.summary);
            continue;
        }
        const auto cell = [&](double value, double last) {
            return fmt::format(
                "{:>10.4f}{:>9}", value,
                before == nullptr ? "" : fmt::format("{:+.4f}", stereo::added_rms(last, value)));
        };
        const stereo::BudgetRow& last = before == nullptr ? row : *before;
        fmt::print("  {:<32}{}{}{}{:>11.4f}\n", name,
                   cell(row.localization.sigma_px, last.localization.sigma_px),
                   cell(row.aligned.lateral_rms_mm(), last.aligned.lateral_rms_mm()),
                   cell(row.aligned.depth_rms_mm(), last.aligned.depth_rms_mm()),
                   row.absolute.total_rms_mm());
        before = &row;
    }
    fmt::print(
        "\n  lateral and depth: held-out beads after rigid alignment; frame: in the "
        "calibrated frame\n");
}

void run_budget(const Arguments& arguments) {
    const std::filesystem::path folder = arguments.folder;
    drr::make_folder(folder);
    const stereo::ErrorBudget budget =
        stereo::error_budget(experiment_of(arguments), progress_bar());
    drr::write_file(folder / "budget.json", stereo::error_budget_json(budget));
    drr::write_file(folder / "budget.html", stereo::error_budget_html(budget));
    print_budget(budget);
    fmt::print("\nbudget: {}\n", (folder / "budget.html").string());
    if (!budget.rows.back().ok) throw NoResult(budget.rows.back().summary);
}

void validate(const Arguments& arguments) {
    const auto start = std::chrono::steady_clock::now();
    const stereo::ExperimentSpec spec = experiment_of(arguments);
    const std::filesystem::path folder = arguments.folder;
    drr::make_folder(folder / "case" / "images");
    stereo::ValidationHooks hooks;
    hooks.progress = progress_bar();
    if (arguments.images)
        hooks.image = [&](int pose, int view, const drr::Image<std::uint16_t>& image) {
            drr::write_grey_image(folder / "case" / stereo::case_image_name(pose, view), image);
        };
    const stereo::ValidationResult result = stereo::validate_experiment(spec, hooks);
    stereo::write_case_folder(folder / "case", result);
    for (std::size_t v = 0; v < result.calibration.views.size(); ++v)
        stereo::write_mayacam2(folder / fmt::format("view{}_MayaCam2.txt", v),
                               {result.calibration.views[v], {}});
    drr::write_file(folder / "summary.json", stereo::summary_json(result));
    drr::write_file(folder / "report.html", stereo::report_html(result));
    print_table(result);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    fmt::print("\n{}\nreport: {}   ({:.1f} s)\n", result.summary, (folder / "report.html").string(),
               seconds);
    if (!result.ok) throw NoResult(result.summary);
}

}  // namespace

void add_validate(CLI::App& app, Run& run) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = app.add_subcommand(
        "validate", "Render an experiment, measure and calibrate it, and compare with the truth");
    command->add_option("experiment", arguments->experiment,
                        "Experiment file; without it the small LEGO cube in a clinical rig");
    command->add_option("-o,--output", arguments->folder, "Folder for the report and the case")
        ->required();
    command->add_option("--seed", arguments->seed, "Seed instead of the experiment's own");
    command->add_flag("!--no-images", arguments->images, "Do not write the radiographs");
    command->add_flag("--budget", arguments->budget,
                      "Error budget instead: the experiment with its effects added one at a time");
    command->callback([arguments, &run] {
        run = [arguments] { arguments->budget ? run_budget(*arguments) : validate(*arguments); };
    });
}

}  // namespace tools
