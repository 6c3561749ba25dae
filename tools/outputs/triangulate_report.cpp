#include "outputs/triangulate_report.hpp"

#include "outputs/json_values.hpp"
#include "outputs/plus_minus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr double degrees = 180.0 / std::numbers::pi;
constexpr double mm_per_m = 1000.0;  // radiostereometry gives condition numbers per metre

std::vector<double> sampson_of(const TriangulatedFrame& frame) {
    std::vector<double> values;
    for (const stereo::ViewMatch& match : frame.result.matches)
        values.push_back(match.sampson_px);
    return values;
}

std::vector<double> crossings_of(const TriangulatedFrame& frame) {
    std::vector<double> values;
    for (const stereo::CrossingLines& crossing : frame.crossings)
        if (crossing.ok) values.push_back(crossing.distance_mm);
    return values;
}

template <class Values>
Spread over_frames(const std::vector<TriangulatedFrame>& frames, Values values) {
    std::vector<double> all;
    for (const TriangulatedFrame& frame : frames) {
        const std::vector<double> of_frame = values(frame);
        all.insert(all.end(), of_frame.begin(), of_frame.end());
    }
    return spread_of(std::move(all));
}

Json json_of(const Spread& s, const std::string& unit) {
    return {{"count", s.count},
            {"median_" + unit, s.median},
            {"rms_" + unit, s.rms},
            {"max_" + unit, s.max}};
}

std::string bead_name(const TriangulatedFrame& frame, std::size_t i) {
    return frame.names.empty() ? std::to_string(i + 1) : frame.names[i];
}

Eigen::Vector3d rotation_sd_deg(const stereo::RigidFit& fit) {
    return degrees * fit.covariance.diagonal().head<3>().cwiseSqrt();
}

Eigen::Vector3d translation_sd_mm(const stereo::RigidFit& fit) {
    return fit.covariance.diagonal().tail<3>().cwiseSqrt();
}

std::vector<std::size_t> beads_per_frame(const stereo::RigidCluster& cluster) {
    std::vector<std::size_t> counts;
    for (const auto& beads : cluster.beads)
        counts.push_back(static_cast<std::size_t>(std::count_if(
            beads.begin(), beads.end(), [](std::size_t i) { return i != stereo::no_bead; })));
    return counts;
}

Json json_of(const stereo::PointSetError& error) {
    return {{"mean_mm", json_list(error.mean_mm)},
            {"rms_mm", json_list(error.rms_mm)},
            {"rms_length_mm", error.rms_length_mm},
            {"max_length_mm", error.max_length_mm}};
}

std::string error_line(const std::string& name, const stereo::PointSetError& e) {
    return fmt::format("{:<18}{:>9.4f}{:>9.4f}{:>9.4f}{:>9.4f}{:>9.4f}\n", name, e.rms_mm.x(),
                       e.rms_mm.y(), e.rms_mm.z(), e.rms_length_mm, e.max_length_mm);
}

}  // namespace

Spread spread_of(std::vector<double> values) {
    Spread s;
    s.count = values.size();
    if (values.empty()) return s;
    for (double& value : values) {
        value = std::abs(value);
        s.rms += value * value;
    }
    std::sort(values.begin(), values.end());
    s.median = 0.5 * (values[(values.size() - 1) / 2] + values[values.size() / 2]);
    s.max = values.back();
    s.rms = std::sqrt(s.rms / static_cast<double>(values.size()));
    return s;
}

Spread sampson_spread(const std::vector<TriangulatedFrame>& frames) {
    return over_frames(frames, sampson_of);
}

Spread crossing_spread(const std::vector<TriangulatedFrame>& frames) {
    return over_frames(frames, crossings_of);
}

std::vector<ClusterMotion> motions_of(const std::vector<TriangulatedFrame>& frames,
                                      const stereo::RigidCluster& cluster) {
    std::vector<ClusterMotion> motions;
    for (std::size_t f = 1; f < frames.size(); ++f) {
        std::vector<Eigen::Vector3d> from, to;
        std::vector<Eigen::Matrix3d> from_mm2, to_mm2;
        for (std::size_t k = 0; k < cluster.beads[0].size(); ++k) {
            const std::size_t first = cluster.beads[0][k];
            const std::size_t now = cluster.beads[f][k];
            if (first == stereo::no_bead || now == stereo::no_bead) continue;
            from.push_back(frames[0].points_mm[first]);
            to.push_back(frames[f].points_mm[now]);
            from_mm2.push_back(frames[0].result.matches[first].point.covariance_mm2);
            to_mm2.push_back(frames[f].result.matches[now].point.covariance_mm2);
        }
        // The rotation tells the covariance of the first frame's points in this frame.
        const stereo::RigidFit coarse = stereo::fit_rigid(from, to);
        if (!coarse.ok) continue;
        const Eigen::Matrix3d turn = coarse.to_from_from.matrix();
        for (std::size_t k = 0; k < to.size(); ++k)
            to_mm2[k] += turn * from_mm2[k] * turn.transpose();
        const stereo::RigidFit fit = stereo::fit_rigid(from, to, {.weighted = true}, to_mm2);
        if (fit.ok) motions.push_back({f, fit});
    }
    return motions;
}

std::string points_csv(const std::vector<TriangulatedFrame>& frames,
                       const std::vector<stereo::RigidCluster>& clusters) {
    std::string text =
        "frame,cluster,bead1,bead2,x1_px,y1_px,x2_px,y2_px,sampson_px,ambiguous,x_mm,y_mm,z_mm,"
        "sd_x_mm,sd_y_mm,sd_z_mm,corr_xy,corr_xz,corr_yz,crossing_mm,sd_crossing_mm,"
        "calibration_sd_x_mm,calibration_sd_y_mm,calibration_sd_z_mm\n";
    for (std::size_t f = 0; f < frames.size(); ++f) {
        const TriangulatedFrame& frame = frames[f];
        std::vector<std::string> cluster_of(frame.points_mm.size());
        for (std::size_t k = 0; k < clusters.size(); ++k)
            for (const std::size_t i : clusters[k].beads[f])
                if (i != stereo::no_bead) cluster_of[i] = std::to_string(k + 1);
        for (std::size_t i = 0; i < frame.result.matches.size(); ++i) {
            const stereo::ViewMatch& m = frame.result.matches[i];
            const Eigen::Vector2d& a = frame.pixels[0][m.a].pixel;
            const Eigen::Vector2d& b = frame.pixels[1][m.b].pixel;
            const Eigen::Vector3d& x = m.point.point_in_world_mm;
            const Eigen::Matrix3d& c = m.point.covariance_mm2;
            const Eigen::Vector3d sd = c.diagonal().cwiseSqrt();
            text += fmt::format(
                "{},{},{},{},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f},{},{:.5f},{:.5f},{:.5f},{:.5f},"
                "{:.5f},{:.5f},{:.4f},{:.4f},{:.4f},{:.5f},{:.5f},",
                f + 1, cluster_of[i], bead_name(frame, m.a), bead_name(frame, m.b), a.x(), a.y(),
                b.x(), b.y(), m.sampson_px, m.ambiguous ? 1 : 0, x.x(), x.y(), x.z(), sd.x(),
                sd.y(), sd.z(), c(0, 1) / (sd.x() * sd.y()), c(0, 2) / (sd.x() * sd.z()),
                c(1, 2) / (sd.y() * sd.z()), frame.crossings[i].distance_mm,
                frame.crossings[i].sd_mm);
            const Eigen::Vector3d shared = frame.of_calibration_mm2[i].diagonal().cwiseSqrt();
            text += fmt::format("{:.5f},{:.5f},{:.5f}\n", shared.x(), shared.y(), shared.z());
        }
    }
    return text;
}

std::string text_of(const std::vector<TriangulatedFrame>& frames,
                    const std::vector<stereo::RigidCluster>& clusters,
                    const std::optional<stereo::ReconstructionError>& error) {
    std::string text;
    for (std::size_t f = 0; f < frames.size(); ++f) {
        const Spread s = spread_of(sampson_of(frames[f]));
        const Spread c = spread_of(crossings_of(frames[f]));
        text += fmt::format(
            "frame {}: {} and {} beads, {}; Sampson distance median {:.3f}, RMS {:.3f}, max {:.3f} "
            "px; crossing lines median {:.4f}, RMS {:.4f}, max {:.4f} mm\n",
            f + 1, frames[f].pixels[0].size(), frames[f].pixels[1].size(), frames[f].result.summary,
            s.median, s.rms, s.max, c.median, c.rms, c.max);
    }
    const Spread all = sampson_spread(frames);
    const Spread crossing = crossing_spread(frames);
    text += fmt::format(
        "all: {} points; Sampson distance median {:.3f}, RMS {:.3f}, max {:.3f} px; crossing lines "
        "median {:.4f}, RMS {:.4f}, max {:.4f} mm\n",
        all.count, all.median, all.rms, all.max, crossing.median, crossing.rms, crossing.max);
    if (!clusters.empty())
        text +=
            "\ncluster  beads per frame   distances   change between frames, mm\n"
            "                                       median     RMS     max\n";
    for (std::size_t k = 0; k < clusters.size(); ++k) {
        const stereo::RigidCluster& cluster = clusters[k];
        const std::string counts = fmt::format("{}", fmt::join(beads_per_frame(cluster), " "));
        if (cluster.pairs > 0)
            text += fmt::format("{:<8} {:<17} {:>9}   {:.4f}  {:.4f}  {:.4f}{}\n", k + 1, counts,
                                cluster.pairs, cluster.change_median_mm, cluster.change_rms_mm,
                                cluster.change_max_mm, cluster.ambiguous ? "  ambiguous" : "");
        else
            text += fmt::format("{:<8} {:<17} {:>9}   in one frame only\n", k + 1, counts, 0);
    }
    std::string motions;
    for (std::size_t k = 0; k < clusters.size(); ++k)
        for (const ClusterMotion& motion : motions_of(frames, clusters[k])) {
            const stereo::RigidFit& fit = motion.fit;
            motions += fmt::format(
                "{:<8} 1 to {:<5}{:>9.4f}{:>12.0f}{}{}\n", k + 1, motion.frame + 1,
                fit.mean_error_mm, fit.condition_number_per_mm * mm_per_m,
                plus_minus(degrees * drr::angle_between_rad(fit.to_from_from.rotation,
                                                            Eigen::Quaterniond::Identity()),
                           rotation_sd_deg(fit).norm() / std::sqrt(3.0), 3, 12),
                plus_minus(fit.to_from_from.translation_mm.norm(),
                           translation_sd_mm(fit).norm() / std::sqrt(3.0), 3, 12));
        }
    if (!motions.empty())
        text +=
            "\ncluster  frames    mean     condition    rotation, degrees     translation, mm\n"
            "                  error, mm   per m      (sd: mean of axes, noise of the points)\n" +
            motions;
    if (error && error->ok)
        text += fmt::format("\nerror, mm             RMS x        y        z   length      max\n") +
                error_line("as it stands", error->absolute) +
                error_line("after rigid", error->after_rigid) +
                error_line("after similarity", error->after_similarity) +
                fmt::format("scale of the truth over what was found: {}\n",
                            plus_minus(error->similarity.scale, error->similarity.scale_sd, 6));
    return text;
}

void add_results(Json& report, const std::vector<TriangulatedFrame>& frames,
                 const std::vector<stereo::RigidCluster>& clusters,
                 const std::optional<stereo::ReconstructionError>& error) {
    report["sampson"] = json_of(sampson_spread(frames), "px");
    report["crossing_lines"] = json_of(crossing_spread(frames), "mm");
    for (const TriangulatedFrame& frame : frames)
        report["frames"].push_back(
            {{"points", frame.files},
             {"matches", frame.result.matches.size()},
             {"ambiguous", frame.result.ambiguous},
             {"without_partner_1", frame.result.unmatched_a.size()},
             {"without_partner_2", frame.result.unmatched_b.size()},
             {"sampson", json_of(spread_of(sampson_of(frame)), "px")},
             {"crossing_lines", json_of(spread_of(crossings_of(frame)), "mm")}});
    for (const stereo::RigidCluster& cluster : clusters) {
        Json motions = Json::array();
        for (const ClusterMotion& motion : motions_of(frames, cluster))
            motions.push_back(
                {{"from_frame", 1},
                 {"to_frame", motion.frame + 1},
                 {"rotation", json_rows(motion.fit.to_from_from.matrix())},
                 {"translation_mm", json_list(motion.fit.to_from_from.translation_mm)},
                 {"covariance", json_rows(motion.fit.covariance)},
                 {"mean_error_mm", motion.fit.mean_error_mm},
                 {"condition_number_per_m", motion.fit.condition_number_per_mm * mm_per_m}});
        report["clusters"].push_back({{"beads_per_frame", beads_per_frame(cluster)},
                                      {"distances", cluster.pairs},
                                      {"change_median_mm", cluster.change_median_mm},
                                      {"change_rms_mm", cluster.change_rms_mm},
                                      {"change_max_mm", cluster.change_max_mm},
                                      {"ambiguous", cluster.ambiguous},
                                      {"motions", motions}});
    }
    if (error && error->ok)
        report["error"] = {{"absolute", json_of(error->absolute)},
                           {"after_rigid", json_of(error->after_rigid)},
                           {"after_similarity", json_of(error->after_similarity)},
                           {"scale", error->similarity.scale},
                           {"scale_sd", error->similarity.scale_sd}};
}

}  // namespace tools
