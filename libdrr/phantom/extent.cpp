#include <drr/core/error.hpp>
#include <drr/phantom/extent.hpp>

#include <cmath>
#include <optional>
#include <variant>

namespace drr {

Extent extent(const Shape& shape) {
    const Eigen::Matrix3d rotation = shape.parent_from_shape.matrix();
    Eigen::Vector3d half;
    if (const auto* sphere = std::get_if<Sphere>(&shape.form)) {
        half.setConstant(sphere->radius_mm);
    } else if (const auto* box = std::get_if<Box>(&shape.form)) {
        half = 0.5 * rotation.cwiseAbs() * box->size_mm;
    } else {
        const auto& cylinder = std::get<Cylinder>(shape.form);
        const Eigen::Array3d along = rotation.col(2).array();
        // of a disc at right angles to the axis
        const Eigen::Array3d across = (1.0 - along.square()).max(0.0).sqrt();
        half = 0.5 * cylinder.length_mm * along.abs() + cylinder.radius_mm * across;
    }
    const Eigen::Vector3d& centre = shape.parent_from_shape.translation_mm;
    return {centre - half, centre + half};
}

Extent extent(const std::vector<SolidPart>& solids) {
    std::optional<Extent> all;
    for (const SolidPart& solid : solids)
        if (solid.sign > 0) all = all ? all->joined(extent(solid.shape)) : extent(solid.shape);
    require(all.has_value(), "there is no material, so that there is no extent");
    return *all;
}

}  // namespace drr
