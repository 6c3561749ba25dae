#include "commands.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <stereo/calib/calibration_io.hpp>
#include <stereo/detect/detections_io.hpp>
#include <stereo/recon/clusters.hpp>
#include <stereo/recon/match.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

struct TriangulateArguments {
    std::vector<std::string> calibration;
    std::vector<std::string> points;
    stereo::MatchOptions match;
    stereo::ClusterOptions cluster;
    double pixel_offset_px = 0.0;
    std::string folder = ".";
};

struct Frame {
    std::array<stereo::ImageDetections, 2> images;
    stereo::MatchResult result;
    std::vector<Eigen::Vector3d> points_mm;
};

struct Spread {
    std::size_t count = 0;
    double median = 0.0, rms = 0.0, max = 0.0;
};

Spread spread_of(std::vector<double> absolute) {
    Spread s;
    s.count = absolute.size();
    if (absolute.empty()) return s;
    std::sort(absolute.begin(), absolute.end());
    const std::size_t half = absolute.size() / 2;
    s.median =
        absolute.size() % 2 == 1 ? absolute[half] : 0.5 * (absolute[half - 1] + absolute[half]);
    s.max = absolute.back();
    for (const double a : absolute)
        s.rms += a * a;
    s.rms = std::sqrt(s.rms / static_cast<double>(absolute.size()));
    return s;
}

Json json_of(const Spread& s) {
    return {{"count", s.count}, {"median_px", s.median}, {"rms_px", s.rms}, {"max_px", s.max}};
}

std::vector<Eigen::Vector2d> undistorted(const std::vector<stereo::BeadDetection>& beads,
                                         const stereo::ViewCalibration& calibration,
                                         double offset_px) {
    std::vector<Eigen::Vector2d> pixels;
    for (const stereo::BeadDetection& bead : beads) {
        const Eigen::Vector2d center = bead.center_px.array() + offset_px;
        if (!calibration.distortion) {
            pixels.push_back(center);
            continue;
        }
        const auto pixel =
            drr::undistort_pixel(calibration.view.pinhole, *calibration.distortion, center);
        // A pixel that no undistorted one maps to has no partner anywhere.
        pixels.push_back(pixel.value_or(Eigen::Vector2d::Constant(-1e6)));
    }
    return pixels;
}

double mean_variance(const stereo::BeadDetection& bead) {
    return 0.5 * bead.covariance_px2.trace();
}

std::string points_csv(const std::vector<Frame>& frames,
                       const std::vector<std::vector<std::size_t>>& cluster_of) {
    std::string text =
        "frame,cluster,bead1,bead2,x1_px,y1_px,x2_px,y2_px,sampson_px,ambiguous,x_mm,y_mm,z_mm,"
        "sd_x_mm,sd_y_mm,sd_z_mm\n";
    for (std::size_t f = 0; f < frames.size(); ++f)
        for (std::size_t i = 0; i < frames[f].result.matches.size(); ++i) {
            const stereo::ViewMatch& m = frames[f].result.matches[i];
            const stereo::BeadDetection& a = frames[f].images[0].beads[m.a];
            const stereo::BeadDetection& b = frames[f].images[1].beads[m.b];
            const Eigen::Vector3d& x = m.point.point_in_world_mm;
            const Eigen::Vector3d sd =
                (0.5 * (mean_variance(a) + mean_variance(b)) * m.point.covariance_mm2.diagonal())
                    .cwiseSqrt();
            const std::size_t cluster = cluster_of[f][i];
            text += fmt::format(
                "{},{},{},{},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f},{},{:.5f},{:.5f},{:.5f},{:.5f},{:."
                "5f},{:.5f}\n",
                f + 1, cluster == stereo::no_bead ? "" : std::to_string(cluster + 1), m.a + 1,
                m.b + 1, a.center_px.x(), a.center_px.y(), b.center_px.x(), b.center_px.y(),
                m.sampson_px, m.ambiguous ? 1 : 0, x.x(), x.y(), x.z(), sd.x(), sd.y(), sd.z());
        }
    return text;
}

void triangulate(const TriangulateArguments& arguments) {
    drr::require(arguments.points.size() % 2 == 0,
                 "--points takes pairs of files: camera 1 and camera 2 of each frame");
    const std::array<stereo::ViewCalibration, 2> cameras = {
        stereo::read_mayacam2(arguments.calibration[0]),
        stereo::read_mayacam2(arguments.calibration[1])};
    const std::filesystem::path folder = arguments.folder;
    drr::make_folder(folder);

    std::vector<Frame> frames(arguments.points.size() / 2);
    std::vector<double> sampson;
    for (std::size_t f = 0; f < frames.size(); ++f) {
        Frame& frame = frames[f];
        std::array<std::vector<Eigen::Vector2d>, 2> pixels;
        for (std::size_t c = 0; c < 2; ++c) {
            frame.images[c] = stereo::read_detections(arguments.points[2 * f + c]);
            pixels[c] = undistorted(frame.images[c].beads, cameras[c], arguments.pixel_offset_px);
        }
        frame.result = stereo::match_across_views(cameras[0].view, cameras[1].view, pixels[0],
                                                  pixels[1], arguments.match);
        std::vector<double> of_frame;
        for (const stereo::ViewMatch& match : frame.result.matches) {
            of_frame.push_back(std::abs(match.sampson_px));
            frame.points_mm.push_back(match.point.point_in_world_mm);
        }
        sampson.insert(sampson.end(), of_frame.begin(), of_frame.end());
        const Spread s = spread_of(of_frame);
        fmt::print(
            "frame {}: {} and {} beads, {}; Sampson distance median {:.3f}, RMS {:.3f}, max "
            "{:.3f} px\n",
            f + 1, pixels[0].size(), pixels[1].size(), frame.result.summary, s.median, s.rms,
            s.max);
    }
    if (sampson.empty()) throw NoResult("no bead of one camera matches a bead of the other");

    std::vector<std::vector<Eigen::Vector3d>> points;
    for (const Frame& frame : frames)
        points.push_back(frame.points_mm);
    const std::vector<stereo::RigidCluster> clusters =
        stereo::clusters_over_frames(points, arguments.cluster);
    std::vector<std::vector<std::size_t>> cluster_of;
    for (const Frame& frame : frames)
        cluster_of.emplace_back(frame.points_mm.size(), stereo::no_bead);

    const Spread all = spread_of(sampson);
    fmt::print("all: {} points; Sampson distance median {:.3f}, RMS {:.3f}, max {:.3f} px\n",
               all.count, all.median, all.rms, all.max);
    Json report = {{"schema", "stereodrr/triangulate/v1"},
                   {"version", drr::version()},
                   {"git_commit", drr::git_commit()},
                   {"calibration", arguments.calibration},
                   {"pixel_offset_px", arguments.pixel_offset_px},
                   {"max_sampson_px", arguments.match.max_sampson_px},
                   {"max_gap_mm", arguments.cluster.max_gap_mm},
                   {"max_change_mm", arguments.cluster.max_change_mm},
                   {"sampson", json_of(all)}};
    for (std::size_t f = 0; f < frames.size(); ++f) {
        std::vector<double> of_frame;
        for (const stereo::ViewMatch& m : frames[f].result.matches)
            of_frame.push_back(std::abs(m.sampson_px));
        report["frames"].push_back(
            {{"points", {arguments.points[2 * f], arguments.points[2 * f + 1]}},
             {"matches", frames[f].result.matches.size()},
             {"ambiguous", frames[f].result.ambiguous},
             {"without_partner_1", frames[f].result.unmatched_a.size()},
             {"without_partner_2", frames[f].result.unmatched_b.size()},
             {"sampson", json_of(spread_of(of_frame))}});
    }
    if (!clusters.empty())
        fmt::print(
            "\ncluster  beads per frame   distances   change between frames, mm\n"
            "                                       median     RMS     max\n");
    for (std::size_t k = 0; k < clusters.size(); ++k) {
        const stereo::RigidCluster& cluster = clusters[k];
        std::string counts;
        Json found = Json::array();
        for (std::size_t f = 0; f < frames.size(); ++f) {
            std::size_t beads = 0;
            for (const std::size_t i : cluster.beads[f]) {
                if (i == stereo::no_bead) continue;
                cluster_of[f][i] = k;
                ++beads;
            }
            counts += (f == 0 ? "" : " ") + std::to_string(beads);
            found.push_back(beads);
        }
        if (cluster.pairs > 0)
            fmt::print("{:<8} {:<17} {:>9}   {:.4f}  {:.4f}  {:.4f}{}\n", k + 1, counts,
                       cluster.pairs, cluster.change_median_mm, cluster.change_rms_mm,
                       cluster.change_max_mm, cluster.ambiguous ? "  ambiguous" : "");
        else
            fmt::print("{:<8} {:<17} {:>9}   in one frame only\n", k + 1, counts, 0);
        report["clusters"].push_back({{"beads_per_frame", found},
                                      {"distances", cluster.pairs},
                                      {"change_median_mm", cluster.change_median_mm},
                                      {"change_rms_mm", cluster.change_rms_mm},
                                      {"change_max_mm", cluster.change_max_mm},
                                      {"ambiguous", cluster.ambiguous}});
    }
    drr::write_file(folder / "points3d.csv", points_csv(frames, cluster_of));
    drr::write_file(folder / "triangulate.json", report.dump(2) + "\n");
    fmt::print("\nwritten: {} and {}\n", (folder / "points3d.csv").string(),
               (folder / "triangulate.json").string());
}

}  // namespace

void add_triangulate(CLI::App& app, Run& run) {
    const auto arguments = std::make_shared<TriangulateArguments>();
    CLI::App* command = app.add_subcommand(
        "triangulate", "Match beads of two calibrated cameras and reconstruct them in space");
    command
        ->add_option("--calibration", arguments->calibration,
                     "MayaCam 2.0 files of camera 1 and camera 2")
        ->required()
        ->expected(2);
    command
        ->add_option("--points", arguments->points,
                     "Detections of camera 1 and camera 2, for one or more frames")
        ->required()
        ->expected(2, 1 << 20);
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
    command->add_option("-o,--output", arguments->folder, "Folder for the results (default .)");
    command->callback([arguments, &run] { run = [arguments] { triangulate(*arguments); }; });
}

}  // namespace tools
