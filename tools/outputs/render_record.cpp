#include "outputs/render_record.hpp"

#include "outputs/json_values.hpp"

namespace tools {

json projector_json(const ProjectorChoice& choice) {
    json record = {{"name", choice.name}};
    if (choice.name != "itk") record["voxels"] = choice.int16 ? "int16" : "float";
    if (choice.name == "trilinear")
        record["step_voxels"] = choice.step_voxels;
    else if (choice.name != "itk")
        record["layout"] = choice.plain_layout ? "plain" : "lanes";
    return record;
}

json rig_json(const std::string& path, const drr::ViewSet& set) {
    json record = {{"file", path}};
    if (!set.rig) {
        record["views"] = json::array();
        for (const drr::XrayView& view : set.views)
            record["views"].push_back(
                {{"projection_matrix", json_rows(view.calibrated().projection_matrix())},
                 {"size_px", {view.width_px, view.height_px}},
                 {"pixel_pitch_mm", json_list(view.pixel_pitch_mm)}});
        return record;
    }
    const drr::StereoRigSpec& rig = *set.rig;
    record.update({{"sdd_mm", rig.sdd_mm},
                   {"source_isocentre_mm", rig.source_isocentre_mm},
                   {"stereo_angle_rad", rig.stereo_angle_rad},
                   {"stereo_axis", json_list(rig.stereo_axis)},
                   {"primary_angle_rad", rig.primary_angle_rad},
                   {"secondary_angle_rad", rig.secondary_angle_rad},
                   {"detector_rotation_rad", rig.detector_rotation_rad},
                   {"isocentre_mm", json_list(rig.isocentre_mm.value())},
                   {"baseline_mm", drr::baseline_mm({set.views[0], set.views[1]})}});
    return record;
}

json window_json(const drr::GreyWindow& window) {
    return {{"scale", window.scale == drr::GreyScale::log ? "log" : "intensity"},
            {"low", window.low},
            {"high", window.high},
            {"inverted", window.inverted}};
}

json view_json(const NamedView& named, const std::vector<std::string>& files) {
    const drr::XrayView& view = named.view;
    json record = {{"name", named.name},
                   {"files", files},
                   {"source_in_world_mm", json_list(view.source_in_world_mm())},
                   {"sdd_mm", view.sdd_mm},
                   {"pixel_pitch_mm", json_list(view.pixel_pitch_mm)},
                   {"principal_point_px", json_list(view.principal_point_px)},
                   {"size_px", {view.width_px, view.height_px}},
                   {"view_from_world", json_rows(view.view_from_world.matrix34())},
                   {"projection_matrix", json_rows(view.calibrated().projection_matrix())}};
    if (named.orbit_deg) record["orbit_deg"] = *named.orbit_deg;
    return record;
}

}  // namespace tools
