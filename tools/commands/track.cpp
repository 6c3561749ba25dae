#include "commands/commands.hpp"
#include "inputs/point_table.hpp"
#include "outputs/calibration_error_report.hpp"
#include "outputs/json_values.hpp"
#include "pictures/track_picture.hpp"
#include "progress/progress_bar.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <stereo/assess/calibration_claim.hpp>
#include <stereo/detect/detections_io.hpp>
#include <stereo/track/track_beads.hpp>
#include <stereo/track/xmalab_csv.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tools {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct TrackArguments {
    std::vector<std::string> calibration;
    std::array<std::vector<std::string>, 2> points;
    std::vector<std::string> layouts;
    stereo::TrackOptions options;
    double pixel_offset_px = 0.0;
    std::string folder = ".";
};

/// Files as they are given; a folder stands for its *.beads.csv by name.
std::vector<fs::path> frame_files(const std::vector<std::string>& given) {
    std::vector<fs::path> files;
    for (const std::string& path : given) {
        if (!fs::is_directory(path)) {
            files.emplace_back(path);
            continue;
        }
        std::vector<fs::path> found;
        for (const auto& entry : fs::directory_iterator(path))
            if (entry.path().string().ends_with(".beads.csv")) found.push_back(entry.path());
        if (found.empty())
            throw drr::Error(drr::ErrorCode::invalid_file, "holds no file *.beads.csv", path);
        std::sort(found.begin(), found.end());
        files.insert(files.end(), found.begin(), found.end());
    }
    return files;
}

/// Detections as the files have them, and undistorted ones with the same indices.
struct Frames {
    std::array<std::vector<fs::path>, 2> files;
    std::vector<stereo::FrameDetections> seen;
    std::vector<stereo::FrameDetections> undistorted;
};

Frames read_frames(const TrackArguments& arguments,
                   const std::array<stereo::ViewCalibration, 2>& cameras) {
    // Far outside any image: a pixel that no undistorted one maps to is no bead.
    constexpr double nowhere_px = -1e6;
    Frames frames;
    for (std::size_t view = 0; view < 2; ++view)
        frames.files[view] = frame_files(arguments.points[view]);
    drr::require(frames.files[0].size() == frames.files[1].size(),
                 fmt::format("--points1 has {} frames and --points2 {}", frames.files[0].size(),
                             frames.files[1].size()));
    frames.seen.resize(frames.files[0].size());
    for (std::size_t f = 0; f < frames.seen.size(); ++f)
        for (std::size_t view = 0; view < 2; ++view)
            for (const stereo::BeadDetection& bead :
                 stereo::read_detections(frames.files[view][f]).beads)
                frames.seen[f][view].push_back({bead.center_px, bead.covariance_px2});
    frames.undistorted = frames.seen;
    for (stereo::FrameDetections& frame : frames.undistorted)
        for (std::size_t view = 0; view < 2; ++view)
            for (stereo::MeasuredPixel& bead : frame[view]) {
                bead.pixel.array() += arguments.pixel_offset_px;
                if (cameras[view].distortion)
                    bead.pixel = drr::undistort_pixel(cameras[view].view.pinhole,
                                                      *cameras[view].distortion, bead.pixel)
                                     .value_or(Eigen::Vector2d::Constant(nowhere_px));
            }
    return frames;
}

stereo::BeadLayout read_layout(const std::string& file) {
    const drr::MarkerPhantom phantom = drr::read_phantom(file);
    stereo::BeadLayout layout{fs::path(file).stem().string(), {}, {}};
    for (const drr::Marker& bead : phantom.beads) {
        layout.bead_names.push_back(bead.name.empty() ? std::to_string(bead.id) : bead.name);
        layout.beads_mm.push_back(bead.center_mm);
    }
    return layout;
}

Json json_of(const stereo::BodySample& sample) {
    return {{"world_from_body", json_rows(sample.world_from_body.matrix34())},
            {"covariance_rad_mm", json_rows(sample.covariance)},
            {"rms_px", sample.rms_px},
            {"sightings", sample.sightings},
            {"searched", sample.searched}};
}

Json beads_of_frame(const stereo::TrackResult& tracks, std::size_t frame) {
    Json beads = Json::object();
    for (const stereo::BeadTrack& bead : tracks.beads) {
        const stereo::BeadSample& sample = bead.samples[frame];
        Json one = Json::object();
        for (std::size_t view = 0; view < 2; ++view) {
            if (sample.detection[view] == stereo::no_detection) continue;
            // Counted from 1, as in the detections' file.
            one[fmt::format("detection{}", view + 1)] = sample.detection[view] + 1;
            if (sample.ambiguous[view]) one[fmt::format("ambiguous{}", view + 1)] = true;
        }
        if (sample.point) {
            one["point_mm"] = json_list(sample.point->point_in_world_mm);
            one["covariance_mm2"] = json_rows(sample.point->covariance_mm2);
        }
        if (!one.empty()) beads[bead.name] = std::move(one);
    }
    return beads;
}

Json report_of(const TrackArguments& arguments, const Frames& frames,
               const stereo::TrackResult& tracks) {
    const stereo::TrackOptions& o = arguments.options;
    Json report = {{"schema", "stereodrr/track/v1"},
                   {"version", drr::version()},
                   {"git_commit", drr::git_commit()},
                   {"calibration", arguments.calibration},
                   {"layouts", arguments.layouts},
                   {"options",
                    {{"pixel_offset_px", arguments.pixel_offset_px},
                     {"model_sd_px", o.model_sd_px},
                     {"least_model_sd_px", o.least_model_sd_px},
                     {"max_sigma", o.max_sigma},
                     {"detection_probability", o.detection_probability},
                     {"certain_log_odds", o.certain_log_odds},
                     {"max_extent_mm", o.max_extent_mm},
                     {"min_beads", o.min_beads},
                     {"layout_sd_mm", o.layout_sd_mm},
                     {"step_sd_mm", o.step_sd_mm},
                     {"step_sd_rad", o.step_sd_rad},
                     {"max_gap_frames", o.max_gap_frames}}},
                   {"certain", tracks.certain},
                   {"ambiguous", tracks.ambiguous},
                   {"calibration_error", tools::json_of(tracks.calibration_error)},
                   {"bodies", Json::array()},
                   {"frames", Json::array()}};
    for (const stereo::BodyTrack& body : tracks.bodies) {
        Json beads = Json::array();
        for (const std::size_t k : body.beads)
            beads.push_back(
                {{"name", tracks.beads[k].name},
                 {"in_body_mm", json_list(tracks.beads[k].in_body_mm)},
                 {"covariance_mm2", json_rows(tracks.beads[k].in_body_covariance_mm2)}});
        report["bodies"].push_back(
            {{"name", body.name}, {"known", body.known}, {"beads", std::move(beads)}});
    }
    for (std::size_t f = 0; f < frames.seen.size(); ++f) {
        Json poses = Json::object();
        for (const stereo::BodyTrack& body : tracks.bodies)
            if (body.samples[f]) poses[body.name] = json_of(*body.samples[f]);
        report["frames"].push_back(
            {{"points", {frames.files[0][f].string(), frames.files[1][f].string()}},
             {"unexplained", tracks.unexplained[f]},
             {"bodies", std::move(poses)},
             {"beads", beads_of_frame(tracks, f)}});
    }
    return report;
}

void print_frames(const Frames& frames, const stereo::TrackResult& tracks) {
    fmt::print("frame  detections  certain  ambiguous  unexplained  bodies (RMS, px)\n");
    for (std::size_t f = 0; f < frames.seen.size(); ++f) {
        std::size_t certain = 0;
        std::size_t ambiguous = 0;
        for (const stereo::BeadTrack& bead : tracks.beads)
            for (std::size_t view = 0; view < 2; ++view) {
                if (bead.samples[f].detection[view] == stereo::no_detection) continue;
                ++(bead.samples[f].ambiguous[view] ? ambiguous : certain);
            }
        std::string bodies;
        for (const stereo::BodyTrack& body : tracks.bodies)
            bodies += body.samples[f]
                          ? fmt::format("  {} {:.2f}{}", body.name, body.samples[f]->rms_px,
                                        body.samples[f]->searched ? " (searched)" : "")
                          : fmt::format("  {} not found", body.name);
        fmt::print("{:>5}  {:>4} {:>4}  {:>8}  {:>9}  {:>5} {:>5}{}\n", f + 1,
                   frames.seen[f][0].size(), frames.seen[f][1].size(), certain, ambiguous,
                   tracks.unexplained[f][0], tracks.unexplained[f][1], bodies);
    }
}

void track(const TrackArguments& arguments) {
    arguments.options.validate();
    const auto cameras = read_two_views(arguments.calibration);
    std::vector<stereo::BeadLayout> layouts;
    for (const std::string& file : arguments.layouts)
        layouts.push_back(read_layout(file));
    const Frames frames = read_frames(arguments, cameras);
    const std::array<drr::CalibratedView, 2> views = {cameras[0].view, cameras[1].view};
    const fs::path folder = arguments.folder;
    drr::make_folder(folder);
    const auto calibration = read_covariance(arguments.calibration);
    const stereo::TrackResult tracks = stereo::track_beads(
        views, frames.undistorted, layouts, arguments.options, progress_bar(),
        calibration ? stereo::claim_of(*calibration) : stereo::CalibrationClaim());
    if (tracks.bodies.empty())
        throw NoResult(
            "no rigid body moves through the frames: at least two frames that share "
            "four beads of it are needed, or a layout");
    print_frames(frames, tracks);
    drr::write_file(folder / "points2d.csv", stereo::points2d_csv(tracks, frames.seen));
    drr::write_file(folder / "points3d.csv", stereo::points3d_csv(tracks));
    for (const stereo::BodyTrack& body : tracks.bodies)
        drr::write_file(folder / (body.name + ".rigidbody.csv"), stereo::rigid_body_csv(body));
    drr::write_file(folder / "tracks.png", track_picture(tracks, frames.undistorted));
    drr::write_file(folder / "tracks.json", report_of(arguments, frames, tracks).dump(2) + "\n");
    fmt::print(
        "\n{}\n{}written to {}: points2d.csv, points3d.csv, *.rigidbody.csv, tracks.json, "
        "tracks.png\n",
        tracks.summary, text_of(tracks.calibration_error), folder.string());
}

}  // namespace

void add_track(CLI::App& app, Run& run) {
    const auto arguments = std::make_shared<TrackArguments>();
    stereo::TrackOptions& options = arguments->options;
    CLI::App* command = app.add_subcommand(
        "track", "Follow beads of rigid bodies over frames of two calibrated cameras");
    command
        ->add_option("--calibration", arguments->calibration,
                     "MayaCam 2.0 files of camera 1 and camera 2, or one calibration.json (whose "
                     "error bars are carried to points and poses), rig or views file")
        ->required()
        ->expected(1, 2);
    command
        ->add_option("--points1", arguments->points[0],
                     "Detections of camera 1 (stereodrr detect), one file a frame, or a folder")
        ->required();
    command->add_option("--points2", arguments->points[1], "The same of camera 2")->required();
    command->add_option("--layout", arguments->layouts,
                        "Phantom files whose beads are a body's, to name them");
    command->add_option("--pixel-offset-px", arguments->pixel_offset_px,
                        "Added to the detections' columns and rows: 0.5 for a calibration whose "
                        "origin is the corner of the first pixel (default 0: its centre)");
    command
        ->add_option("--model-sd-px", options.model_sd_px,
                     "Errors of the calibration until beads tell them (standard deviation)")
        ->capture_default_str();
    command
        ->add_option("--detection-probability", options.detection_probability,
                     "Share of beads that a camera detects")
        ->capture_default_str();
    command
        ->add_option("--max-extent-mm", options.max_extent_mm,
                     "Largest distance between beads of one body")
        ->capture_default_str();
    command->add_option("--min-beads", options.min_beads, "Least number of beads of a body")
        ->capture_default_str();
    command
        ->add_option("--step-sd-mm", options.step_sd_mm,
                     "By how much a body's step may change from frame to frame")
        ->capture_default_str();
    command
        ->add_option("--max-gap-frames", options.max_gap_frames,
                     "Frames without a body over which its motion is predicted")
        ->capture_default_str();
    command->add_option("-o,--output", arguments->folder, "Folder for the results (default .)");
    command->callback([arguments, &run] { run = [arguments] { track(*arguments); }; });
}

}  // namespace tools
