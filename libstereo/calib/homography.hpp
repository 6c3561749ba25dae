#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/calib/observations.hpp>

#include <optional>
#include <span>

namespace stereo {

/// How flat the markers of an image are: singular values of their spread, largest first, over the
/// largest.
struct PointShape {
    Eigen::Vector3d centre_mm = Eigen::Vector3d::Zero();
    Eigen::Matrix3d axes = Eigen::Matrix3d::Identity();  ///< columns; the last is the normal
    Eigen::Vector3d extent = Eigen::Vector3d::Zero();

    /// Below 1 % of its width a set is a plane, or a line, for this purpose.
    static constexpr double thin = 0.01;
    [[nodiscard]] bool is_line() const { return extent[1] < thin; }
    [[nodiscard]] bool is_plane() const { return extent[2] < thin; }
};
[[nodiscard]] PointShape shape_of(std::span<const Eigen::Vector3d> points_mm);

/// A plane's image: pixel ~ H (a, b, 1) for the place (a, b) along the first two axes of the shape.
[[nodiscard]] Eigen::Matrix3d homography(const PointShape& shape, const ImagePoints& image);

/// The pinhole with square pixels that sees those planes (Zhang 2000, with omega in three unknowns
/// up to scale); none where they leave it open.
[[nodiscard]] std::optional<drr::Pinhole> pinhole_of_planes(
    std::span<const Eigen::Matrix3d> homographies, int width_px, int height_px);

/// The same with the principal point in the image's middle: one aslant image is enough.
[[nodiscard]] std::optional<drr::Pinhole> centred_pinhole_of_planes(
    std::span<const Eigen::Matrix3d> homographies, int width_px, int height_px);

/// The pose of a plane from its homography.
[[nodiscard]] drr::Rigid3 pose_of_plane(const PointShape& shape, const Eigen::Matrix3d& homography,
                                        const drr::Pinhole& pinhole);

}  // namespace stereo
