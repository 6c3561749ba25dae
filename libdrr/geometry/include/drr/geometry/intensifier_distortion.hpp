#pragma once

#include <Eigen/Core>

#include <optional>

namespace drr {

/// Geometric distortion of an x-ray image intensifier, in pixels of its image. The curved input
/// screen stretches the image towards the rim (pincushion, "radial"); a magnetic field along the
/// axis turns it by an angle that grows with the radius, so that lines become S-shaped
/// ("sigmoidal"). Both are described by Gronenschild, Med. Phys. 24 (1997) 1875 and 26 (1999) 2602,
/// and Fahrig et al., Med. Phys. 24 (1997) 1097; here in the lowest order that a system symmetric
/// about its axis allows. With r and angle in polar coordinates about `center_px`, and s the share
/// r / radius_px before distortion,
///     r' = r (1 + pincushion s^2),    angle' = angle + sigmoid_rad s^2.
/// Points undistorted are where a pinhole would have imaged them.
struct IntensifierDistortion {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
    double radius_px = 0.0;    ///< of the field: where the next two are given
    double pincushion = 0.0;   ///< relative growth of the radius there; below 0 a barrel
    double sigmoid_rad = 0.0;  ///< turn there, from columns towards rows

    /// Throws Error(usage) unless the numbers are finite, radius_px is positive, |pincushion| is at
    /// most 1, and each pixel of a width x height image shows one undistorted place: a barrel must
    /// not fold over within it.
    void validate(int width_px, int height_px) const;

    [[nodiscard]] Eigen::Vector2d distort(const Eigen::Vector2d& undistorted_px) const;

    /// The inverse, by Newton's method on the radius to below 1e-9 px; none beyond the fold of a
    /// barrel.
    [[nodiscard]] std::optional<Eigen::Vector2d> undistort(
        const Eigen::Vector2d& distorted_px) const;

    /// How much larger a small area becomes by distort() at an undistorted point: its Jacobian.
    [[nodiscard]] double area_ratio(const Eigen::Vector2d& undistorted_px) const;
};

}  // namespace drr
