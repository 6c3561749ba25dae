#include "commands/commands.hpp"
#include "inputs/named_points.hpp"
#include "inputs/point_table.hpp"
#include "outputs/epipolar_report.hpp"
#include "pictures/match_picture.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/recon/match.hpp>
#include <stereo/recon/match_correction.hpp>

#include <fmt/format.h>

#include <cmath>
#include <memory>

namespace tools {
namespace {

struct EpipolarArguments {
    std::vector<std::string> points;
    std::vector<std::string> calibration;
    std::vector<std::string> images;
    std::vector<double> volume_mm;
    stereo::FundamentalOptions options;
    stereo::MatchOptions match;
    std::string cost = "gold-standard";
    std::string tails = "gaussian";
    double pixel_offset_px = 0.0;
    bool match_by_calibration = false;
    std::size_t frame = 0;  ///< from 1; 0: all
    bool as_json = false;
    std::string folder;
};

// Matches by name, of all frames.
void read_named_matches(const EpipolarArguments& arguments, EpipolarReport& report) {
    NamedPoints points = read_named_points(arguments.points[0]);
    report.sd_given = points.has_sd;
    drr::require(arguments.frame <= points.frames.size(),
                 fmt::format("--frame counts from 1 to {}", points.frames.size()));
    for (std::size_t f = 0; f < points.frames.size(); ++f) {
        if (arguments.frame > 0 && f + 1 != arguments.frame) continue;
        NamedFrame& frame = points.frames[f];
        for (std::size_t i = 0; i < frame.names.size(); ++i) {
            for (std::size_t v = 0; v < 2 && report.calibration; ++v)
                frame.pixels[v][i].pixel = undistorted(
                    frame.pixels[v][i].pixel, (*report.calibration)[v], arguments.pixel_offset_px);
            report.a.push_back(frame.pixels[0][i]);
            report.b.push_back(frame.pixels[1][i]);
            report.names.push_back(fmt::format("frame {}, bead {}", f + 1, frame.names[i]));
        }
    }
}

// Matches of two files, row by row or by the calibration.
void read_matches(const EpipolarArguments& arguments, EpipolarReport& report) {
    std::array<PointTable, 2> tables;
    std::array<std::vector<Eigen::Vector2d>, 2> pixels;
    report.sd_given = true;
    for (std::size_t v = 0; v < 2; ++v) {
        tables[v] = read_point_table(arguments.points[v]);
        report.sd_given = report.sd_given && tables[v].has_sd;
        for (stereo::MeasuredPixel& point : tables[v].pixels) {
            if (report.calibration)
                point.pixel =
                    undistorted(point.pixel, (*report.calibration)[v], arguments.pixel_offset_px);
            pixels[v].push_back(point.pixel);
        }
    }
    const auto add = [&](std::size_t a, std::size_t b) {
        report.a.push_back(tables[0].pixels[a]);
        report.b.push_back(tables[1].pixels[b]);
        report.names.push_back(fmt::format("rows {} and {}", a + 1, b + 1));
    };
    if (!arguments.match_by_calibration) {
        if (pixels[0].size() != pixels[1].size())
            throw drr::Error(drr::ErrorCode::invalid_file,
                             fmt::format("matched rows were expected, {} in both files, not {}; "
                                         "--match matches by the calibration",
                                         pixels[0].size(), pixels[1].size()),
                             arguments.points[1]);
        for (std::size_t i = 0; i < pixels[0].size(); ++i)
            add(i, i);
        return;
    }
    const auto& views = *report.calibration;
    for (const stereo::ViewMatch& match :
         stereo::match_across_views(views[0].view, views[1].view, pixels[0], pixels[1],
                                    arguments.match)
             .matches)
        add(match.a, match.b);
}

void write_pictures(const EpipolarArguments& arguments, const EpipolarReport& report,
                    const Eigen::Matrix3d& fundamental, const std::string& name,
                    const std::string& of) {
    MatchPicture picture;
    picture.fundamental = fundamental;
    std::vector<DrawnMatch> drawn;
    std::size_t above = 0;
    for (std::size_t i = 0; i < report.a.size(); ++i) {
        const stereo::CorrectedMatch corrected =
            stereo::correct_match(fundamental, report.a[i], report.b[i]);
        DrawnMatch match{
            report.names[i],
            {report.a[i].pixel, report.b[i].pixel},
            {corrected.a, corrected.b},
            stereo::symmetric_distance_px(fundamental, report.a[i].pixel, report.b[i].pixel) > 1.0};
        above += match.is_bad ? 1 : 0;
        for (std::size_t v = 0; v < 2; ++v)
            picture.size_px[v] = picture.size_px[v].cwiseMax((match.pixel[v] * 1.05).cast<int>());
        drawn.push_back(match);
    }
    for (std::size_t v = 0; v < 2; ++v) {
        if (!arguments.images.empty()) picture.images[v] = arguments.images[v];
        if (report.calibration)
            picture.size_px[v] = {(*report.calibration)[v].view.width_px,
                                  (*report.calibration)[v].view.height_px};
    }
    picture.title =
        fmt::format("Epipolar lines {}; red: {} of {} pairs above 1 px", of, above, drawn.size());
    write_match_picture(std::filesystem::path(arguments.folder) / name, picture, drawn);
}

void epipolar(EpipolarArguments arguments) {
    drr::require(arguments.cost == "gold-standard" || arguments.cost == "sampson",
                 "--cost is gold-standard or sampson");
    drr::require(arguments.tails == "gaussian" || arguments.tails == "student",
                 "--tails is gaussian or student");
    drr::require(!arguments.match_by_calibration || !arguments.calibration.empty(),
                 "--match needs a --calibration");
    drr::require(!arguments.match_by_calibration || arguments.points.size() == 2,
                 "--match needs the points of each view in a file of its own");
    drr::require(arguments.frame == 0 || arguments.points.size() == 1,
                 "--frame needs one file of named points");
    drr::require(arguments.volume_mm.empty() || !arguments.calibration.empty(),
                 "--volume-mm needs a --calibration");
    drr::require(arguments.images.empty() || !arguments.folder.empty(),
                 "--images needs an --output folder");
    arguments.options.fit.cost = arguments.cost == "sampson"
                                     ? stereo::FundamentalCost::sampson
                                     : stereo::FundamentalCost::gold_standard;
    arguments.options.tails =
        arguments.tails == "student" ? stereo::ErrorTails::student : stereo::ErrorTails::gaussian;
    EpipolarReport report;
    report.points = arguments.points;
    report.calibration_files = arguments.calibration;
    report.options = arguments.options;
    report.cost = arguments.cost;
    if (!arguments.calibration.empty()) report.calibration = read_two_views(arguments.calibration);
    report.with_covariance = read_covariance(arguments.calibration);
    if (arguments.points.size() == 1)
        read_named_matches(arguments, report);
    else
        read_matches(arguments, report);
    if (arguments.volume_mm.size() == 6)
        report.volume = {Eigen::Map<const Eigen::Vector3d>(arguments.volume_mm.data()),
                         Eigen::Map<const Eigen::Vector3d>(arguments.volume_mm.data() + 3)};
    analyse(report);
    if (!report.of_matches.ok && !report.calibrated) throw NoResult(report.of_matches.summary);
    if (arguments.as_json)
        fmt::print("{}\n", json_of(report).dump(2));
    else
        fmt::print("{}", text_of(report));
    if (!arguments.folder.empty()) {
        const std::filesystem::path folder = arguments.folder;
        drr::make_folder(folder);
        drr::write_file(folder / "epipolar.json", json_of(report).dump(2) + "\n");
        drr::write_file(folder / "pairs.csv", pairs_csv(report));
        if (report.of_matches.ok)
            write_pictures(arguments, report, report.of_matches.fundamental, "epipolar_matches.png",
                           "of the matrix fitted to the matches");
        if (report.calibrated)
            write_pictures(arguments, report, *report.calibrated, "epipolar_calibration.png",
                           "of the calibration");
    }
}

}  // namespace

void add_epipolar(CLI::App& app, Run& run) {
    const auto arguments = std::make_shared<EpipolarArguments>();
    CLI::App* command = app.add_subcommand(
        "epipolar",
        "Fundamental matrix of matched points with its uncertainty, and the epipolar "
        "check of a calibration");
    command
        ->add_option("--points", arguments->points,
                     "One file of named points (observations.csv of detect, XMALab's 2D points), "
                     "or one for each view: CSV with columns x_px, y_px and, if known, sd_x_px, "
                     "sd_y_px; detections, or rows that match")
        ->required()
        ->expected(1, 2);
    command
        ->add_option(
            "--calibration", arguments->calibration,
            "MayaCam 2.0 files of both views, or one calibration.json (with error bars), rig "
            "or views file")
        ->expected(1, 2);
    command->add_flag("--match", arguments->match_by_calibration,
                      "Match the points by the calibration instead of row by row");
    command->add_option("--frame", arguments->frame,
                        "Only this frame of named points, counted from 1 (default: all)");
    command->add_option("--max-sampson-px", arguments->match.max_sampson_px,
                        "Largest epipolar distance of such a match (default 1.5)");
    command->add_option("--pixel-offset-px", arguments->pixel_offset_px,
                        "Added to columns and rows where there is a calibration (default 0)");
    command->add_option("--threshold-px", arguments->options.threshold_px,
                        "Largest Sampson distance of an inlier (default 1)");
    command->add_option("--seed", arguments->options.seed, "Of RANSAC (default 0)");
    command->add_option("--cost", arguments->cost,
                        "gold-standard (default) or sampson: what the fit minimizes");
    command->add_option("--tails", arguments->tails,
                        "Of the matches' errors: gaussian (default; beads) or student (image "
                        "content)");
    command
        ->add_option("--volume-mm", arguments->volume_mm,
                     "Working volume in the calibration's world, x0,y0,z0,x1,y1,z1, over which the "
                     "matrices are compared (default: the box of the points)")
        ->delimiter(',')
        ->expected(6);
    command
        ->add_option("--images", arguments->images,
                     "Radiographs to draw over (of one frame: see --frame)")
        ->expected(2);
    command->add_flag("--json", arguments->as_json, "Print JSON instead of tables");
    command->add_option("-o,--output", arguments->folder,
                        "Folder for epipolar.json, pairs.csv and pictures");
    command->callback([arguments, &run] { run = [arguments] { epipolar(*arguments); }; });
}

}  // namespace tools
