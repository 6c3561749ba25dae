#include <drr/core/error.hpp>
#include <drr/geometry/rescaled_px.hpp>
#include <drr/geometry/xray_view.hpp>

#include <fmt/format.h>

#include <algorithm>
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

XrayView moved_source(const XrayView& view, const Eigen::Vector2d& offset_mm) {
    XrayView moved = view;
    moved.view_from_world.translation_mm.head<2>() -= offset_mm;
    moved.principal_point_px += offset_mm.cwiseQuotient(view.pixel_pitch_mm);
    return moved;
}

XrayView finer(const XrayView& view, int parts) {
    require(parts >= 1, "a pixel is cut into one part or more along either side");
    XrayView fine = view;
    fine.pixel_pitch_mm /= parts;
    fine.principal_point_px = rescaled_px(view.principal_point_px, parts);
    fine.width_px *= parts;
    fine.height_px *= parts;
    return fine;
}

void Detector::validate() const {
    require(std::isfinite(pixel_pitch_mm) && pixel_pitch_mm > 0.0,
            "the detector's pixel pitch must be positive");
    require(!row_pitch_mm || (std::isfinite(*row_pitch_mm) && *row_pitch_mm > 0.0),
            "the detector's pitch of rows must be positive");
    require(width_px > 0 && height_px > 0, "the detector's size in pixels must be positive");
}

XrayView view_from_projection(const Matrix34d& projection_matrix, const Detector& detector) {
    // A bead's centre is measured to 0.01 px at best.
    constexpr double max_shear_px = 1e-3;
    // Of the SDD from either focal length: a micrometre of a metre.
    constexpr double max_disagreement = 1e-6;
    detector.validate();
    require(projection_matrix.allFinite(), "a projection matrix must be finite");
    const auto [view, skew_px] = decompose_projection(projection_matrix);
    const Pinhole& pinhole = view.pinhole;
    const double rows =
        std::max(std::abs(pinhole.cy_px), std::abs(pinhole.cy_px - (detector.height_px - 1)));
    const double shear_px = std::abs(skew_px) * rows / pinhole.fy_px;
    require(shear_px <= max_shear_px,
            fmt::format("the projection matrix has a skew of {:.6g} px, which moves pixels by up "
                        "to {:.3g} px; the axes of a detector are at right angles",
                        skew_px, shear_px));
    XrayView result;
    result.view_from_world = view.view_from_world;
    result.sdd_mm = pinhole.fx_px * detector.pixel_pitch_mm;
    result.pixel_pitch_mm = {detector.pixel_pitch_mm, result.sdd_mm / pinhole.fy_px};
    result.principal_point_px = {pinhole.cx_px, pinhole.cy_px};
    result.width_px = detector.width_px;
    result.height_px = detector.height_px;
    if (detector.row_pitch_mm) {
        const double sdd_mm = pinhole.fy_px * *detector.row_pitch_mm;
        require(std::abs(sdd_mm - result.sdd_mm) <= max_disagreement * result.sdd_mm,
                fmt::format("the focal lengths {:.9g} and {:.9g} px times the pitches {} and {} mm "
                            "give two source-detector distances, {:.9g} and {:.9g} mm; with the "
                            "first pitch alone, that of rows follows",
                            pinhole.fx_px, pinhole.fy_px, detector.pixel_pitch_mm,
                            *detector.row_pitch_mm, result.sdd_mm, sdd_mm));
    }
    result.validate();
    return result;
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
