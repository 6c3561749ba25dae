#pragma once

#include <string>

namespace stereo {

enum class ParameterKind {
    focal_length_px,     ///< of a view; along columns
    aspect,              ///< of a view; focal length along rows over that along columns
    principal_point_px,  ///< of a view; axes u, v
    view_turn_rad,       ///< rotation vector of a turn from the left of view_from_world
    view_shift_mm,       ///< of the translation of view_from_world
    phantom_scale,       ///< true size of the phantom over its design
    wand_scale,          ///< true size of the wand over what it is told to be
    marker_mm,           ///< of a marker in the phantom
    pose_turn_rad,       ///< as for views, of world_from_phantom
    pose_shift_mm
};

/// One number that a calibration adjusts.
struct Parameter {
    ParameterKind kind = ParameterKind::focal_length_px;
    int index = 0;  ///< of the view, marker or pose; -1: all views share it
    int axis = 0;   ///< 0, 1, 2 where the kind has axes

    friend bool operator==(const Parameter&, const Parameter&) = default;
};

/// The name as it stands in files, e.g. "view0.focal_length_px", "pose3.turn_x_rad",
/// "views.principal_u_px".
[[nodiscard]] std::string name_of(const Parameter& parameter);

/// The parameter of a name. Throws drr::Error(usage) for a name that none bears.
[[nodiscard]] Parameter parameter_of(const std::string& name);

}  // namespace stereo
