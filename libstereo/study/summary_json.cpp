#include "json_matrix.hpp"

#include <drr/core/version.hpp>
#include <drr/imaging/radiograph_yaml.hpp>
#include <stereo/study/summary_json.hpp>

#include <algorithm>
#include <filesystem>

namespace stereo {
namespace {

Json wxyz(const Eigen::Quaterniond& q) {
    return Json::array({q.w(), q.x(), q.y(), q.z()});
}

// A pose `a_from_b` under names with units.
Json motion(const drr::Rigid3& m) {
    return {{"rotation_matrix", array(m.matrix())}, {"translation_mm", array(m.translation_mm)}};
}

Json motions(const std::vector<drr::Rigid3>& all) {
    Json out = Json::array();
    for (const drr::Rigid3& m : all)
        out.push_back(motion(m));
    return out;
}

// A file is named as the experiment names it, but never by its place on this machine.
std::string portable_name(const std::string& file) {
    const std::filesystem::path path(file);
    return path.is_absolute() ? path.filename().string() : file;
}

Json configuration(const ExperimentSpec& spec) {
    Json out;
    out["name"] = spec.name;
    out["seed"] = spec.seed;
    out["phantom"] = {{"file", portable_name(spec.phantom_file)},
                      {"name", spec.phantom.name},
                      {"frame", spec.phantom.frame},
                      {"bead_count", spec.phantom.beads.size()},
                      {"reference_count", spec.phantom.references.size()},
                      {"body_count", spec.phantom.bodies.size()},
                      {"brick_count", spec.phantom.bricks.size()}};
    out["rig"] = {{"sdd_mm", spec.rig.sdd_mm},
                  {"source_isocentre_mm", spec.rig.source_isocentre_mm},
                  {"stereo_angle_rad", spec.rig.stereo_angle_rad},
                  {"stereo_axis", array(spec.rig.stereo_axis)},
                  {"primary_angle_rad", spec.rig.primary_angle_rad},
                  {"secondary_angle_rad", spec.rig.secondary_angle_rad},
                  {"detector_rotation_rad", spec.rig.detector_rotation_rad},
                  {"pixel_pitch_mm", array(spec.rig.pixel_pitch_mm)},
                  {"width_px", spec.rig.width_px},
                  {"height_px", spec.rig.height_px},
                  {"principal_offset_px", array(spec.rig.principal_offset_px)}};
    if (spec.rig.isocentre_mm) out["rig"]["isocentre_mm"] = array(*spec.rig.isocentre_mm);
    out["poses"] = {{"calibration_count", spec.poses.calibration},
                    {"held_out_count", spec.poses.held_out},
                    {"base_rotation_vector_rad", array(spec.poses.base_rotation_rad)},
                    {"max_rotation_rad", spec.poses.max_rotation_rad},
                    {"max_shift_mm", array(spec.poses.max_shift_mm)}};
    out["motion"] = {{"velocity_mm_per_s", array(spec.motion.velocity_mm_per_s)},
                     {"turn_rad_per_s", array(spec.motion.turn_rad_per_s)},
                     {"sync_offset_s", spec.motion.sync_offset_s},
                     {"while_calibrating", spec.motion.while_calibrating}};
    const drr::RadiographOptions& radiograph = spec.imaging.radiograph;
    out["imaging"] = {{"samples_per_pixel_edge", spec.imaging.samples_per_pixel},
                      {"photons_per_pixel", radiograph.photons_per_pixel},
                      {"quantum_noise", radiograph.quantum_noise},
                      {"open_beam_grey", radiograph.open_beam_grey},
                      {"yaml", drr::radiograph_yaml(radiograph)}};
    out["nominal_relative_error"] = spec.nominal_error;
    out["epipolar_threshold_px"] = spec.epipolar_threshold_px;
    return out;
}

Json nominal(const ValidationResult& r) {
    Json out = {{"sdd_mm", r.nominal_sdd_mm},
                {"stereo_angle_rad", r.nominal_stereo_angle_rad},
                {"views", Json::array()}};
    for (const NominalView& view : r.nominal)
        out["views"].push_back({{"focal_length_px", {view.pinhole.fx_px, view.pinhole.fy_px}},
                                {"principal_point_px", {view.pinhole.cx_px, view.pinhole.cy_px}},
                                {"view_from_rig_quaternion_wxyz", wxyz(view.view_from_rig)},
                                {"width_px", view.width_px},
                                {"height_px", view.height_px}});
    return out;
}

Json truth(const ValidationResult& r) {
    const auto& views = r.truth.views;
    Json out = {
        {"views", Json::array()},
        {"baseline_mm", drr::baseline_mm(views)},
        {"stereo_angle_rad", drr::stereo_angle_rad(views[0].calibrated(), views[1].calibrated())},
        {"stereo_axes_in_world", array(r.truth.stereo_from_world)},
        {"world_from_phantom", motions(r.truth.world_from_phantom)}};
    for (const drr::XrayView& view : views)
        out["views"].push_back({{"source_in_world_mm", array(view.source_in_world_mm())},
                                {"sdd_mm", view.sdd_mm},
                                {"pixel_pitch_mm", array(view.pixel_pitch_mm)},
                                {"principal_point_px", array(view.principal_point_px)},
                                {"view_from_world", motion(view.view_from_world)},
                                {"width_px", view.width_px},
                                {"height_px", view.height_px}});
    return out;
}

Json detection(const ValidationResult& r) {
    Json out = Json::array();
    for (const ImageRecord& image : r.images) {
        Json refused = Json::object();
        const auto counts = image.detection.refusals();
        for (std::size_t i = 0; i < counts.size(); ++i)
            refused[name_of(static_cast<BeadRefusal>(i))] = counts[i];
        const auto named = std::count_if(image.marker_of_bead.begin(), image.marker_of_bead.end(),
                                         [](int marker) { return marker >= 0; });
        out.push_back({{"pose", image.pose},
                       {"view", image.view},
                       {"held_out", image.pose >= r.spec.poses.calibration},
                       {"candidate_count", image.detection.candidates},
                       {"bead_count", image.detection.beads.size()},
                       {"identified_count", named},
                       {"refused_count", image.detection.refused.size()},
                       {"refused_by_reason_count", refused},
                       {"blur_px", image.detection.blur_px}});
    }
    return out;
}

Json identification(const ValidationResult& r) {
    Json out = Json::array();
    for (std::size_t pose = 0; pose < r.identities.size(); ++pose) {
        const IdentifyResult& identity = r.identities[pose];
        Json views = Json::array();
        for (const ViewIdentity& view : identity.views)
            views.push_back({{"beads_found_count", view.beads_found},
                             {"references_found_count", view.references_found},
                             {"nominal_reprojection_rms_px", view.rms_px}});
        out.push_back({{"pose", pose},
                       {"ok", identity.ok},
                       {"ambiguous", identity.ambiguous},
                       {"summary", identity.summary},
                       {"views", views}});
    }
    return out;
}

Json calibration(const ValidationResult& r) {
    const Calibration& c = r.calibration;
    Json views = Json::array();
    for (std::size_t v = 0; v < c.views.size(); ++v) {
        const drr::CalibratedView& view = c.views[v];
        const Eigen::Vector3d source = view.source_in_world_mm();
        Json out = {{"focal_length_px", {view.pinhole.fx_px, view.pinhole.fy_px}},
                    {"principal_point_px", {view.pinhole.cx_px, view.pinhole.cy_px}},
                    {"sdd_mm", view.pinhole.fx_px * r.spec.rig.pixel_pitch_mm.x()},
                    {"view_from_world", motion(view.view_from_world)},
                    {"projection_matrix", array(view.projection_matrix())},
                    {"source_in_world_mm", array(source)},
                    {"source_in_stereo_axes_mm", array(r.truth.stereo_from_world * source)}};
        if (v < r.view_errors.size()) {
            const ViewErrors& e = r.view_errors[v];
            out["error"] = {{"source_in_stereo_axes_mm", array(e.source_mm)},
                            {"sdd_mm", e.sdd_mm},
                            {"principal_point_px", array(e.principal_point_px)}};
            out["standard_deviation"] = {{"source_in_stereo_axes_mm", array(e.source_sd_mm)},
                                         {"sdd_mm", e.sdd_sd_mm},
                                         {"principal_point_px", array(e.principal_point_sd_px)}};
        }
        views.push_back(out);
    }
    Json out = {{"ok", c.ok},
                {"summary", c.summary},
                {"observation_count", r.calibration_observations.items.size()},
                {"rejected_count", c.rejected_count},
                {"reprojection_rms_px", c.rms_px},
                {"sigma0_ratio", c.sigma0},
                {"correlation_length_mm", c.correlation_length_mm},
                {"iteration_count", c.iterations},
                {"views", views}};
    if (c.views.size() == 2)
        out["stereo_angle_rad"] = drr::stereo_angle_rad(c.views[0], c.views[1]);
    out["stereo_angle_error_rad"] = r.stereo_angle_error_rad;
    out["stereo_angle_standard_deviation_rad"] = r.stereo_angle_sd_rad;
    out["world_from_phantom"] = motions(c.world_from_phantom);
    out["pose_known"] = c.pose_known;
    return out;
}

Json statistics(const EpipolarStatistics& s) {
    return {{"match_count", s.count},
            {"rms_px", s.rms_px},
            {"median_px", s.median_px},
            {"max_px", s.max_px},
            {"above_1_px_count", s.above_1_px}};
}

Json epipolar(const EpipolarCheck& e) {
    return {{"match_count", e.a_px.size()},
            {"ransac",
             {{"ok", e.ransac.ok},
              {"summary", e.ransac.summary},
              {"fundamental_matrix", array(e.ransac.fundamental)},
              {"inlier_count", e.ransac.inlier_count},
              {"inlier_symmetric_distance", statistics(e.ransac.statistics)}}},
            {"calibration",
             {{"fundamental_matrix", array(e.calibrated)},
              {"symmetric_distance", statistics(e.of_calibrated)}}},
            {"difference_rms_px", e.difference_rms_px},
            {"warning", e.warning}};
}

Json errors(const PointErrors& e) {
    return {{"count", e.count},
            {"bias_in_stereo_axes_mm", array(e.bias_mm)},
            {"precision_in_stereo_axes_mm", array(e.precision_mm)},
            {"rms_in_stereo_axes_mm", array(e.rms_mm)},
            {"lateral_rms_mm", e.lateral_rms_mm()},
            {"depth_rms_mm", e.depth_rms_mm()},
            {"total_rms_mm", e.total_rms_mm()},
            {"max_mm", e.max_mm}};
}

// A prediction has no sample: only its root mean squares mean something.
Json predicted(const PointErrors& e) {
    return {{"rms_in_stereo_axes_mm", array(e.rms_mm)},
            {"lateral_rms_mm", e.lateral_rms_mm()},
            {"depth_rms_mm", e.depth_rms_mm()},
            {"total_rms_mm", e.total_rms_mm()}};
}

Json held_out(const ValidationResult& r) {
    return {{"point_count", r.held_out.size()},
            {"absolute", errors(r.absolute)},
            {"aligned", errors(r.aligned)},
            {"predicted_absolute", predicted(r.predicted_absolute)},
            {"predicted_aligned", predicted(r.predicted_aligned)},
            {"expected_depth_resolution_mm", r.expected_depth_resolution_mm},
            {"reprojection_rms_px", r.held_out_reprojection_rms_px},
            {"distances_between_beads",
             {{"count", r.distances.count},
              {"bias_mm", r.distances.bias_mm},
              {"precision_mm", r.distances.precision_mm},
              {"rms_mm", r.distances.rms_mm},
              {"max_mm", r.distances.max_mm}}}};
}

// JSON text with each array of plain values on one line, so that a vector reads as one.
void write(const Json& value, const std::string& indent, std::string& out) {
    const bool nested =
        value.is_object() ||
        (value.is_array() &&
         std::any_of(value.begin(), value.end(), [](const Json& v) { return v.is_structured(); }));
    if (!nested || value.empty()) {
        out += value.dump(-1, ' ', false, Json::error_handler_t::replace);
        return;
    }
    const std::string inner = indent + "  ";
    out += value.is_object() ? "{" : "[";
    bool first = true;
    for (const auto& item : value.items()) {
        out += first ? "\n" : ",\n";
        first = false;
        out += inner;
        if (value.is_object()) out += Json(item.key()).dump() + ": ";
        write(item.value(), inner, out);
    }
    out += "\n" + indent + (value.is_object() ? "}" : "]");
}

}  // namespace

std::string summary_json(const ValidationResult& result) {
    Json out;
    out["schema"] = "stereodrr/summary/v1";
    out["version"] = drr::version();
    out["git_commit"] = drr::git_commit();
    out["seed"] = result.spec.seed;
    out["ok"] = result.ok;
    out["summary"] = result.summary;
    out["configuration"] = configuration(result.spec);
    out["nominal"] = nominal(result);
    out["truth"] = truth(result);
    out["detection"] = detection(result);
    out["identification"] = identification(result);
    const Localization& l = result.localization;
    out["localization"] = {{"count", l.count},
                           {"bias_px", array(l.bias_px)},
                           {"sigma_px", l.sigma_px},
                           {"max_px", l.max_px},
                           {"error_over_claimed_sd_ratio", l.sigma_ratio}};
    out["calibration"] = calibration(result);
    out["epipolar"] = epipolar(result.epipolar);
    out["held_out"] = held_out(result);
    std::string text;
    write(out, "", text);
    return text + "\n";
}

}  // namespace stereo
