#include "outputs/epipolar_report.hpp"

#include "outputs/json_values.hpp"
#include "outputs/plus_minus.hpp"

#include <drr/core/version.hpp>

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr double degrees = 180.0 / std::numbers::pi;
constexpr const char* blind =
    "A fundamental matrix is blind to scale: twice the size of everything gives the same matrix.";

Json json_of(const stereo::EpipolarStatistics& s) {
    return {{"count", s.count},         {"rms_px", s.rms_px},
            {"median_px", s.median_px}, {"percentile_95_px", s.percentile_95_px},
            {"max_px", s.max_px},       {"above_1_px", s.above_1_px}};
}

Json json_of(const stereo::Epipole& e) {
    return {{"direction_deg", e.direction_rad * degrees},
            {"direction_sd_deg", e.direction_sd_rad * degrees},
            {"inverse_distance_per_px", e.inverse_distance_per_px},
            {"inverse_distance_sd_per_px", e.inverse_distance_sd_per_px},
            {"finite", e.is_finite()}};
}

Json json_of(const stereo::ModelScore& s) {
    return {{"parameters", s.parameters},
            {"cost", s.cost},
            {"aic", s.aic},
            {"bic", s.bic},
            {"gric", s.gric}};
}

std::string table_line(const std::string& name, const stereo::EpipolarStatistics& s) {
    return fmt::format("{:<38}{:>6}{:>9.3f}{:>9.3f}{:>9.3f}{:>9.3f}{:>7}\n", name, s.count,
                       s.rms_px, s.median_px, s.percentile_95_px, s.max_px, s.above_1_px);
}

std::string epipole_line(const EpipolarReport& report, std::size_t v) {
    const stereo::Epipole& e = report.epipoles[v];
    std::string text =
        fmt::format("epipole {}: {} degrees from the columns, ", v + 1,
                    plus_minus(e.direction_rad * degrees, e.direction_sd_rad * degrees, 3));
    if (!e.is_finite()) {
        // Two standard deviations on the side of nearer.
        const double nearest =
            1.0 / (std::abs(e.inverse_distance_per_px) + 2.0 * e.inverse_distance_sd_per_px);
        return text + fmt::format("distance not told from infinity (beyond {:.0f} px)\n", nearest);
    }
    const double distance = 1.0 / e.inverse_distance_per_px;
    return text + plus_minus(distance, distance * distance * e.inverse_distance_sd_per_px, 0) +
           " px away\n";
}

std::string model_text(const stereo::FundamentalModelChoice& model) {
    if (!model.ok) return "";
    std::string text = fmt::format(
        "affine or full: BIC {:.1f} or {:.1f}, AIC {:.1f} or {:.1f}, GRIC {:.1f} or {:.1f}; "
        "likelihood ratio {:.1f}, p = {:.2g}\n",
        model.of_affine.bic, model.of_full.bic, model.of_affine.aic, model.of_full.aic,
        model.of_affine.gric, model.of_full.gric, model.likelihood_ratio, model.p_value);
    return text + (model.affine_is_enough
                       ? "An affine matrix is enough: these matches do not tell the cone from "
                         "parallel rays. Not determined are\nthe distances of the epipoles, how "
                         "far the lines converge, and with them focal lengths and the angle\n"
                         "between the views; only the direction of the lines and their spacing "
                         "are.\n"
                       : "The full matrix is needed: the cone of the rays shows in the matches.\n");
}

}  // namespace

std::string text_of(const EpipolarReport& report) {
    std::string text = report.of_matches.summary + "\n\n";
    text += fmt::format("{:<38}{:>6}{:>9}{:>9}{:>9}{:>9}{:>7}\n", "distances, px", "pairs", "RMS",
                        "median", "95 %", "max", "> 1 px");
    if (report.of_matches.ok) {
        text += table_line("fitted matrix, symmetric, inliers", report.of_matches.statistics);
        text += table_line("fitted matrix, Sampson, inliers", report.of_matches.sampson);
        text += table_line("sd of its lines at the inliers", report.line_sd);
    }
    if (report.calibrated) {
        text += table_line("calibration, symmetric, all pairs", report.calibrated_symmetric);
        text += table_line("calibration, Sampson, all pairs", report.calibrated_sampson);
        if (report.calibrated_line_sd)
            text += table_line("sd of the calibration's lines", *report.calibrated_line_sd);
    }
    if (report.difference)
        text += table_line("fitted beside calibration, volume", *report.difference);
    if (report.of_matches.ok) {
        text += fmt::format("\nnoise of one coordinate: {:.4f} {} (residuals over {} - 7)\n",
                            report.of_matches.sigma0,
                            report.sd_given ? "of the standard deviations given" : "px",
                            report.of_matches.inlier_count);
        const Eigen::VectorXd sd = report.of_matches.covariance().diagonal().cwiseSqrt();
        text += "\nfundamental matrix, norm 1, b^T F a = 0\n";
        for (Eigen::Index r = 0; r < 3; ++r)
            for (Eigen::Index c = 0; c < 3; ++c)
                text += fmt::format("{:>14.6e} +- {:.1e}{}", report.of_matches.fundamental(r, c),
                                    sd[3 * r + c], c == 2 ? "\n" : "  ");
        text += "\n" + epipole_line(report, 0) + epipole_line(report, 1) + model_text(report.model);
    }
    std::size_t listed = 0;
    const Eigen::Matrix3d& judge =
        report.calibrated ? *report.calibrated : report.of_matches.fundamental;
    for (std::size_t i = 0; i < report.a.size(); ++i) {
        const double distance =
            stereo::symmetric_distance_px(judge, report.a[i].pixel, report.b[i].pixel);
        if (!(distance > 1.0)) continue;
        if (listed++ == 0)
            text += fmt::format("\npairs above 1 px by the {}:\n",
                                report.calibrated ? "calibration" : "fitted matrix");
        text += fmt::format("  {}: {:.2f} px\n", report.names[i], distance);
    }
    return text + "\n" + blind + "\n";
}

Json json_of(const EpipolarReport& report) {
    Json json = {
        {"schema", "stereodrr/epipolar/v1"},
        {"version", drr::version()},
        {"git_commit", drr::git_commit()},
        {"points", report.points},
        {"calibration", report.calibration_files},
        {"cost", report.cost},
        {"threshold_px", report.options.threshold_px},
        {"seed", report.options.seed},
        {"tails", report.options.tails == stereo::ErrorTails::student ? "student" : "gaussian"},
        {"remark", blind},
        {"matches", report.a.size()},
        {"ok", report.of_matches.ok},
        {"summary", report.of_matches.summary}};
    if (report.of_matches.ok) {
        const stereo::FundamentalEstimate& fit = report.of_matches;
        json["fitted"] = {{"fundamental", json_rows(fit.fundamental)},
                          {"covariance_of_rows", json_rows(fit.covariance())},
                          {"covariance_root", json_rows(fit.root)},
                          {"sigma0", fit.sigma0},
                          {"sd_given", report.sd_given},
                          {"inliers", fit.inlier_count},
                          {"symmetric", json_of(fit.statistics)},
                          {"sampson", json_of(fit.sampson)},
                          {"line_sd", json_of(report.line_sd)},
                          {"epipoles", {json_of(report.epipoles[0]), json_of(report.epipoles[1])}}};
        if (report.model.ok)
            json["model"] = {{"affine", json_of(report.model.of_affine)},
                             {"full", json_of(report.model.of_full)},
                             {"likelihood_ratio", report.model.likelihood_ratio},
                             {"p_value", report.model.p_value},
                             {"affine_is_enough", report.model.affine_is_enough}};
    }
    if (report.calibrated) {
        json["calibrated"] = {{"fundamental", json_rows(*report.calibrated)},
                              {"symmetric", json_of(report.calibrated_symmetric)},
                              {"sampson", json_of(report.calibrated_sampson)}};
        if (report.calibrated_line_sd)
            json["calibrated"]["line_sd"] = json_of(*report.calibrated_line_sd);
        if (report.difference) json["difference_over_volume"] = json_of(*report.difference);
    }
    return json;
}

std::string pairs_csv(const EpipolarReport& report) {
    std::string text =
        "match,x1_px,y1_px,x2_px,y2_px,inlier,symmetric_px,sampson_px,calibrated_symmetric_px,"
        "calibrated_sampson_px\n";
    for (std::size_t i = 0; i < report.a.size(); ++i) {
        const Eigen::Vector2d& a = report.a[i].pixel;
        const Eigen::Vector2d& b = report.b[i].pixel;
        text += fmt::format("\"{}\",{:.4f},{:.4f},{:.4f},{:.4f},", report.names[i], a.x(), a.y(),
                            b.x(), b.y());
        if (report.of_matches.ok)
            text += fmt::format("{},{:.4f},{:.4f},", report.of_matches.inliers[i] ? 1 : 0,
                                stereo::symmetric_distance_px(report.of_matches.fundamental, a, b),
                                stereo::sampson_distance_px(report.of_matches.fundamental, a, b));
        else
            text += ",,,";
        if (report.calibrated)
            text += fmt::format("{:.4f},{:.4f}\n",
                                stereo::symmetric_distance_px(*report.calibrated, a, b),
                                stereo::sampson_distance_px(*report.calibrated, a, b));
        else
            text += ",\n";
    }
    return text;
}

}  // namespace tools
