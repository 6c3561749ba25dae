#pragma once

#include <drr/geometry/xray_view.hpp>

#include <span>
#include <string>
#include <vector>

namespace drr {

/// The views of an RTK geometry file (RTKThreeDCircularGeometry, version 2 or 3), flat detectors
/// only. RTK's fixed frame is taken for the world. In RTK's rotated frame, R = Rz(-InPlaneAngle)
/// Rx(-OutOfPlaneAngle) Ry(-GantryAngle), x grows with u, y grows *against* v and z runs from the
/// detector to the source; so row 0 of a view here is the last row of RTK's projection, the one
/// with the largest physical coordinate. RTK's physical coordinate (0, 0) is taken for the middle
/// of the image.
///
/// A parameter holds from where it is given until it is given again, as in RTK. A projection's
/// matrix must agree with its parameters to 0.001. Collimation is no matter of the
/// geometry and ignored. Throws Error(invalid_file), Error(unsupported) for parallel beams and
/// cylindrical detectors, with name:line and the projection's number (from 0).
[[nodiscard]] std::vector<XrayView> parse_rtk_geometry(const std::string& text,
                                                       const std::string& name,
                                                       const Detector& detector);

/// The text of an RTK geometry file of version 3, at full precision. Any view has one.
[[nodiscard]] std::string rtk_geometry_xml(std::span<const XrayView> views);

}  // namespace drr
