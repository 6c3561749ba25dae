#include "render_record.hpp"

namespace tools {
namespace {

template <class Matrix>
json rows(const Matrix& matrix) {
    json result = json::array();
    for (Eigen::Index row = 0; row < matrix.rows(); ++row) {
        json values = json::array();
        for (Eigen::Index column = 0; column < matrix.cols(); ++column)
            values.push_back(matrix(row, column));
        result.push_back(values);
    }
    return result;
}

json list(const Eigen::VectorXd& vector) {
    return std::vector<double>(vector.data(), vector.data() + vector.size());
}

}  // namespace

json ct_json(const std::string& path, const drr::CtReadResult& ct, bool assume_hu) {
    return {{"path", path},
            {"source", ct.source},
            {"assume_hu", assume_hu},
            {"sizes", ct.volume.sizes},
            {"spacing_mm", list(ct.volume.spacing_mm)},
            {"origin_mm", list(ct.volume.origin_mm)},
            {"direction", rows(ct.volume.direction)},
            {"shear_removed", list(ct.shear)},
            {"warnings", ct.warnings}};
}

json attenuation_json(double energy_kev, const drr::HuToMu& hu_to_mu) {
    return {{"energy_kev", energy_kev},
            {"mu_water_per_mm", hu_to_mu.mu_water_per_mm},
            {"threshold_hu", hu_to_mu.threshold_hu ? json(*hu_to_mu.threshold_hu) : json(nullptr)}};
}

json projector_json(const ProjectorChoice& choice) {
    json record = {{"name", choice.name}};
    if (choice.name != "itk") record["voxels"] = choice.int16 ? "int16" : "float";
    if (choice.name == "trilinear")
        record["step_voxels"] = choice.step_voxels;
    else if (choice.name != "itk")
        record["layout"] = choice.plain_layout ? "plain" : "lanes";
    return record;
}

json rig_json(const std::string& path, const drr::StereoRigSpec& rig,
              const drr::StereoViews& views) {
    return {{"file", path},
            {"sdd_mm", rig.sdd_mm},
            {"source_isocentre_mm", rig.source_isocentre_mm},
            {"stereo_angle_rad", rig.stereo_angle_rad},
            {"stereo_axis", list(rig.stereo_axis)},
            {"primary_angle_rad", rig.primary_angle_rad},
            {"secondary_angle_rad", rig.secondary_angle_rad},
            {"detector_rotation_rad", rig.detector_rotation_rad},
            {"isocentre_mm", list(rig.isocentre_mm.value())},
            {"baseline_mm", baseline_mm(views)}};
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
                   {"source_in_world_mm", list(view.source_in_world_mm())},
                   {"sdd_mm", view.sdd_mm},
                   {"pixel_pitch_mm", list(view.pixel_pitch_mm)},
                   {"principal_point_px", list(view.principal_point_px)},
                   {"size_px", {view.width_px, view.height_px}},
                   {"view_from_world", rows(view.view_from_world.matrix34())},
                   {"projection_matrix", rows(view.calibrated().projection_matrix())}};
    if (named.orbit_deg) record["orbit_deg"] = *named.orbit_deg;
    return record;
}

}  // namespace tools
