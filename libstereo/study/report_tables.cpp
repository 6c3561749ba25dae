#include "effects.hpp"
#include "markup.hpp"
#include "report_parts.hpp"

#include <drr/core/degree.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace stereo {
namespace {

std::string integer(std::size_t n) {
    return fmt::format("{}", n);
}

std::string list(const Eigen::VectorXd& values, int digits, std::string_view separator = ", ") {
    std::string out;
    for (const double value : values)
        out += (out.empty() ? std::string() : std::string(separator)) + fixed(value, digits);
    return out;
}

// "+0.4 σ", marked where it is more than chance gives.
std::string in_sigmas(double error, double sd) {
    if (!(sd > 0.0) || !std::isfinite(error)) return "–";
    const double sigmas = error / sd;
    return fmt::format("<span class=\"{}\">{} σ</span>",
                       std::abs(sigmas) > marked_sigmas ? "bad" : "good", signed_fixed(sigmas, 1));
}

// Quantity, truth, found, error, standard deviation, error in standard deviations.
TableRow parameter(std::string_view name, double truth, double found, double error, double sd,
                   int digits) {
    return {std::string(name),
            fixed(truth, digits),
            fixed(found, digits),
            signed_fixed(error, digits + 1),
            "± " + fixed(sd, digits + 1),
            in_sigmas(error, sd)};
}

void add_view(std::vector<TableRow>& rows, const ValidationResult& r, std::size_t v) {
    const drr::XrayView& truth = r.truth.views[v];
    const drr::CalibratedView& found = r.calibration.views[v];
    const ViewErrors& e = r.view_errors[v];
    rows.push_back({fmt::format("<span class=\"v{0}\">View {0}</span>", v)});
    rows.push_back(parameter("SDD, mm", truth.sdd_mm,
                             found.pinhole.fx_px * truth.pixel_pitch_mm.x(), e.sdd_mm, e.sdd_sd_mm,
                             3));
    const Eigen::Vector3d true_source = r.truth.stereo_from_world * truth.source_in_world_mm();
    const Eigen::Vector3d source = r.truth.stereo_from_world * found.source_in_world_mm();
    const char* const axes[] = {"source along the baseline, mm", "source across it, mm",
                                "source along the beam, mm"};
    for (Eigen::Index i = 0; i < 3; ++i)
        rows.push_back(
            parameter(axes[i], true_source(i), source(i), e.source_mm(i), e.source_sd_mm(i), 3));
    const Eigen::Vector2d point(found.pinhole.cx_px, found.pinhole.cy_px);
    const char* const directions[] = {"principal point, column, px", "principal point, row, px"};
    for (Eigen::Index i = 0; i < 2; ++i)
        rows.push_back(parameter(directions[i], truth.principal_point_px(i), point(i),
                                 e.principal_point_px(i), e.principal_point_sd_px(i), 2));
}

std::string ratio(double observed, double predicted) {
    return predicted > 0.0 ? fixed(observed / predicted, 2) : "–";
}

void add_errors(std::vector<TableRow>& rows, std::string_view title, const PointErrors& e,
                const PointErrors& predicted) {
    constexpr int digits = 4;
    rows.push_back({std::string(title)});
    const char* const axes[] = {"along the baseline", "across the baseline", "depth"};
    for (Eigen::Index i = 0; i < 3; ++i)
        rows.push_back({axes[i], signed_fixed(e.bias_mm(i), digits),
                        fixed(e.precision_mm(i), digits), fixed(e.rms_mm(i), digits),
                        fixed(predicted.rms_mm(i), digits),
                        ratio(e.rms_mm(i), predicted.rms_mm(i))});
    const auto total = [&](const char* name, double observed, double expected) {
        rows.push_back({name, "", "", fixed(observed, digits), fixed(expected, digits),
                        ratio(observed, expected)});
    };
    total("lateral, of one axis", e.lateral_rms_mm(), predicted.lateral_rms_mm());
    total("3D", e.total_rms_mm(), predicted.total_rms_mm());
    rows.push_back({"largest 3D error", "", "", fixed(e.max_mm, digits), "", ""});
}

std::string matrix(const Eigen::Matrix3d& m) {
    std::string out;
    for (Eigen::Index i = 0; i < 3; ++i)
        out += fmt::format("{: .6e}  {: .6e}  {: .6e}\n", m(i, 0), m(i, 1), m(i, 2));
    return out;
}

}  // namespace

std::string marker_label(const drr::MarkerPhantom& phantom, int marker) {
    const auto i = static_cast<std::size_t>(marker);
    if (i < phantom.beads.size()) return fmt::format("{}", phantom.beads[i].id);
    const std::size_t reference = i - phantom.beads.size();
    return reference < phantom.references.size()
               ? fmt::format("{}", phantom.references[reference].id)
               : fmt::format("#{}", marker);
}

std::vector<double> standardized_errors(const ValidationResult& r) {
    std::vector<double> out;
    const auto add = [&](double error, double sd) {
        if (sd > 0.0 && std::isfinite(error)) out.push_back(error / sd);
    };
    for (const ViewErrors& e : r.view_errors) {
        add(e.sdd_mm, e.sdd_sd_mm);
        for (Eigen::Index i = 0; i < 3; ++i)
            add(e.source_mm(i), e.source_sd_mm(i));
        for (Eigen::Index i = 0; i < 2; ++i)
            add(e.principal_point_px(i), e.principal_point_sd_px(i));
    }
    add(r.stereo_angle_error_rad, r.stereo_angle_sd_rad);
    return out;
}

std::string point_spread(const drr::RadiographOptions& options) {
    if (!options.point_spread) return "none";
    const drr::SpreadShape& shape = options.point_spread->shape;
    if (const auto* gaussian = std::get_if<drr::GaussianSpread>(&shape))
        return "Gaussian, σ " + fixed(gaussian->sigma_px, 2) + " px";
    if (const auto* exponential = std::get_if<drr::ExponentialSpread>(&shape))
        return "exponential, length " + fixed(exponential->length_px, 2) + " px";
    return "measured MTF";
}

std::string beam_name(const drr::RadiographBeam& beam) {
    if (const auto* mono = std::get_if<drr::MonoenergeticBeam>(&beam))
        return "photons of " + fixed(mono->photon_energy_kev, 1) + " keV";
    const drr::TubeOptions& tube = std::get<drr::TubeBeam>(beam).tube;
    std::string name = "tungsten tube, " + fixed(tube.voltage_kv, 0) + " kV";
    for (const drr::Filter& filter : tube.filters)
        name += ", " + fixed(filter.thickness_mm, 2) + " mm " + escape_text(filter.material.name);
    return name;
}

std::string effect_names(const ExperimentSpec& spec) {
    std::string names;
    for (const Effect& effect : effects())
        if (effect.present(spec)) names += (names.empty() ? "" : ", ") + std::string(effect.name);
    return names.empty() ? "none" : names;
}

std::string configuration_table(const ValidationResult& r) {
    const ExperimentSpec& s = r.spec;
    const drr::RadiographOptions& f = s.imaging.radiograph;
    const drr::StereoRigSpec& rig = s.rig;
    const auto percent = [](double told, double truth) {
        return truth != 0.0 ? signed_fixed(100.0 * (told / truth - 1.0), 1) + " %" : "–";
    };
    std::vector<TableRow> rows = {
        {"Phantom"},
        {"name", escape_text(s.phantom.name)},
        {"markers", fmt::format("{} beads, {} references", s.phantom.beads.size(),
                                s.phantom.references.size())},
        {"poses",
         fmt::format("{} to calibrate, {} held out", s.poses.calibration, s.poses.held_out)},
        {"random turn and shift of each pose",
         fmt::format("up to {}°, ± ({}) mm", fixed(s.poses.max_rotation_rad / drr::degree, 1),
                     list(s.poses.max_shift_mm, 1))},
        {"motion while imaged",
         fmt::format("({}) mm/s, ({}) °/s, view 1 later by {} ms",
                     list(s.motion.velocity_mm_per_s, 1),
                     list(Eigen::Vector3d(s.motion.turn_rad_per_s / drr::degree), 1),
                     fixed(1e3 * s.motion.sync_offset_s, 2))},
        {"Rig"},
        {"source to detector", fixed(rig.sdd_mm, 1) + " mm"},
        {"source to isocentre", fixed(rig.source_isocentre_mm, 1) + " mm"},
        {"stereo angle", fixed(rig.stereo_angle_rad / drr::degree, 2) + "°"},
        {"stereo axis", "(" + list(rig.stereo_axis.normalized(), 3) + ")"},
        {"primary and secondary angle", fixed(rig.primary_angle_rad / drr::degree, 2) + "°, " +
                                            fixed(rig.secondary_angle_rad / drr::degree, 2) + "°"},
        {"detector",
         fmt::format("{} × {} pixels of {} × {} mm", rig.width_px, rig.height_px,
                     fixed(rig.pixel_pitch_mm.x(), 3), fixed(rig.pixel_pitch_mm.y(), 3))},
        {"detector turned in its plane", fixed(rig.detector_rotation_rad / drr::degree, 2) + "°"},
        {"principal point from the detector's centre",
         "(" + list(rig.principal_offset_px, 1) + ") px"},
        {"Image"},
        {"beam", beam_name(f.beam)},
        {"photons in a pixel of the open beam",
         fixed(f.photons_per_pixel, 0) + (f.quantum_noise ? ", Poisson noise" : ", no noise")},
        {"effects", effect_names(s)},
        {"point spread of the detector", point_spread(f)},
        {"grey of the open beam",
         fixed(f.open_beam_grey, 0) + fmt::format(" of {}", (1 << f.bits) - 1)},
        {"cells across a pixel at edges of metal", fmt::format("{}", s.imaging.samples_per_pixel)},
        {"What the procedure was told"},
        {"nominal values are wrong by up to", "± " + fixed(100.0 * s.nominal_error, 1) + " %"},
        {"source to detector, told",
         fixed(r.nominal_sdd_mm, 1) + " mm (" + percent(r.nominal_sdd_mm, rig.sdd_mm) + ")"},
        {"stereo angle, told", fixed(r.nominal_stereo_angle_rad / drr::degree, 2) + "° (" +
                                   percent(r.nominal_stereo_angle_rad, rig.stereo_angle_rad) + ")"},
        {"epipolar threshold", fixed(s.epipolar_threshold_px, 2) + " px"}};
    return table({"Experiment", ""}, rows);
}

std::string identification_table(const ValidationResult& r) {
    if (r.images.empty()) return "";
    std::vector<TableRow> rows;
    for (const ImageRecord& image : r.images) {
        const auto named = std::count_if(image.marker_of_bead.begin(), image.marker_of_bead.end(),
                                         [](int marker) { return marker >= 0; });
        std::string verdict = "–";
        std::string beads = "–";
        const auto pose = static_cast<std::size_t>(image.pose);
        if (pose < r.identities.size()) {
            const IdentifyResult& identity = r.identities[pose];
            verdict = identity.ok          ? "<span class=\"good\">certain</span>"
                      : identity.ambiguous ? "<span class=\"bad\">ambiguous</span>"
                                           : "<span class=\"bad\">not found</span>";
            const auto view = static_cast<std::size_t>(image.view);
            if (view < identity.views.size())
                beads = fmt::format("{} + {}", identity.views[view].beads_found,
                                    identity.views[view].references_found);
        }
        rows.push_back({fmt::format("{}{}", image.pose,
                                    image.pose >= r.spec.poses.calibration ? ", held out" : ""),
                        fmt::format("<span class=\"v{0}\">{0}</span>", image.view),
                        integer(image.detection.beads.size()), fmt::format("{}", named), beads,
                        fmt::format("{}", image.detection.refused.size()),
                        fixed(image.detection.blur_px, 3), verdict});
    }
    return table({"Pose", "View", "found", "named", "beads + references", "refused", "blur σ, px",
                  "identity"},
                 rows);
}

std::string localization_table(const ValidationResult& r) {
    const Localization& l = r.localization;
    if (l.count == 0) return "";
    return table(
        {"Detected centre against true projection", ""},
        {{"named beads in all images", integer(l.count)},
         {"σ of one coordinate", fixed(l.sigma_px, 4) + " px"},
         {"bias, column", signed_fixed(l.bias_px.x(), 4) + " px"},
         {"bias, row", signed_fixed(l.bias_px.y(), 4) + " px"},
         {"largest error", fixed(l.max_px, 4) + " px"},
         {"error over the detector's own standard deviation, RMS", fixed(l.sigma_ratio, 2)},
         {"the same from the calibration's residuals alone (σ₀)", fixed(r.calibration.sigma0, 2)}});
}

std::string calibration_table(const ValidationResult& r) {
    const std::size_t count =
        std::min({r.calibration.views.size(), r.view_errors.size(), r.truth.views.size()});
    if (count == 0) return "";
    std::vector<TableRow> rows;
    for (std::size_t v = 0; v < count; ++v)
        add_view(rows, r, v);
    if (count == 2) {
        rows.push_back({"Both views"});
        rows.push_back(parameter(
            "stereo angle, °",
            drr::stereo_angle_rad(r.truth.views[0].calibrated(), r.truth.views[1].calibrated()) /
                drr::degree,
            drr::stereo_angle_rad(r.calibration.views[0], r.calibration.views[1]) / drr::degree,
            r.stereo_angle_error_rad / drr::degree, r.stereo_angle_sd_rad / drr::degree, 4));
        const double truth = drr::baseline_mm(r.truth.views);
        const double found = (r.calibration.views[1].source_in_world_mm() -
                              r.calibration.views[0].source_in_world_mm())
                                 .norm();
        rows.push_back({"baseline, mm", fixed(truth, 3), fixed(found, 3),
                        signed_fixed(found - truth, 4), "", ""});
    }
    return table({"Quantity", "truth", "found", "error", "claimed σ", "error / σ"}, rows);
}

std::string epipolar_table(const ValidationResult& r) {
    const EpipolarCheck& e = r.epipolar;
    if (e.a_px.empty()) return "";
    const EpipolarStatistics& points = e.ransac.statistics;
    const EpipolarStatistics& rig = e.of_calibrated;
    const auto row = [](const char* name, const std::string& a, const std::string& b) {
        return TableRow{name, a, b};
    };
    std::string out = table(
        {"Symmetric point-to-line distance", "RANSAC, its inliers", "calibration, all matches"},
        {row("matches", integer(points.count), integer(rig.count)),
         row("RMS, px", fixed(points.rms_px, 4), fixed(rig.rms_px, 4)),
         row("median, px", fixed(points.median_px, 4), fixed(rig.median_px, 4)),
         row("largest, px", fixed(points.max_px, 4), fixed(rig.max_px, 4)),
         row("above 1 px", integer(points.above_1_px), integer(rig.above_1_px))});
    out += fmt::format(
        "<p>RANSAC kept {} of {} matches at {} px. The two matrices disagree by {} px RMS where "
        "the beads were.</p>\n",
        e.ransac.inlier_count, e.a_px.size(), fixed(r.spec.epipolar_threshold_px, 2),
        fixed(e.difference_rms_px, 4));
    if (!e.ransac.ok)
        out += fmt::format("<p class=\"warning\">RANSAC failed: {}</p>\n",
                           escape_text(e.ransac.summary));
    if (e.warning)
        out +=
            "<p class=\"warning\">The RMS distance from the calibration's epipolar lines is above "
            "1 px: the calibration does not fit these beads.</p>\n";
    out += fmt::format(
        "<details><summary>Both matrices</summary><pre>from points (RANSAC)\n{}\nfrom the "
        "calibration\n{}</pre></details>\n",
        matrix(e.ransac.fundamental), matrix(e.calibrated));
    return out;
}

std::string held_out_table(const ValidationResult& r) {
    if (r.held_out.empty()) return "";
    std::vector<TableRow> rows;
    add_errors(rows, "After the best rigid motion of all points", r.aligned, r.predicted_aligned);
    add_errors(rows, "In the world frame as calibrated", r.absolute, r.predicted_absolute);
    return table({"Error, mm", "bias", "precision (σ)", "RMS", "predicted RMS", "RMS / predicted"},
                 rows);
}

std::string distance_table(const ValidationResult& r) {
    if (r.held_out.empty()) return "";
    const DistanceErrors& d = r.distances;
    return table(
        {"Further checks on the held-out beads", ""},
        {{"depth resolution expected from Z²·δd/(B·f)",
          fixed(r.expected_depth_resolution_mm, 4) + " mm"},
         {"depth RMS observed, after alignment", fixed(r.aligned.depth_rms_mm(), 4) + " mm"},
         {"reprojection RMS", fixed(r.held_out_reprojection_rms_px, 4) + " px"},
         {"distances between beads, number", integer(d.count)},
         {"their bias", signed_fixed(d.bias_mm, 4) + " mm"},
         {"their precision (σ)", fixed(d.precision_mm, 4) + " mm"},
         {"their RMS error", fixed(d.rms_mm, 4) + " mm"},
         {"their largest error", fixed(d.max_mm, 4) + " mm"}});
}

}  // namespace stereo
