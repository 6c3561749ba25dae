#include <stereo/study/truth.hpp>
#include <stereo/trials/study_scenes.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

using Json = nlohmann::ordered_json;

// A picture needs no more than hundredths of a millimetre, and turns need a hundredth of those.
Json rounded(double value, double step) {
    return std::round(value / step) * step;
}

Json point(const Eigen::Vector3d& mm) {
    constexpr double step_mm = 0.01;
    return {rounded(mm.x(), step_mm), rounded(mm.y(), step_mm), rounded(mm.z(), step_mm)};
}

Json view_json(const drr::XrayView& view, const Eigen::Matrix3d& stereo_from_world) {
    Json corners = Json::array();
    for (const auto& [u, v] : {std::pair(0, 0), std::pair(1, 0), std::pair(1, 1), std::pair(0, 1)})
        corners.push_back(
            point(stereo_from_world *
                  view.pixel_in_world_mm({u * (view.width_px - 1.0), v * (view.height_px - 1.0)})));
    return {{"source_mm", point(stereo_from_world * view.source_in_world_mm())},
            {"detector_corners_mm", corners}};
}

Json pose_json(const drr::Rigid3& world_from_phantom, const Eigen::Matrix3d& stereo_from_world) {
    constexpr double turn_step = 1e-6;
    constexpr double shift_step_mm = 0.01;
    Eigen::Matrix<double, 3, 4> motion = stereo_from_world * world_from_phantom.matrix34();
    Json rows = Json::array();
    for (Eigen::Index row = 0; row < 3; ++row)
        rows.push_back({rounded(motion(row, 0), turn_step), rounded(motion(row, 1), turn_step),
                        rounded(motion(row, 2), turn_step),
                        rounded(motion(row, 3), shift_step_mm)});
    return rows;
}

Json scene_json(const Study& study, std::size_t condition) {
    const ExperimentSpec spec = study.experiment(condition);
    const Truth truth = make_truth(spec);
    Json views = Json::array();
    for (const auto& view : truth.views)
        views.push_back(view_json(view, truth.stereo_from_world));
    Json beads = Json::array();
    for (const auto& bead : truth.phantom.beads)
        beads.push_back(point(bead.center_mm));
    Json poses = Json::array();
    for (std::size_t pose = 0; pose < truth.world_from_phantom.size(); ++pose)
        poses.push_back(
            {{"held_out", static_cast<int>(pose) >= spec.poses.calibration},
             {"from_phantom", pose_json(truth.world_from_phantom[pose], truth.stereo_from_world)}});
    return {{"condition", condition},
            {"setting", study.outline().condition_text(condition)},
            {"views", views},
            {"beads_mm", beads},
            {"poses", poses}};
}

}  // namespace

std::string study_scenes_json(const Study& study) {
    Json scenes = Json::array();
    const std::size_t count = std::min(study.outline().conditions.size(), max_scenes);
    for (std::size_t condition = 0; condition < count; ++condition)
        scenes.push_back(scene_json(study, condition));
    return Json({{"schema", "stereodrr/study-scenes/v1"}, {"scenes", scenes}}).dump() + "\n";
}

}  // namespace stereo
