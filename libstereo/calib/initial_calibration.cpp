#include <drr/core/error.hpp>
#include <drr/geometry/absolute_pose.hpp>
#include <stereo/calib/dlt.hpp>
#include <stereo/calib/initial_calibration.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace stereo {
namespace {

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                     values.end());
    return values[values.size() / 2];
}

using PosesInView = std::vector<std::optional<drr::Rigid3>>;

// Intrinsics of one view and the phantom's pose in each of its images.
struct SingleView {
    drr::Pinhole pinhole;
    PosesInView view_from_phantom;
    bool ok = false;
};

SingleView calibrate_view(const Observations& observations, int view) {
    const auto poses = static_cast<std::size_t>(observations.pose_count);
    SingleView result;
    result.view_from_phantom.resize(poses);
    std::vector<ImagePoints> images(poses);
    PosesInView start(poses);
    std::vector<double> focal;
    std::vector<double> cx;
    std::vector<double> cy;
    for (std::size_t pose = 0; pose < poses; ++pose) {
        images[pose] = points_of_image(observations, static_cast<int>(pose), view);
        const DltResult linear = dlt(images[pose].points_in_phantom_mm, images[pose].pixels);
        if (!linear.ok) continue;
        const auto [found, skew] = drr::decompose_projection(linear.projection_matrix);
        focal.push_back(0.5 * (found.pinhole.fx_px + found.pinhole.fy_px));
        cx.push_back(found.pinhole.cx_px);
        cy.push_back(found.pinhole.cy_px);
        start[pose] = found.view_from_world;
    }
    if (focal.empty()) return result;
    const double f = median(focal);
    result.pinhole = {f, f, median(cx), median(cy)};
    for (std::size_t pose = 0; pose < poses; ++pose) {
        if (!start[pose]) continue;
        const drr::PoseFit fit = drr::fit_pose(images[pose].points_in_phantom_mm,
                                               images[pose].pixels, result.pinhole, *start[pose]);
        if (!fit.converged) continue;
        result.view_from_phantom[pose] = fit.view_from_object;
        result.ok = true;
    }
    return result;
}

}  // namespace

InitialCalibration initial_calibration(const Observations& observations) {
    observations.validate();
    InitialCalibration result;
    const auto poses = static_cast<std::size_t>(observations.pose_count);
    std::vector<SingleView> singles;
    for (int view = 0; view < observations.view_count; ++view) {
        singles.push_back(calibrate_view(observations, view));
        if (!singles.back().ok) {
            result.summary =
                fmt::format("view {}: no image shows 6 markers that do not lie on a plane", view);
            return result;
        }
    }

    // Pose of each view relative to view 0, averaged over the poses that both have seen.
    std::vector<drr::Rigid3> view_from_view0(singles.size());
    for (std::size_t view = 1; view < singles.size(); ++view) {
        std::vector<Eigen::Quaterniond> rotations;
        Eigen::Vector3d translation = Eigen::Vector3d::Zero();
        for (std::size_t pose = 0; pose < poses; ++pose) {
            const auto& here = singles[view].view_from_phantom[pose];
            const auto& there = singles[0].view_from_phantom[pose];
            if (!here || !there) continue;
            const drr::Rigid3 relative = *here * there->inverse();
            rotations.push_back(relative.rotation);
            translation += relative.translation_mm;
        }
        if (rotations.empty()) {
            result.summary = fmt::format("views 0 and {} share no pose of the phantom", view);
            return result;
        }
        view_from_view0[view] = {drr::mean_rotation(rotations),
                                 translation / static_cast<double>(rotations.size())};
    }

    // Each pose as some view saw it, in the frame of view 0.
    std::vector<std::optional<drr::Rigid3>> view0_from_phantom(poses);
    for (std::size_t pose = 0; pose < poses; ++pose)
        for (std::size_t view = 0; view < singles.size() && !view0_from_phantom[pose]; ++view)
            if (singles[view].view_from_phantom[pose])
                view0_from_phantom[pose] =
                    view_from_view0[view].inverse() * *singles[view].view_from_phantom[pose];
    if (!view0_from_phantom[0]) {
        result.summary = "pose 0, which defines the world frame, shows too few markers";
        return result;
    }
    for (std::size_t view = 0; view < singles.size(); ++view)
        result.views.push_back({singles[view].pinhole,
                                view_from_view0[view] * *view0_from_phantom[0],
                                observations.width_px, observations.height_px});
    for (std::size_t pose = 0; pose < poses; ++pose) {
        result.pose_known.push_back(view0_from_phantom[pose].has_value());
        result.world_from_phantom.push_back(
            view0_from_phantom[pose] ? view0_from_phantom[0]->inverse() * *view0_from_phantom[pose]
                                     : drr::Rigid3());
    }
    result.ok = true;
    result.summary =
        fmt::format("{} of {} poses known",
                    std::count(result.pose_known.begin(), result.pose_known.end(), true), poses);
    return result;
}

}  // namespace stereo
