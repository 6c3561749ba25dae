#include <drr/core/error.hpp>
#include <stereo/assess/working_volume.hpp>

#include <Eigen/Geometry>

namespace stereo {

WorkingVolume working_volume(const Calibration& calibration) {
    Eigen::AlignedBox3d box;
    for (std::size_t pose = 0; pose < calibration.world_from_phantom.size(); ++pose) {
        if (!calibration.pose_known[pose]) continue;
        for (const auto& marker : calibration.markers_in_phantom_mm)
            box.extend(calibration.world_from_phantom[pose] * marker);
    }
    drr::require(!box.isEmpty() && box.sizes().minCoeff() > 0.0,
                 "the calibration's poses fill no volume: give one");
    return {box.min(), box.max()};
}

std::vector<Eigen::Vector3d> grid_points(const WorkingVolume& volume) {
    volume.validate();
    std::vector<Eigen::Vector3d> points;
    const Eigen::Vector3d step = (volume.high_mm - volume.low_mm) / (volume.steps - 1);
    for (int x = 0; x < volume.steps; ++x)
        for (int y = 0; y < volume.steps; ++y)
            for (int z = 0; z < volume.steps; ++z)
                points.emplace_back(volume.low_mm + step.cwiseProduct(Eigen::Vector3d(x, y, z)));
    return points;
}

}  // namespace stereo
