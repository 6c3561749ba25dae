#include "bundle_state.hpp"

#include <algorithm>

namespace stereo {
BundleLayout make_layout(const CalibrationOptions& options, std::size_t view_count,
                         const std::vector<bool>& pose_known, std::size_t marker_count,
                         const LayoutChoice& choice) {
    BundleLayout layout;
    const auto add = [&](ParameterKind kind, int index, int axis) {
        layout.parameters.push_back({kind, index, axis});
        return layout.size() - 1;
    };
    for (std::size_t v = 0; v < view_count; ++v) {
        auto& columns = layout.of_view.emplace_back();
        const bool own = v == 0 || !options.shared_intrinsics;
        const int index = options.shared_intrinsics ? -1 : static_cast<int>(v);
        if (own) {
            columns[0] = add(ParameterKind::focal_length_px, index, 0);
            columns[1] = options.square_pixels ? -1 : add(ParameterKind::aspect, index, 0);
            columns[2] = add(ParameterKind::principal_point_px, index, 0);
            columns[3] = add(ParameterKind::principal_point_px, index, 1);
        } else {
            columns = layout.of_view[0];
        }
        for (int axis = 0; axis < 3; ++axis)
            columns[static_cast<std::size_t>(4 + axis)] =
                add(ParameterKind::view_turn_rad, static_cast<int>(v), axis);
        for (int axis = 0; axis < 3; ++axis)
            columns[static_cast<std::size_t>(7 + axis)] =
                add(ParameterKind::view_shift_mm, static_cast<int>(v), axis);
    }
    if (options.priors.phantom_scale_sd > 0.0 || !options.priors.distances.empty() ||
        choice.has_wand)
        layout.scale = add(ParameterKind::phantom_scale, 0, 0);
    if (choice.has_wand) layout.wand_scale = add(ParameterKind::wand_scale, 0, 0);
    layout.refines_markers = choice.refine_markers;
    layout.of_marker.assign(marker_count, -1);
    if (choice.refine_markers)
        for (std::size_t m = 0; m < choice.phantom_markers; ++m)
            for (int axis = 0; axis < 3; ++axis) {
                const int column = add(ParameterKind::marker_mm, static_cast<int>(m), axis);
                if (axis == 0) layout.of_marker[m] = column;
            }
    layout.common_count = layout.size();
    for (std::size_t pose = 0; pose < pose_known.size(); ++pose) {
        const auto index = static_cast<int>(pose);
        const bool is_free = pose_known[pose] && index != choice.world_pose;
        layout.of_pose.push_back(is_free ? layout.free_poses++ : -1);
        if (!is_free) continue;
        if (index >= choice.phantom_poses && choice.wand_is_straight)
            layout.spinning_poses.push_back(index);
        for (int axis = 0; axis < 3; ++axis)
            add(ParameterKind::pose_turn_rad, index, axis);
        for (int axis = 0; axis < 3; ++axis)
            add(ParameterKind::pose_shift_mm, index, axis);
    }
    return layout;
}

Eigen::Matrix<double, view_columns, 1> view_step(const drr::CalibratedView& from,
                                                 const drr::CalibratedView& to) {
    Eigen::Matrix<double, view_columns, 1> step;
    step << to.pinhole.fx_px - from.pinhole.fx_px,
        to.pinhole.fy_px / to.pinhole.fx_px - from.pinhole.fy_px / from.pinhole.fx_px,
        to.pinhole.cx_px - from.pinhole.cx_px, to.pinhole.cy_px - from.pinhole.cy_px,
        drr::vector_from_rotation(to.view_from_world.rotation *
                                  from.view_from_world.rotation.conjugate()),
        to.view_from_world.translation_mm - from.view_from_world.translation_mm;
    return step;
}

BundleState moved(const BundleState& state, const std::vector<Parameter>& parameters,
                  const Eigen::VectorXd& step) {
    BundleState result = state;
    // The three components of a turn stand side by side and are one rotation.
    const auto rotate = [&](drr::Rigid3& motion, Eigen::Index first) {
        motion.rotation =
            (drr::rotation_from_vector(step.segment<3>(first)) * motion.rotation).normalized();
    };
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const Parameter& p = parameters[i];
        const auto at = static_cast<Eigen::Index>(i);
        const auto index = static_cast<std::size_t>(std::max(p.index, 0));
        const std::size_t first_view = p.index < 0 ? 0 : index;
        const std::size_t end_view = p.index < 0 ? result.views.size() : index + 1;
        switch (p.kind) {
            case ParameterKind::focal_length_px:
                for (std::size_t v = first_view; v < end_view; ++v) {
                    drr::Pinhole& k = result.views[v].pinhole;
                    const double aspect = k.fy_px / k.fx_px;
                    k.fx_px += step[at];
                    k.fy_px = aspect * k.fx_px;
                }
                break;
            case ParameterKind::aspect:
                for (std::size_t v = first_view; v < end_view; ++v)
                    result.views[v].pinhole.fy_px += step[at] * result.views[v].pinhole.fx_px;
                break;
            case ParameterKind::principal_point_px:
                for (std::size_t v = first_view; v < end_view; ++v)
                    (p.axis == 0 ? result.views[v].pinhole.cx_px : result.views[v].pinhole.cy_px) +=
                        step[at];
                break;
            case ParameterKind::view_turn_rad:
                if (p.axis == 0) rotate(result.views[index].view_from_world, at);
                break;
            case ParameterKind::view_shift_mm:
                result.views[index].view_from_world.translation_mm[p.axis] += step[at];
                break;
            case ParameterKind::phantom_scale:
                result.phantom_scale += step[at];
                break;
            case ParameterKind::wand_scale:
                result.wand_scale += step[at];
                break;
            case ParameterKind::marker_mm:
                result.marker_shifts_mm[index][p.axis] += step[at];
                break;
            case ParameterKind::pose_turn_rad:
                if (p.axis == 0) rotate(result.world_from_phantom[index], at);
                break;
            case ParameterKind::pose_shift_mm:
                result.world_from_phantom[index].translation_mm[p.axis] += step[at];
                break;
        }
    }
    return result;
}

}  // namespace stereo
