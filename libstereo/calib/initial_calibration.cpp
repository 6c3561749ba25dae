#include "initial_view.hpp"

#include <stereo/calib/initial_calibration.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace stereo {
namespace {

// The mean motion from view `there` to view `here` over the poses that both have seen.
std::optional<drr::Rigid3> relative_motion(const InitialView& here, const InitialView& there) {
    std::vector<Eigen::Quaterniond> rotations;
    Eigen::Vector3d translation = Eigen::Vector3d::Zero();
    for (std::size_t pose = 0; pose < here.view_from_phantom.size(); ++pose) {
        if (!here.view_from_phantom[pose] || !there.view_from_phantom[pose]) continue;
        const drr::Rigid3 relative =
            *here.view_from_phantom[pose] * there.view_from_phantom[pose]->inverse();
        rotations.push_back(relative.rotation);
        translation += relative.translation_mm;
    }
    if (rotations.empty()) return std::nullopt;
    return drr::Rigid3(drr::mean_rotation(rotations),
                       translation / static_cast<double>(rotations.size()));
}

// Each view from view 0, along a chain of views that share poses.
std::vector<std::optional<drr::Rigid3>> link(const std::vector<InitialView>& views) {
    std::vector<std::optional<drr::Rigid3>> from_first(views.size());
    from_first[0] = drr::Rigid3();
    std::vector<std::size_t> reached{0};
    for (std::size_t next = 0; next < reached.size(); ++next)
        for (std::size_t v = 1; v < views.size(); ++v) {
            if (from_first[v]) continue;
            const auto motion = relative_motion(views[v], views[reached[next]]);
            if (!motion) continue;
            from_first[v] = *motion * *from_first[reached[next]];
            reached.push_back(v);
        }
    return from_first;
}

}  // namespace

InitialCalibration initial_calibration(const Observations& observations,
                                       std::span<const FocalLengthPrior> known_focal_lengths) {
    observations.validate();
    InitialCalibration result;
    const auto poses = static_cast<std::size_t>(observations.pose_count);
    std::vector<InitialView> views;
    for (int view = 0; view < observations.view_count; ++view) {
        views.push_back(initial_view(observations, view, known_focal_lengths));
        if (!views.back().undetermined.empty())
            result.undetermined.push_back(views.back().undetermined);
    }
    if (result.undetermined.empty()) {
        const auto from_first = link(views);
        for (std::size_t v = 0; v < views.size(); ++v)
            if (!from_first[v])
                result.undetermined.push_back(fmt::format(
                    "view {} shares no pose of the phantom with the views before it: where it "
                    "stands to them cannot be known",
                    v));
        // Each pose as some view saw it, in the frame of view 0.
        std::vector<std::optional<drr::Rigid3>> first_from_phantom(poses);
        for (std::size_t pose = 0; result.undetermined.empty() && pose < poses; ++pose)
            for (std::size_t v = 0; v < views.size() && !first_from_phantom[pose]; ++v)
                if (views[v].view_from_phantom[pose])
                    first_from_phantom[pose] =
                        from_first[v]->inverse() * *views[v].view_from_phantom[pose];
        const auto known = std::find_if(first_from_phantom.begin(), first_from_phantom.end(),
                                        [](const auto& pose) { return pose.has_value(); });
        if (known != first_from_phantom.end()) {
            result.world_pose = static_cast<int>(known - first_from_phantom.begin());
            for (std::size_t v = 0; v < views.size(); ++v)
                result.views.push_back({views[v].pinhole, *from_first[v] * **known,
                                        observations.width_px, observations.height_px});
            for (const auto& pose : first_from_phantom) {
                result.pose_known.push_back(pose.has_value());
                result.world_from_phantom.push_back(pose ? (*known)->inverse() * *pose
                                                         : drr::Rigid3());
            }
        } else if (result.undetermined.empty()) {
            result.undetermined.emplace_back("no pose of the phantom shows enough markers");
        }
    }
    result.ok = result.undetermined.empty();
    result.summary =
        result.ok ? fmt::format(
                        "{} of {} poses known",
                        std::count(result.pose_known.begin(), result.pose_known.end(), true), poses)
                  : result.undetermined.front();
    return result;
}

}  // namespace stereo
