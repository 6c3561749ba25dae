#include "commands/commands.hpp"
#include "inputs/point_table.hpp"
#include "outputs/json_values.hpp"
#include "pictures/match_picture.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <drr/imaging/image_io.hpp>
#include <stereo/recon/epipolar.hpp>
#include <stereo/recon/image_match.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

struct MatchArguments {
    std::vector<std::string> images;
    std::vector<std::string> calibration;
    std::string points;
    std::vector<double> depth_mm;
    stereo::ImageMatchOptions options;
    int spacing_px = 12;
    double share = 0.02;
    std::string folder = ".";
};

std::vector<Eigen::Vector2d> points_of(const MatchArguments& arguments,
                                       const drr::Image<float>& image) {
    if (arguments.points.empty())
        return stereo::structured_points(image, arguments.spacing_px,
                                         arguments.options.window.half_window_px, arguments.share);
    std::vector<Eigen::Vector2d> points;
    for (const stereo::MeasuredPixel& measured : read_point_table(arguments.points).pixels)
        points.push_back(measured.pixel);
    return points;
}

std::string csv_of(const stereo::ImageMatches& result) {
    std::string text =
        "x1_px,y1_px,x2_px,y2_px,ok,correlation,margin,left_right_px,x_mm,y_mm,z_mm\n";
    for (const stereo::ImageMatch& match : result.matches) {
        text += fmt::format("{:.3f},{:.3f},", match.a.x(), match.a.y());
        if (!match.ok) {
            text += fmt::format(",,0,{:.4f},{:.4f},{:.3f},,,\n", match.correlation, match.margin,
                                match.left_right_px);
            continue;
        }
        const Eigen::Vector3d& x = match.point.point_in_world_mm;
        text += fmt::format("{:.3f},{:.3f},1,{:.4f},{:.4f},{:.3f},{:.3f},{:.3f},{:.3f}\n",
                            match.b.x(), match.b.y(), match.correlation, match.margin,
                            match.left_right_px, x.x(), x.y(), x.z());
    }
    return text;
}

Json json_of(const MatchArguments& arguments, const stereo::ImageMatches& result) {
    const stereo::GuidedMatchOptions& window = arguments.options.window;
    Json matches = Json::array();
    for (const stereo::ImageMatch& match : result.matches)
        if (match.ok)
            matches.push_back({{"pixel_1_px", json_list(match.a)},
                               {"pixel_2_px", json_list(match.b)},
                               {"correlation", match.correlation},
                               {"margin", match.margin},
                               {"left_right_px", match.left_right_px},
                               {"point_mm", json_list(match.point.point_in_world_mm)}});
    return {{"schema", "stereodrr/match/v1"},
            {"version", drr::version()},
            {"git_commit", drr::git_commit()},
            {"images", arguments.images},
            {"calibration", arguments.calibration},
            {"near_mm", arguments.options.near_mm},
            {"far_mm", arguments.options.far_mm},
            {"half_window_px", window.half_window_px},
            {"min_correlation", window.min_correlation},
            {"min_margin", window.min_margin},
            {"max_left_right_px", window.max_left_right_px},
            {"point_count", result.matches.size()},
            {"match_count", result.ok_count},
            {"summary", result.summary},
            {"matches", matches}};
}

void write_picture(const MatchArguments& arguments, const std::array<drr::CalibratedView, 2>& views,
                   const stereo::ImageMatches& result) {
    MatchPicture picture;
    picture.title = fmt::format("{} of {} points matched", result.ok_count, result.matches.size());
    picture.fundamental = stereo::fundamental_from_views(views[0], views[1]);
    std::vector<DrawnMatch> drawn;
    for (std::size_t v = 0; v < 2; ++v) {
        picture.images[v] = arguments.images[v];
        picture.size_px[v] = {views[v].width_px, views[v].height_px};
    }
    for (const stereo::ImageMatch& match : result.matches)
        if (match.ok)
            drawn.push_back({"",
                             {match.a, match.b},
                             {views[0].project(match.point.point_in_world_mm),
                              views[1].project(match.point.point_in_world_mm)}});
    write_match_picture(std::filesystem::path(arguments.folder) / "match.png", picture, drawn);
}

void match(MatchArguments arguments) {
    arguments.options.near_mm = arguments.depth_mm[0];
    arguments.options.far_mm = arguments.depth_mm[1];
    const auto cameras = read_two_views(arguments.calibration);
    std::array<drr::Image<float>, 2> images;
    for (std::size_t v = 0; v < 2; ++v) {
        if (cameras[v].distortion)
            throw drr::Error(drr::ErrorCode::unsupported,
                             "undistorted images were expected: see `stereodrr undistort`",
                             arguments.images[v]);
        images[v] = drr::read_grey_image(arguments.images[v]).pixels;
    }
    const std::array<drr::CalibratedView, 2> views{cameras[0].view, cameras[1].view};
    const std::vector<Eigen::Vector2d> points = points_of(arguments, images[0]);
    const stereo::ImageMatches result =
        stereo::match_images(images, views, points, arguments.options);
    const std::filesystem::path folder = arguments.folder;
    drr::make_folder(folder);
    drr::write_file(folder / "match.json", json_of(arguments, result).dump(1) + "\n");
    drr::write_file(folder / "match.csv", csv_of(result));
    write_picture(arguments, views, result);
    fmt::print("{}\nwritten: match.json, match.csv and match.png in {}\n", result.summary,
               folder.string());
    if (result.ok_count == 0) throw NoResult("no point was matched");
}

}  // namespace

void add_match(CLI::App& app, Run& run) {
    const auto a = std::make_shared<MatchArguments>();
    CLI::App* command = app.add_subcommand(
        "match", "Match the content of two radiographs along epipolar lines, to points in space");
    command->add_option("images", a->images, "Radiographs of view 1 and view 2, undistorted")
        ->required()
        ->expected(2);
    command
        ->add_option("--calibration", a->calibration,
                     "MayaCam 2.0 files of both views, or one calibration.json, rig or views file")
        ->required()
        ->expected(1, 2);
    command
        ->add_option("--depth-mm", a->depth_mm,
                     "Nearest and farthest distance from the sources of what is looked for")
        ->required()
        ->expected(2);
    command->add_option("--points", a->points,
                        "Points of view 1 (CSV with x_px, y_px); else a grid where there is "
                        "structure");
    command->add_option("--spacing-px", a->spacing_px, "Of that grid (default 12)");
    command->add_option("--min-structure", a->share,
                        "Of that grid: least contrast of a window over the largest (default 0.02)");
    command->add_option("--half-window-px", a->options.window.half_window_px,
                        "Half the side of the windows (default 7)");
    command->add_option("--min-correlation", a->options.window.min_correlation,
                        "Of the peak (default 0.8)");
    command->add_option("--min-margin", a->options.window.min_margin,
                        "Of the peak over the next one (default 0.05)");
    command->add_option("--max-left-right-px", a->options.window.max_left_right_px,
                        "How far the way back may end from the start (default 1)");
    command->add_option("-o,--output", a->folder, "Folder for the results (default .)");
    command->callback([a, &run] { run = [a] { match(*a); }; });
}

}  // namespace tools
