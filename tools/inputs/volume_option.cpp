#include "inputs/volume_option.hpp"

namespace tools {

void add_volume_option(CLI::App& command, std::vector<double>& volume_mm) {
    command
        .add_option("--volume-mm", volume_mm,
                    "Working volume in the calibration's world, x0,y0,z0,x1,y1,z1 (default: the "
                    "box of the phantom's poses)")
        ->delimiter(',')
        ->expected(6);
}

stereo::WorkingVolume volume_of(const std::vector<double>& volume_mm,
                                const stereo::Calibration& calibration) {
    if (volume_mm.empty()) return stereo::working_volume(calibration);
    stereo::WorkingVolume volume{Eigen::Map<const Eigen::Vector3d>(volume_mm.data()),
                                 Eigen::Map<const Eigen::Vector3d>(volume_mm.data() + 3)};
    volume.validate();
    return volume;
}

}  // namespace tools
