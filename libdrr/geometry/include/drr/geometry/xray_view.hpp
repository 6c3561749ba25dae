#pragma once

#include <drr/geometry/pinhole.hpp>
#include <drr/geometry/rigid3.hpp>

#include <Eigen/Core>

#include <optional>

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
    /// The middle of the image.
    [[nodiscard]] Eigen::Vector2d middle_px() const {
        return {0.5 * (width_px - 1), 0.5 * (height_px - 1)};
    }
    /// A pixel's centre as a point of the detector.
    [[nodiscard]] Eigen::Vector3d pixel_in_view_mm(const Eigen::Vector2d& pixel) const;
    [[nodiscard]] Eigen::Vector3d pixel_in_world_mm(const Eigen::Vector2d& pixel) const;
    [[nodiscard]] Eigen::Vector2d project(const Eigen::Vector3d& point_in_world_mm) const;
    /// The same view without physical sizes: focal length = SDD / pitch.
    [[nodiscard]] CalibratedView calibrated() const;
};

/// The same detector, seen from a source that was moved by `offset_mm` in the plane parallel to it,
/// along columns and rows: every pixel keeps its place in the world.
[[nodiscard]] XrayView moved_source(const XrayView& view, const Eigen::Vector2d& offset_mm);

/// The same detector with each pixel cut into `parts` x `parts`. Throws Error(usage) for parts
/// below 1.
[[nodiscard]] XrayView finer(const XrayView& view, int parts);

/// What a detector is beside where it stands: neither a projection matrix nor an RTK geometry holds
/// it.
struct Detector {
    int width_px = 0;
    int height_px = 0;
    double pixel_pitch_mm = 0.0;  ///< along columns' numbers (u)
    /// Along rows' numbers (v); where it is not given, a projection matrix's focal lengths tell it,
    /// and else pixels are square.
    std::optional<double> row_pitch_mm;

    /// Throws Error(usage) unless size and pitches are positive and finite.
    void validate() const;
};

/// The view of a projection matrix, world mm to homogeneous pixels of any scale and sign, whose v
/// grows downwards where u grows to the right (as seen from the source). SDD is the focal length
/// times the pitch. Throws Error(usage) when there is no pinhole, when both pitches are given and
/// disagree on the SDD by more than a millionth, or when the matrix has a skew that moves a pixel
/// of the detector by more than 0.001 px.
[[nodiscard]] XrayView view_from_projection(const Matrix34d& projection_matrix,
                                            const Detector& detector);

}  // namespace drr
