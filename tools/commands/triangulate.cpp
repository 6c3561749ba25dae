#include "commands/commands.hpp"
#include "inputs/named_points.hpp"
#include "inputs/point_table.hpp"
#include "inputs/volume_option.hpp"
#include "outputs/calibration_error_report.hpp"
#include "outputs/triangulate_report.hpp"
#include "pictures/calibration_pictures.hpp"
#include "pictures/match_picture.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <stereo/assess/calibration_claim.hpp>
#include <stereo/recon/epipolar.hpp>

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <utility>

namespace tools {
namespace {

struct TriangulateArguments {
    std::vector<std::string> calibration;
    std::vector<std::string> points;
    std::string truth;
    std::string method = std::string(name_of(stereo::TriangulationMethod::maximum_likelihood));
    stereo::MatchOptions match;
    stereo::ClusterOptions cluster;
    double pixel_offset_px = 0.0;
    bool matched_rows = false;
    bool map = false;
    std::vector<double> volume_mm;
    bool as_json = false;
    std::string folder = ".";
};

using TwoViews = std::array<drr::CalibratedView, 2>;

stereo::MatchResult match_rows(const TriangulatedFrame& frame, const TwoViews& views) {
    if (frame.pixels[0].size() != frame.pixels[1].size())
        throw drr::Error(drr::ErrorCode::invalid_file,
                         fmt::format("as many rows as in the other file were expected, {}, not {}",
                                     frame.pixels[0].size(), frame.pixels[1].size()),
                         frame.files[1]);
    const Eigen::Matrix3d fundamental = stereo::fundamental_from_views(views[0], views[1]);
    stereo::MatchResult result;
    for (std::size_t i = 0; i < frame.pixels[0].size(); ++i) {
        stereo::ViewMatch match;
        match.a = match.b = i;
        match.sampson_px = stereo::sampson_distance_px(fundamental, frame.pixels[0][i].pixel,
                                                       frame.pixels[1][i].pixel);
        result.matches.push_back(match);
    }
    result.summary = fmt::format("{} matched by {}", result.matches.size(),
                                 frame.names.empty() ? "rows" : "name");
    return result;
}

stereo::MatchResult match_by_epipolar_lines(const TriangulatedFrame& frame, const TwoViews& views,
                                            const stereo::MatchOptions& options) {
    std::array<std::vector<Eigen::Vector2d>, 2> pixels;
    for (std::size_t v = 0; v < 2; ++v)
        for (const stereo::MeasuredPixel& pixel : frame.pixels[v])
            pixels[v].push_back(pixel.pixel);
    return stereo::match_across_views(views[0], views[1], pixels[0], pixels[1], options);
}

// The frames as they are read, in pixels of the detector.
std::vector<TriangulatedFrame> read_frames(const TriangulateArguments& arguments) {
    std::vector<TriangulatedFrame> frames;
    if (arguments.points.size() == 1) {
        for (NamedFrame& named : read_named_points(arguments.points[0]).frames) {
            TriangulatedFrame& frame = frames.emplace_back();
            frame.files = arguments.points;
            frame.names = std::move(named.names);
            frame.pixels = std::move(named.pixels);
        }
        return frames;
    }
    for (std::size_t f = 0; f < arguments.points.size(); f += 2) {
        TriangulatedFrame& frame = frames.emplace_back();
        frame.files = {arguments.points[f], arguments.points[f + 1]};
        for (std::size_t v = 0; v < 2; ++v)
            frame.pixels[v] = read_point_table(frame.files[v]).pixels;
    }
    return frames;
}

void match_frame(TriangulatedFrame& frame, const std::array<stereo::ViewCalibration, 2>& cameras,
                 const TriangulateArguments& arguments) {
    const TwoViews views{cameras[0].view, cameras[1].view};
    for (std::size_t v = 0; v < 2; ++v)
        for (stereo::MeasuredPixel& pixel : frame.pixels[v])
            pixel.pixel = undistorted(pixel.pixel, cameras[v], arguments.pixel_offset_px);
    const bool named = arguments.points.size() == 1;
    frame.result = named || arguments.matched_rows
                       ? match_rows(frame, views)
                       : match_by_epipolar_lines(frame, views, arguments.match);
}

stereo::CalibrationError calibration_error(const std::vector<TriangulatedFrame>& frames,
                                           const TwoViews& views,
                                           const std::optional<stereo::Calibration>& calibration) {
    std::vector<stereo::PixelPair> pairs;
    for (const TriangulatedFrame& frame : frames)
        for (const stereo::ViewMatch& match : frame.result.matches)
            pairs.push_back({frame.pixels[0][match.a], frame.pixels[1][match.b]});
    stereo::CalibrationErrorOptions options;
    if (calibration) options.claim = stereo::claim_of(*calibration);
    return {views, pairs, options};
}

[[noreturn]] void fail_without_point(const TriangulatedFrame& frame, const TwoViews& views,
                                     const stereo::ViewMatch& match) {
    const stereo::PixelPair pixels{frame.pixels[0][match.a], frame.pixels[1][match.b]};
    throw NoResult(
        fmt::format("{}: {} {}: {}", frame.files[0], frame.names.empty() ? "row" : "bead",
                    frame.names.empty() ? std::to_string(match.a + 1) : frame.names[match.a],
                    stereo::unmet_rays(views, pixels)));
}

void triangulate_frame(TriangulatedFrame& frame, const TwoViews& views,
                       const stereo::CalibrationError& error,
                       const stereo::TriangulationOptions& options) {
    for (stereo::ViewMatch& match : frame.result.matches) {
        stereo::PixelPair pixels{frame.pixels[0][match.a], frame.pixels[1][match.b]};
        const stereo::Triangulation near = stereo::triangulate(views, pixels, options);
        if (!near.ok) fail_without_point(frame, views, match);
        match.point =
            stereo::triangulate(views, error.corrected(pixels, near.point_in_world_mm), options);
        if (!match.point.ok) fail_without_point(frame, views, match);
        const Eigen::Vector3d& point = match.point.point_in_world_mm;
        frame.points_mm.push_back(point);
        frame.of_calibration_mm2.push_back(match.point.by_pixels * error.covariance_px2(point) *
                                           match.point.by_pixels.transpose());
        for (stereo::MeasuredPixel& pixel : pixels)
            pixel.covariance_px2.diagonal().array() += std::pow(error.total_sd_px(), 2);
        frame.crossings.push_back(stereo::crossing_lines(views[0], views[1], pixels[0], pixels[1]));
    }
}

// Root mean square of the coordinates' standard deviations as the detections claim them.
double mean_sd_px(const std::vector<TriangulatedFrame>& frames) {
    double sum = 0.0;
    double count = 0.0;
    for (const auto& frame : frames)
        for (const auto& view : frame.pixels)
            for (const auto& pixel : view) {
                sum += 0.5 * pixel.covariance_px2.trace();
                count += 1.0;
            }
    return std::sqrt(sum / count);
}

void write_residuals(const std::filesystem::path& path, const TriangulatedFrame& frame,
                     const std::array<stereo::ViewCalibration, 2>& cameras, double max_sampson_px) {
    MatchPicture picture;
    picture.title = "Residuals, from the pixel to the point's image";
    std::vector<DrawnMatch> drawn;
    for (std::size_t v = 0; v < 2; ++v)
        picture.size_px[v] = {cameras[v].view.width_px, cameras[v].view.height_px};
    for (const stereo::ViewMatch& match : frame.result.matches)
        drawn.push_back({std::to_string(match.a + 1),
                         {frame.pixels[0][match.a].pixel, frame.pixels[1][match.b].pixel},
                         {cameras[0].view.project(match.point.point_in_world_mm),
                          cameras[1].view.project(match.point.point_in_world_mm)},
                         std::abs(match.sampson_px) > max_sampson_px});
    write_match_picture(path, picture, drawn);
}

void triangulate(const TriangulateArguments& arguments) {
    drr::require(arguments.points.size() == 1 || arguments.points.size() % 2 == 0,
                 "--points takes a file of named points, or pairs of files: camera 1 and camera 2 "
                 "of each frame");
    drr::require(
        arguments.truth.empty() || (arguments.matched_rows && arguments.points.size() == 2),
        "--truth takes one frame and --rows");
    const auto method = stereo::triangulation_method(arguments.method);
    drr::require(method.has_value(),
                 "--method is maximum-likelihood, optimal-two-view, dlt or midpoint");
    const std::array<stereo::ViewCalibration, 2> cameras = read_two_views(arguments.calibration);
    const std::optional<stereo::Calibration> calibration = read_covariance(arguments.calibration);
    drr::require(!arguments.map || calibration.has_value(),
                 "--map needs a calibration.json with a covariance");
    std::vector<TriangulatedFrame> frames = read_frames(arguments);
    std::vector<std::vector<Eigen::Vector3d>> points;
    std::size_t count = 0;
    for (TriangulatedFrame& frame : frames)
        match_frame(frame, cameras, arguments);
    const TwoViews views{cameras[0].view, cameras[1].view};
    const stereo::CalibrationError views_error = calibration_error(frames, views, calibration);
    for (TriangulatedFrame& frame : frames) {
        triangulate_frame(frame, views, views_error, {*method});
        points.push_back(frame.points_mm);
        count += points.back().size();
    }
    if (count == 0) throw NoResult("no bead of one camera matches a bead of the other");
    std::optional<stereo::ReconstructionError> error;
    if (!arguments.truth.empty()) {
        const std::vector<Eigen::Vector3d> truth_mm = read_positions(arguments.truth);
        if (truth_mm.size() != count)
            throw drr::Error(drr::ErrorCode::invalid_file,
                             fmt::format("{} rows were expected, not {}", count, truth_mm.size()),
                             arguments.truth);
        error = stereo::reconstruction_error(points[0], truth_mm);
    }
    const std::vector<stereo::RigidCluster> clusters =
        stereo::clusters_over_frames(points, arguments.cluster);

    const std::filesystem::path folder = arguments.folder;
    drr::make_folder(folder);
    nlohmann::ordered_json report = {{"schema", "stereodrr/triangulate/v1"},
                                     {"version", drr::version()},
                                     {"git_commit", drr::git_commit()},
                                     {"calibration", arguments.calibration},
                                     {"method", arguments.method},
                                     {"pixel_offset_px", arguments.pixel_offset_px},
                                     {"max_sampson_px", arguments.match.max_sampson_px},
                                     {"calibration_error", json_of(views_error)},
                                     {"max_gap_mm", arguments.cluster.max_gap_mm},
                                     {"max_change_mm", arguments.cluster.max_change_mm}};
    add_results(report, frames, clusters, error);
    drr::write_file(folder / "points3d.csv", points_csv(frames, clusters));
    drr::write_file(folder / "triangulate.json", report.dump(2) + "\n");
    for (std::size_t f = 0; f < frames.size(); ++f)
        write_residuals(folder / fmt::format("residuals_frame{}.png", f + 1), frames[f], cameras,
                        1.0);
    if (arguments.map) {
        const stereo::WorkingVolume volume = volume_of(arguments.volume_mm, *calibration);
        const double sd_px = mean_sd_px(frames);
        drr::write_file(folder / "uncertainty.png",
                        uncertainty_picture(*calibration, volume, sd_px));
        drr::write_file(folder / "uncertainty.csv", uncertainty_csv(*calibration, volume, sd_px));
    }
    if (arguments.as_json) {
        fmt::print("{}\n", report.dump(2));
        return;
    }
    fmt::print("{}", text_of(views_error));
    fmt::print("{}\nwritten: points3d.csv, triangulate.json and residuals_frame*.png in {}\n",
               text_of(frames, clusters, error), folder.string());
}

}  // namespace

void add_triangulate(CLI::App& app, Run& run) {
    const auto arguments = std::make_shared<TriangulateArguments>();
    CLI::App* command = app.add_subcommand(
        "triangulate", "Match beads of two calibrated cameras and reconstruct them in space");
    command
        ->add_option("--calibration", arguments->calibration,
                     "MayaCam 2.0 files of camera 1 and camera 2, or one calibration.json (whose "
                     "error bars are carried to the points), rig or views file")
        ->required()
        ->expected(1, 2);
    command
        ->add_option("--points", arguments->points,
                     "Named points of all frames in one file (observations.csv of detect, XMALab's "
                     "2D points), or detections of camera 1 and camera 2 for one or more frames")
        ->required()
        ->expected(1, 1 << 20);
    command->add_flag("--rows", arguments->matched_rows,
                      "Rows of the two files match; else epipolar lines tell");
    command->add_option("--method", arguments->method,
                        "maximum-likelihood (default), optimal-two-view, dlt or midpoint");
    command->add_option("--truth", arguments->truth,
                        "CSV with columns x_mm, y_mm, z_mm, a row for each row of points: errors "
                        "before and after alignment");
    command->add_option("--pixel-offset-px", arguments->pixel_offset_px,
                        "Added to the detections' columns and rows: 0.5 for a calibration whose "
                        "origin is the corner of the first pixel (default 0: its centre)");
    command->add_option("--max-sampson-px", arguments->match.max_sampson_px,
                        "Largest epipolar (Sampson) distance of a match (default 1.5)");
    command->add_option("--min-depth-mm", arguments->match.min_depth_mm,
                        "Least distance of a bead from a source");
    command->add_option("--max-depth-mm", arguments->match.max_depth_mm,
                        "Largest distance of a bead from a source");
    command->add_option("--max-gap-mm", arguments->cluster.max_gap_mm,
                        "Beads nearer than this are of one cluster (default 15)");
    command->add_option("--max-change-mm", arguments->cluster.max_change_mm,
                        "How much a rigid cluster may seem to change (default 0.5)");
    command->add_flag("--map", arguments->map,
                      "With a calibration.json: how well points of the working volume are known, "
                      "as a picture and a table");
    add_volume_option(*command, arguments->volume_mm);
    command->add_flag("--json", arguments->as_json, "Print JSON instead of tables");
    command->add_option("-o,--output", arguments->folder, "Folder for the results (default .)");
    command->callback([arguments, &run] { run = [arguments] { triangulate(*arguments); }; });
}

}  // namespace tools
