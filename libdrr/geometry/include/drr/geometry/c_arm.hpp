#pragma once

#include <drr/geometry/xray_view.hpp>

#include <numbers>

namespace drr {

/// Where a C-arm stands about a patient who lies along the world's axes (LPS), by the angles of
/// DICOM PS3.3 C.8.7.5.1.2. The detector stands in the direction (from the isocentre)
///
///     cos(secondary) (sin(primary) L - cos(primary) P) + sin(secondary) S,
///
/// longitude and latitude of a globe whose pole is the head. The image is upright in LPS (no roll)
/// before the detector is turned.
struct CArmAngles {
    /// Positioner Primary Angle (0018,1510), -pi to pi: 0 anterior, +pi/2 the patient's left (LAO),
    /// -pi/2 the right (RAO), pi posterior.
    double primary_rad = std::numbers::pi;
    /// Positioner Secondary Angle (0018,1511), -pi/2 to pi/2: positive towards the head (cranial).
    double secondary_rad = 0.0;
    /// Turn of the detector in its plane about the central ray, from x (columns) towards y (rows):
    /// clockwise in an image as it is drawn.
    double detector_rotation_rad = 0.0;
};

/// The orientation of a C-arm's view.
[[nodiscard]] Eigen::Quaterniond world_from_view_rotation(const CArmAngles& angles);

/// The angles of any view whose world is a patient's (LPS): the inverse of
/// world_from_view_rotation. At a secondary angle of +-90 degrees, where the primary angle and the
/// detector's turn are one motion, the whole of it is given as the detector's turn.
[[nodiscard]] CArmAngles c_arm_angles(const XrayView& view);

}  // namespace drr
