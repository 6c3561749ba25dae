#include <drr/core/rng.hpp>
#include <stereo/trials/observe_points.hpp>

#include <algorithm>
#include <numeric>

namespace stereo {
namespace {

struct Shadow {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
    double radius_px = 0.0;
    bool visible = false;
};

double diameter_mm(const drr::MarkerPhantom& phantom, std::size_t marker) {
    return marker < phantom.beads.size()
               ? phantom.beads[marker].diameter_mm
               : phantom.references[marker - phantom.beads.size()].diameter_mm;
}

std::vector<Shadow> shadows_of(const ExperimentSpec& spec, const Truth& truth, int pose, int view) {
    const drr::XrayView& seen_by = truth.views[static_cast<std::size_t>(view)];
    // In the frame of the phantom, so that a marker is moved once.
    drr::CalibratedView calibrated = seen_by.calibrated();
    calibrated.view_from_world = calibrated.view_from_world * truth.seen_pose(pose, view);
    std::vector<Shadow> shadows(truth.markers_in_phantom_mm.size());
    for (std::size_t m = 0; m < shadows.size(); ++m) {
        const Eigen::Vector3d& marker = truth.markers_in_phantom_mm[m];
        const double depth_mm = (calibrated.view_from_world * marker).z();
        Shadow& shadow = shadows[m];
        shadow.radius_px =
            0.5 * diameter_mm(truth.phantom, m) * calibrated.pinhole.fx_px / depth_mm;
        // Between source and detector; behind either there is no shadow.
        if (!(depth_mm > 0.0 && depth_mm < seen_by.sdd_mm)) continue;
        shadow.center_px = true_pixel(spec, calibrated, marker);
        const Eigen::Array2d far(seen_by.width_px - 1, seen_by.height_px - 1);
        shadow.visible = (shadow.center_px.array() >= shadow.radius_px).all() &&
                         (shadow.center_px.array() <= far - shadow.radius_px).all();
    }
    return shadows;
}

std::vector<bool> touch_another(const std::vector<Shadow>& shadows) {
    std::vector<bool> touching(shadows.size(), false);
    // From left to right, so that each meets only those that begin before it ends.
    std::vector<std::size_t> order(shadows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto left = [&](std::size_t s) {
        return shadows[s].center_px.x() - shadows[s].radius_px;
    };
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return left(a) < left(b); });
    for (std::size_t i = 0; i < order.size(); ++i) {
        const Shadow& a = shadows[order[i]];
        const double right = a.center_px.x() + a.radius_px;
        for (std::size_t k = i + 1; k < order.size() && left(order[k]) < right; ++k) {
            const Shadow& b = shadows[order[k]];
            const double reach = a.radius_px + b.radius_px;
            if ((a.center_px - b.center_px).squaredNorm() >= reach * reach) continue;
            touching[order[i]] = true;
            touching[order[k]] = true;
        }
    }
    return touching;
}

void observe_pose(const ExperimentSpec& spec, const CenterNoise& noise, const Truth& truth,
                  int pose, int first_pose, Observations& observations) {
    for (int view = 0; view < observations.view_count; ++view) {
        const std::vector<Shadow> shadows = shadows_of(spec, truth, pose, view);
        const std::vector<bool> touching = touch_another(shadows);
        drr::Rng rng({.seed = spec.seed,
                      .trial = static_cast<std::uint32_t>(pose),
                      .view = static_cast<std::uint16_t>(view),
                      .purpose = drr::RngPurpose::localization_noise});
        for (std::size_t bead = 0; bead < spec.phantom.beads.size(); ++bead) {
            // Drawn for hidden beads too, so that one that appears changes no other.
            const Eigen::Vector2d error(rng.normal(), rng.normal());
            const Shadow& shadow = shadows[bead];
            if (!shadow.visible || touching[bead]) continue;
            const double sd_px = noise.sd_px(bead, shadow.radius_px);
            observations.items.push_back({pose - first_pose, view, static_cast<int>(bead),
                                          shadow.center_px + sd_px * error, sd_px});
        }
    }
}

}  // namespace

ObservedExperiment observe_points(const ExperimentSpec& spec, const CenterNoise& noise) {
    ObservedExperiment observed;
    observed.truth = make_truth(spec);
    Observations empty;
    for (const auto& bead : spec.phantom.beads)
        empty.markers_in_phantom_mm.push_back(bead.center_mm);
    empty.view_count = 2;
    empty.width_px = spec.rig.width_px;
    empty.height_px = spec.rig.height_px;
    observed.calibration = empty;
    observed.held_out = empty;
    observed.calibration.pose_count = spec.poses.calibration;
    observed.held_out.pose_count = spec.poses.held_out;
    for (int pose = 0; pose < spec.poses.calibration; ++pose)
        observe_pose(spec, noise, observed.truth, pose, 0, observed.calibration);
    for (int pose = 0; pose < spec.poses.held_out; ++pose)
        observe_pose(spec, noise, observed.truth, spec.poses.calibration + pose,
                     spec.poses.calibration, observed.held_out);
    observed.localization = localization_of(observed, spec);
    return observed;
}

}  // namespace stereo
