#include <drr/core/error.hpp>
#include <stereo/calib/parameters.hpp>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string_view>

namespace stereo {
namespace {

struct Kind {
    ParameterKind kind;
    std::string_view owner;
    int axes;
    std::string_view before;  // the axis
    std::string_view after;
};

constexpr std::array kinds{
    Kind{ParameterKind::focal_length_px, "view", 1, "focal_length_px", ""},
    Kind{ParameterKind::aspect, "view", 1, "aspect", ""},
    Kind{ParameterKind::principal_point_px, "view", 2, "principal_", "_px"},
    Kind{ParameterKind::view_turn_rad, "view", 3, "turn_", "_rad"},
    Kind{ParameterKind::view_shift_mm, "view", 3, "shift_", "_mm"},
    Kind{ParameterKind::phantom_scale, "phantom", 1, "scale", ""},
    Kind{ParameterKind::wand_scale, "wand", 1, "scale", ""},
    Kind{ParameterKind::marker_mm, "marker", 3, "", "_mm"},
    Kind{ParameterKind::pose_turn_rad, "pose", 3, "turn_", "_rad"},
    Kind{ParameterKind::pose_shift_mm, "pose", 3, "shift_", "_mm"},
};

std::string axis_name(const Kind& kind, int axis) {
    if (kind.axes == 1) return "";
    constexpr std::string_view image = "uv";
    constexpr std::string_view space = "xyz";
    return std::string(1, (kind.axes == 2 ? image : space)[static_cast<std::size_t>(axis)]);
}

}  // namespace

std::string name_of(const Parameter& parameter) {
    for (const Kind& kind : kinds) {
        if (kind.kind != parameter.kind) continue;
        const std::string owner = kind.kind == ParameterKind::phantom_scale ? "phantom"
                                  : kind.kind == ParameterKind::wand_scale  ? "wand"
                                  : parameter.index < 0
                                      ? fmt::format("{}s", kind.owner)
                                      : fmt::format("{}{}", kind.owner, parameter.index);
        return fmt::format("{}.{}{}{}", owner, kind.before, axis_name(kind, parameter.axis),
                           kind.after);
    }
    throw drr::Error(drr::ErrorCode::internal, "a parameter of no kind");
}

Parameter parameter_of(const std::string& name) {
    const std::size_t dot = name.find('.');
    const std::string_view owner = std::string_view(name).substr(0, dot);
    for (const Kind& kind : kinds) {
        if (dot == name.npos || !owner.starts_with(kind.owner)) continue;
        const std::string_view number = owner.substr(kind.owner.size());
        int index = 0;
        if (number == "s") {
            index = -1;
        } else if (!number.empty()) {
            const auto [end, error] =
                std::from_chars(number.data(), number.data() + number.size(), index);
            if (error != std::errc() || end != number.data() + number.size()) continue;
        }
        for (int axis = 0; axis < kind.axes; ++axis) {
            const Parameter parameter{kind.kind, index, axis};
            if (name_of(parameter) == name) return parameter;
        }
    }
    throw drr::Error(drr::ErrorCode::usage, fmt::format("unknown parameter '{}'", name));
}

}  // namespace stereo
