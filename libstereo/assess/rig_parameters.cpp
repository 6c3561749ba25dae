#include <drr/core/error.hpp>
#include <stereo/assess/rig_parameters.hpp>
#include <stereo/calib/uncertainty.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace stereo {
namespace {

using Views = std::span<const drr::CalibratedView>;

struct Layout {
    bool shared_intrinsics = true;
    bool aspect = false;
    std::vector<drr::Rigid3> reference;  // view from view 0
};

drr::Rigid3 from_view_0(Views views, std::size_t view) {
    return views[view].view_from_world * views[0].view_from_world.inverse();
}

Layout layout_of(std::span<const Calibration> calibrations) {
    Layout layout;
    for (const Calibration& calibration : calibrations) {
        drr::require(calibration.views.size() == calibrations[0].views.size(),
                     "calibrations of one rig have the same number of views");
        drr::require(calibration.covariance.size() > 0,
                     "a calibration without covariance cannot be compared");
        bool shared = false;
        for (const Parameter& parameter : calibration.parameters) {
            layout.aspect = layout.aspect || parameter.kind == ParameterKind::aspect;
            shared =
                shared || (parameter.kind == ParameterKind::focal_length_px && parameter.index < 0);
        }
        layout.shared_intrinsics = layout.shared_intrinsics && shared;
    }
    for (std::size_t v = 0; v < calibrations[0].views.size(); ++v)
        layout.reference.push_back(from_view_0(calibrations[0].views, v));
    return layout;
}

std::vector<std::string> names_of(const Layout& layout) {
    std::vector<std::string> names;
    const std::size_t views = layout.reference.size();
    for (std::size_t v = 0; v < (layout.shared_intrinsics ? 1 : views); ++v) {
        const int index = layout.shared_intrinsics ? -1 : static_cast<int>(v);
        names.push_back(name_of({ParameterKind::focal_length_px, index, 0}));
        if (layout.aspect) names.push_back(name_of({ParameterKind::aspect, index, 0}));
        for (int axis = 0; axis < 2; ++axis)
            names.push_back(name_of({ParameterKind::principal_point_px, index, axis}));
    }
    for (std::size_t v = 1; v < views; ++v)
        for (const auto kind : {ParameterKind::view_turn_rad, ParameterKind::view_shift_mm})
            for (int axis = 0; axis < 3; ++axis)
                names.push_back(name_of({kind, static_cast<int>(v), axis}));
    return names;
}

Eigen::VectorXd values_of(Views views, const Layout& layout) {
    std::vector<double> values;
    for (std::size_t v = 0; v < (layout.shared_intrinsics ? 1 : views.size()); ++v) {
        const drr::Pinhole& k = views[v].pinhole;
        values.push_back(k.fx_px);
        if (layout.aspect) values.push_back(k.fy_px / k.fx_px);
        values.insert(values.end(), {k.cx_px, k.cy_px});
    }
    for (std::size_t v = 1; v < views.size(); ++v) {
        const drr::Rigid3 motion = from_view_0(views, v);
        const Eigen::Vector3d turn =
            drr::vector_from_rotation(motion.rotation * layout.reference[v].rotation.conjugate());
        values.insert(values.end(), turn.begin(), turn.end());
        values.insert(values.end(), motion.translation_mm.begin(), motion.translation_mm.end());
    }
    return Eigen::Map<const Eigen::VectorXd>(values.data(),
                                             static_cast<Eigen::Index>(values.size()));
}

}  // namespace

std::vector<RigParameters> rig_parameters(std::span<const Calibration> calibrations) {
    drr::require(!calibrations.empty(), "no calibration");
    const Layout layout = layout_of(calibrations);
    std::vector<RigParameters> result;
    for (const Calibration& calibration : calibrations)
        result.push_back(
            {names_of(layout), values_of(calibration.views, layout),
             propagate(calibration, [&](Views views) { return values_of(views, layout); })});
    return result;
}

}  // namespace stereo
