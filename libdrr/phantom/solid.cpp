#include <drr/phantom/solid.hpp>

namespace drr {

int density_at(const std::vector<SolidPart>& parts, const Eigen::Vector3d& point_mm) {
    int sum = 0;
    for (const SolidPart& part : parts)
        if (contains(part.shape, point_mm)) sum += part.sign;
    return sum;
}

std::map<std::string, double> volume_by_material_mm3(const std::vector<SolidPart>& parts) {
    std::map<std::string, double> volumes;
    for (const SolidPart& part : parts)
        volumes[part.material] += part.sign * volume_mm3(part.shape);
    return volumes;
}

std::vector<SolidPart> moved(std::vector<SolidPart> solids, const Rigid3& a_from_b) {
    for (SolidPart& solid : solids)
        solid.shape.parent_from_shape = a_from_b * solid.shape.parent_from_shape;
    return solids;
}

}  // namespace drr
