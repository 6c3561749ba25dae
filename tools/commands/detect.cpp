#include "commands/commands.hpp"
#include "inputs/bead_naming.hpp"
#include "inputs/image_tasks.hpp"
#include "outputs/detect_report.hpp"
#include "pictures/bead_overlay.hpp"
#include "progress/progress_bar.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <drr/imaging/image_io.hpp>
#include <stereo/calib/observations_io.hpp>
#include <stereo/detect/bead_detector.hpp>
#include <stereo/detect/detections_io.hpp>
#include <stereo/detect/image_condition.hpp>
#include <stereo/detect/xmalab_points.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tools {
namespace {

namespace fs = std::filesystem;

struct DetectArguments {
    std::vector<std::string> images;
    std::array<std::vector<std::string>, 2> view_images;
    stereo::BeadDetectorOptions options;
    bool bright = false;
    std::string phantom;
    std::string rig;
    int view = 0;
    double points_origin = 0.0;
    bool points_rows_up = false;
    bool no_overlay = false;
    bool json = false;
    std::string folder = ".";
};

/// Finds the beads of one image. What makes the file unreadable is part of the outcome.
ImageOutcome detect_in(const ImageTask& task, const stereo::BeadDetectorOptions& options,
                       drr::Image<float>& pixels, std::optional<drr::Error>& error) {
    ImageOutcome outcome;
    outcome.image = task.image.name();
    outcome.view = task.view;
    outcome.frame = task.frame;
    try {
        pixels = drr::read_grey_image(task.image).pixels;
    } catch (const drr::Error& problem) {
        outcome.error = problem.message();
        if (!error) error = problem;
        return outcome;
    }
    outcome.objection = stereo::examine_image(pixels).objection;
    const auto start = std::chrono::steady_clock::now();
    outcome.result = stereo::detect_beads(pixels, options);
    outcome.time_ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    return outcome;
}

stereo::TrackedPoints named_points(const KnownPhantom& known,
                                   const std::vector<ImageOutcome>& outcomes, bool pairs) {
    stereo::TrackedPoints points;
    points.cameras = pairs ? 2 : 1;
    const std::size_t beads = known.laboratory.design.beads_mm.size();
    points.markers.assign(known.names.begin(),
                          known.names.begin() + static_cast<std::ptrdiff_t>(beads));
    const auto cameras = static_cast<std::size_t>(points.cameras);
    for (const ImageOutcome& outcome : outcomes) {
        const auto frame = static_cast<std::size_t>(outcome.frame);
        if (frame == points.frames.size()) points.frames.emplace_back(beads * cameras);
        const std::size_t camera = pairs ? static_cast<std::size_t>(outcome.view) : 0;
        for (std::size_t i = 0; i < outcome.markers.size(); ++i) {
            const auto at =
                std::find(points.markers.begin(), points.markers.end(), outcome.markers[i]);
            if (at == points.markers.end()) continue;
            const auto marker = static_cast<std::size_t>(at - points.markers.begin());
            points.frames[frame][marker * cameras + camera] = outcome.result->beads[i].center_px;
        }
    }
    return points;
}

// The named beads of all frames, as `stereodrr calibrate` reads them: a frame is a pose. References
// are no beads of the phantom.
std::string observations_of(const KnownPhantom& known, const std::vector<ImageOutcome>& outcomes) {
    const std::set<std::string> beads(
        known.names.begin(),
        known.names.begin() + static_cast<std::ptrdiff_t>(known.laboratory.design.beads_mm.size()));
    std::vector<stereo::ObservedBead> observed;
    for (const ImageOutcome& outcome : outcomes)
        for (std::size_t i = 0; i < outcome.markers.size(); ++i) {
            const stereo::BeadDetection& bead = outcome.result->beads[i];
            observed.push_back({outcome.frame, outcome.view,
                                beads.contains(outcome.markers[i]) ? outcome.markers[i] : "",
                                bead.center_px, std::pow(bead.covariance_px2.determinant(), 0.25),
                                stereo::bead_flags_text(bead.flags)});
        }
    return stereo::observations_csv(observed);
}

nlohmann::ordered_json report_json(const DetectArguments& arguments,
                                   const std::vector<ImageOutcome>& outcomes) {
    nlohmann::ordered_json report = {{"schema", "stereodrr/detect/v1"},
                                     {"version", drr::version()},
                                     {"git_commit", drr::git_commit()},
                                     {"diameter_px", arguments.options.diameter_px},
                                     {"diameter_factor", arguments.options.diameter_factor},
                                     {"min_contrast", arguments.options.min_contrast},
                                     {"blur_px", arguments.options.blur_px},
                                     {"bright", arguments.bright},
                                     {"phantom", arguments.phantom},
                                     {"rig", arguments.rig}};
    report["images"] = outcome_json(outcomes);
    return report;
}

void detect(const DetectArguments& arguments) {
    stereo::BeadDetectorOptions options = arguments.options;
    options.dark = !arguments.bright;
    drr::require(arguments.phantom.empty() == arguments.rig.empty(),
                 "--phantom and --rig are given together");
    std::optional<KnownPhantom> known;
    if (!arguments.phantom.empty()) {
        known = read_known_phantom(arguments.phantom, arguments.rig);
        if (options.diameter_px == 0.0) options.diameter_px = known->laboratory.bead_diameter_px;
    }
    options.validate();
    drr::require(arguments.images.empty() !=
                     (arguments.view_images[0].empty() && arguments.view_images[1].empty()),
                 "give images, or those of both views by --view0 and --view1");
    const bool pairs = arguments.images.empty();
    const std::vector<ImageTask> tasks =
        pairs ? pair_tasks(arguments.view_images[0], arguments.view_images[1])
              : image_tasks(arguments.images, arguments.view);
    const fs::path folder = arguments.folder;
    drr::make_folder(folder);
    const drr::ProgressSink progress = progress_bar();

    std::vector<ImageOutcome> outcomes;
    std::optional<drr::Error> first_error;
    int height_px = 0;
    const auto write = [&](std::size_t i, const drr::Image<float>& pixels) {
        const ImageOutcome& outcome = outcomes[i];
        if (!outcome.result) return;
        const stereo::ImageDetections detections{outcome.image, outcome.result->beads,
                                                 outcome.markers};
        stereo::write_detections(folder / (tasks[i].name + ".beads.csv"), detections);
        if (!arguments.no_overlay)
            write_overlay(folder / (tasks[i].name + ".beads.png"), pixels, detections,
                          outcome.result->refused);
    };
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (known)
            options.pinhole =
                known->laboratory.nominal[static_cast<std::size_t>(tasks[i].view)].pinhole;
        drr::Image<float> pixels;
        outcomes.push_back(detect_in(tasks[i], options, pixels, first_error));
        if (tasks.size() == 1 && first_error) throw drr::Error(*first_error);
        height_px = std::max(height_px, pixels.height());
        if (!known) write(i, pixels);
        if (progress) progress("detect", i + 1, tasks.size());
    }
    if (known) {
        // All frames are named together, and written with names: images are read a second time for
        // their pictures, for a sequence of them need not fit into memory.
        known->laboratory.bead_diameter_px = options.diameter_px;
        name_beads(*known, outcomes, pairs ? 2 : 1, progress);
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            const bool draw = outcomes[i].result && !arguments.no_overlay;
            write(i, draw ? drr::read_grey_image(tasks[i].image).pixels : drr::Image<float>());
            if (progress && !arguments.no_overlay) progress("draw", i + 1, tasks.size());
        }
    }
    if (known) {
        stereo::write_xmalab_points(
            folder / "points.csv", named_points(*known, outcomes, pairs),
            {arguments.points_origin, arguments.points_rows_up ? height_px : 0});
        drr::write_file(folder / "observations.csv", observations_of(*known, outcomes));
    }
    const nlohmann::ordered_json report = report_json(arguments, outcomes);
    drr::write_file(folder / "detect.json", report.dump(2) + "\n");

    std::size_t beads = 0;
    std::size_t unread = 0;
    for (const ImageOutcome& outcome : outcomes) {
        beads += outcome.result ? outcome.result->beads.size() : 0;
        unread += outcome.result ? 0 : 1;
    }
    if (arguments.json)
        fmt::print("{}\n", report.dump(2));
    else
        fmt::print("{}written to {}: per image .beads.csv{}; detect.json{}\n",
                   outcome_table(outcomes), folder.string(),
                   arguments.no_overlay ? "" : " and .beads.png",
                   known ? ", points.csv, observations.csv" : "");
    if (first_error)
        throw drr::Error(first_error->code(),
                         fmt::format("{} of {} images could not be read; the first: {}", unread,
                                     tasks.size(), first_error->message()),
                         first_error->context());
    if (beads == 0)
        throw NoResult(fmt::format("no image has any bead: {}: {}", outcomes.front().image,
                                   reason_for_none(outcomes.front())));
    if (known && std::none_of(outcomes.begin(), outcomes.end(), [](const ImageOutcome& outcome) {
            return std::any_of(outcome.markers.begin(), outcome.markers.end(),
                               [](const std::string& marker) { return !marker.empty(); });
        }))
        throw NoResult("no frame could be identified: " + outcomes.front().identity);
}

}  // namespace

void add_detect(CLI::App& app, Run& run) {
    const auto arguments = std::make_shared<DetectArguments>();
    CLI::App* command = app.add_subcommand(
        "detect", "Find beads in radiographs to sub-pixel, and name them by a phantom");
    command->add_option(
        "images", arguments->images,
        "Grey images (PNG, TIFF, ...), TIFF stacks of them, folders, or patterns such as "
        "'cam1/*.tif'; sorted naturally");
    for (std::size_t v = 0; v < 2; ++v)
        command->add_option(
            fmt::format("--view{}", v), arguments->view_images[v],
            fmt::format("The same for view {} (XMALab's camera {}) of pairs", v, v + 1));
    command->add_option("--diameter-px", arguments->options.diameter_px,
                        "Expected diameter of a bead's shadow, px; by default from --phantom and "
                        "--rig, or estimated from each image");
    command->add_option("--diameter-factor", arguments->options.diameter_factor,
                        "Diameters between 1/F and F times that are taken (default 1.6)");
    command->add_option("--min-contrast", arguments->options.min_contrast,
                        "Least depth of a shadow over its background (default 0.08)");
    command->add_option("--blur-px", arguments->options.blur_px,
                        "Blur (standard deviation); 0 estimates it (default)");
    command->add_flag("--bright", arguments->bright, "Beads are brighter than their background");
    command->add_option("--phantom", arguments->phantom,
                        "Name the beads by this phantom (YAML); needs --rig");
    command->add_option("--rig", arguments->rig, "Nominal rig (YAML), right to a tenth or so");
    command
        ->add_option("--view", arguments->view,
                     "The rig's view that images given without --view0 and --view1 show")
        ->check(CLI::Range(0, 1));
    command
        ->add_option("--points-origin", arguments->points_origin,
                     "Number of the first pixel in points.csv: 0 as XMALab has it (default), or 1")
        ->check(CLI::Range(0.0, 1.0));
    command->add_flag("--points-rows-up", arguments->points_rows_up,
                      "Rows of points.csv count upwards from the last one");
    command->add_flag("--no-overlay", arguments->no_overlay, "Write no pictures");
    command->add_flag("--json", arguments->json, "Print the report as JSON");
    command->add_option("-o,--output", arguments->folder, "Folder for the results (default .)");
    command->callback([arguments, &run] { run = [arguments] { detect(*arguments); }; });
}

}  // namespace tools
