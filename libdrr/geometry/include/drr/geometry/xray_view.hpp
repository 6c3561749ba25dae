#pragma once

#include <drr/geometry/pinhole.hpp>
#include <drr/geometry/rigid3.hpp>

#include <Eigen/Core>

namespace drr {

/// One X-ray source with its planar detector. View frame: origin at the source, x right along
/// detector columns, y down along rows, z from the source to the detector; the detector lies in
/// the plane z = sdd_mm.
struct XrayView {
    Rigid3 view_from_world;
    double sdd_mm = 0.0;                                           ///< perpendicular distance
    Eigen::Vector2d pixel_pitch_mm = Eigen::Vector2d::Zero();      ///< along columns and rows
    Eigen::Vector2d principal_point_px = Eigen::Vector2d::Zero();  ///< foot of the perpendicular
    int width_px = 0;
    int height_px = 0;

    /// Throws Error(usage) unless distances, pitches and sizes are positive and finite.
    void validate() const;

    [[nodiscard]] Eigen::Vector3d source_in_world_mm() const;
    /// A pixel's centre as a point of the detector.
    [[nodiscard]] Eigen::Vector3d pixel_in_view_mm(const Eigen::Vector2d& pixel) const;
    [[nodiscard]] Eigen::Vector3d pixel_in_world_mm(const Eigen::Vector2d& pixel) const;
    [[nodiscard]] Eigen::Vector2d project(const Eigen::Vector3d& point_in_world_mm) const;
    /// The same view without physical sizes: focal length = SDD / pitch.
    [[nodiscard]] CalibratedView calibrated() const;
};

}  // namespace drr
