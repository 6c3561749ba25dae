#include "commands/commands.hpp"
#include "inputs/point_table.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <stereo/detect/xmalab_points.hpp>
#include <stereo/recon/sync_offset.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace tools {
namespace {

struct SyncArguments {
    std::vector<std::string> calibration;
    std::string points;
    double sd_px = 1.0;
    double frame_rate_hz = 0.0;
    double pixel_offset_px = 0.0;
    stereo::SyncOptions options;
    bool as_json = false;
    std::string output;
};

std::vector<stereo::BeadSightings> sightings_of(
    const SyncArguments& arguments, const std::array<stereo::ViewCalibration, 2>& cameras) {
    const stereo::TrackedPoints points = stereo::read_xmalab_points(arguments.points);
    if (points.cameras != 2)
        throw drr::Error(drr::ErrorCode::invalid_file,
                         fmt::format("points of two cameras were expected, not {}", points.cameras),
                         arguments.points);
    const Eigen::Matrix2d covariance =
        arguments.sd_px * arguments.sd_px * Eigen::Matrix2d::Identity();
    std::vector<stereo::BeadSightings> beads(points.markers.size());
    for (const auto& frame : points.frames)
        for (std::size_t m = 0; m < beads.size(); ++m)
            for (std::size_t v = 0; v < 2; ++v) {
                auto& seen = beads[m][v].emplace_back();
                if (const auto& pixel = frame[2 * m + v])
                    seen = {undistorted(*pixel, cameras[v], arguments.pixel_offset_px), covariance};
            }
    return beads;
}

void sync(const SyncArguments& arguments) {
    drr::require(arguments.sd_px > 0.0, "--sd-px must be positive");
    drr::require(arguments.frame_rate_hz >= 0.0, "--frame-rate-hz must be positive");
    const auto cameras = read_two_views(arguments.calibration);
    const stereo::SyncOffset found = stereo::estimate_sync_offset(
        cameras[0].view, cameras[1].view, sightings_of(arguments, cameras), arguments.options);
    if (!found.ok) throw NoResult(found.summary);
    nlohmann::ordered_json json = {{"schema", "stereodrr/sync/v1"},
                                   {"version", drr::version()},
                                   {"git_commit", drr::git_commit()},
                                   {"calibration", arguments.calibration},
                                   {"points", arguments.points},
                                   {"summary", found.summary},
                                   {"offset_frames", found.offset_frames},
                                   {"sd_frames", found.sd_frames},
                                   {"sigma0_ratio", found.sigma0},
                                   {"degrees_of_freedom", found.degrees_of_freedom},
                                   {"bead_count", found.beads},
                                   {"knot_spacing_frames", found.knot_spacing_frames},
                                   {"rms_px", found.rms_px},
                                   {"rms_without_offset_px", found.rms_without_px}};
    std::string text = found.summary + "\n";
    if (arguments.frame_rate_hz > 0.0) {
        json["offset_s"] = found.offset_frames / arguments.frame_rate_hz;
        json["sd_s"] = found.sd_frames / arguments.frame_rate_hz;
        text +=
            fmt::format("{:+.3f} +- {:.3f} ms at {:g} frames a second\n",
                        1e3 * found.offset_frames / arguments.frame_rate_hz,
                        1e3 * found.sd_frames / arguments.frame_rate_hz, arguments.frame_rate_hz);
    }
    fmt::print("{}", arguments.as_json ? json.dump(1) + "\n" : text);
    if (!arguments.output.empty()) drr::write_file(arguments.output, json.dump(1) + "\n");
}

}  // namespace

void add_sync(CLI::App& app, Run& run) {
    const auto a = std::make_shared<SyncArguments>();
    CLI::App* command = app.add_subcommand(
        "sync", "By how much one view's frames are late, from beads that move before both");
    command
        ->add_option("--calibration", a->calibration,
                     "MayaCam 2.0 files of both cameras, or one calibration, rig or views file")
        ->required()
        ->expected(1, 2);
    command
        ->add_option("--points", a->points,
                     "2D points of both cameras over frames (XMALab's CSV, as `track` writes it)")
        ->required();
    command->add_option("--sd-px", a->sd_px,
                        "Standard deviation of a coordinate (default 1; residuals tell the real)");
    command->add_option("--frame-rate-hz", a->frame_rate_hz, "To tell the offset in seconds too");
    command->add_option("--pixel-offset-px", a->pixel_offset_px,
                        "Added to columns and rows (default 0)");
    command->add_option("--max-offset-frames", a->options.max_offset_frames,
                        "Largest offset that is looked for (default 5)");
    command->add_flag("--json", a->as_json, "Print JSON instead of text");
    command->add_option("-o,--output", a->output, "JSON file");
    command->callback([a, &run] { run = [a] { sync(*a); }; });
}

}  // namespace tools
