#include <drr/core/error.hpp>
#include <drr/geometry/xray_view.hpp>

#include <cmath>

namespace drr {

void XrayView::validate() const {
    require(std::isfinite(sdd_mm) && sdd_mm > 0.0, "sdd_mm must be positive");
    require(pixel_pitch_mm.allFinite() && pixel_pitch_mm.minCoeff() > 0.0,
            "pixel_pitch_mm must be positive");
    require(principal_point_px.allFinite(), "principal_point_px must be finite");
    require(width_px > 0 && height_px > 0, "the detector's size in pixels must be positive");
    require(
        view_from_world.translation_mm.allFinite() && view_from_world.rotation.coeffs().allFinite(),
        "the pose of the view must be finite");
}

Eigen::Vector3d XrayView::source_in_world_mm() const {
    return view_from_world.inverse().translation_mm;
}

Eigen::Vector3d XrayView::pixel_in_view_mm(const Eigen::Vector2d& pixel) const {
    const Eigen::Vector2d offset = (pixel - principal_point_px).cwiseProduct(pixel_pitch_mm);
    return {offset.x(), offset.y(), sdd_mm};
}

Eigen::Vector3d XrayView::pixel_in_world_mm(const Eigen::Vector2d& pixel) const {
    return view_from_world.inverse() * pixel_in_view_mm(pixel);
}

Eigen::Vector2d XrayView::project(const Eigen::Vector3d& point_in_world_mm) const {
    return calibrated().project(point_in_world_mm);
}

CalibratedView XrayView::calibrated() const {
    CalibratedView result;
    result.pinhole = {sdd_mm / pixel_pitch_mm.x(), sdd_mm / pixel_pitch_mm.y(),
                      principal_point_px.x(), principal_point_px.y()};
    result.view_from_world = view_from_world;
    result.width_px = width_px;
    result.height_px = height_px;
    return result;
}

}  // namespace drr
