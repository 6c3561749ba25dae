#include <drr/core/rng.hpp>
#include <stereo/study/truth.hpp>

namespace stereo {
namespace {

// Uniform in the ball of that radius.
Eigen::Vector3d in_ball(drr::Rng& rng, double radius) {
    while (true) {
        const Eigen::Vector3d p(rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0),
                                rng.uniform(-1.0, 1.0));
        if (p.squaredNorm() <= 1.0) return radius * p;
    }
}

}  // namespace

Truth make_truth(const ExperimentSpec& spec) {
    Truth truth;
    const drr::StereoViews rig = drr::make_stereo_rig(spec.rig);
    const Eigen::Vector3d isocentre = spec.rig.isocentre_mm.value_or(Eigen::Vector3d::Zero());
    std::vector<drr::Rigid3> rig_from_phantom;
    std::vector<drr::Rigid3> rig_from_phantom_in_view1;
    const MotionSpec& motion = spec.motion;
    const int count = spec.poses.calibration + spec.poses.held_out;
    for (int pose = 0; pose < count; ++pose) {
        drr::Rng rng({.seed = spec.seed,
                      .trial = static_cast<std::uint32_t>(pose),
                      .purpose = drr::RngPurpose::poses});
        const Eigen::Quaterniond turn =
            drr::rotation_from_vector(in_ball(rng, spec.poses.max_rotation_rad)) *
            drr::rotation_from_vector(spec.poses.base_rotation_rad);
        Eigen::Vector3d shift;
        for (int axis = 0; axis < 3; ++axis)
            shift[axis] = spec.poses.max_shift_mm[axis] * rng.uniform(-1.0, 1.0);
        rig_from_phantom.emplace_back(turn.normalized(), isocentre + shift);
        const bool moves = motion.while_calibrating || pose >= spec.poses.calibration;
        const double later_s = moves ? motion.sync_offset_s : 0.0;
        rig_from_phantom_in_view1.emplace_back(
            (drr::rotation_from_vector(later_s * motion.turn_rad_per_s) * turn).normalized(),
            isocentre + shift + later_s * motion.velocity_mm_per_s);
    }
    // World = phantom in pose 0.
    const drr::Rigid3 rig_from_world = rig_from_phantom[0];
    truth.views = rig;
    for (auto& view : truth.views)
        view.view_from_world = view.view_from_world * rig_from_world;
    const drr::Rigid3 world_from_rig = rig_from_world.inverse();
    for (const auto& pose : rig_from_phantom)
        truth.world_from_phantom.push_back(world_from_rig * pose);
    for (const auto& pose : rig_from_phantom_in_view1)
        truth.world_from_phantom_in_view1.push_back(world_from_rig * pose);
    truth.phantom = drr::as_built(spec.phantom, spec.as_built, spec.seed);
    for (const auto* markers : {&truth.phantom.beads, &truth.phantom.references})
        for (const auto& marker : *markers)
            truth.markers_in_phantom_mm.push_back(marker.center_mm);

    const Eigen::Vector3d baseline =
        truth.views[1].source_in_world_mm() - truth.views[0].source_in_world_mm();
    const auto beam = [&](std::size_t v) -> Eigen::Vector3d {
        return truth.views[v].view_from_world.rotation.conjugate() * Eigen::Vector3d::UnitZ();
    };
    const Eigen::Vector3d x = baseline.normalized();
    const Eigen::Vector3d mean_beam = beam(0) + beam(1);
    const Eigen::Vector3d z = (mean_beam - mean_beam.dot(x) * x).normalized();
    truth.stereo_from_world.row(0) = x;
    truth.stereo_from_world.row(1) = z.cross(x);
    truth.stereo_from_world.row(2) = z;
    return truth;
}

Truth in_world_of_pose(const Truth& truth, int pose) {
    const drr::Rigid3 old_from_new = truth.world_from_phantom.at(static_cast<std::size_t>(pose));
    Truth result = truth;
    for (auto& view : result.views)
        view.view_from_world = view.view_from_world * old_from_new;
    for (auto* poses : {&result.world_from_phantom, &result.world_from_phantom_in_view1})
        for (auto& motion : *poses)
            motion = old_from_new.inverse() * motion;
    result.stereo_from_world = truth.stereo_from_world * old_from_new.matrix();
    return result;
}

drr::StereoRigSpec make_nominal(const ExperimentSpec& spec) {
    drr::Rng rng({.seed = spec.seed, .purpose = drr::RngPurpose::nominal_values});
    const auto factor = [&] { return 1.0 + spec.nominal_error * rng.uniform(-1.0, 1.0); };
    drr::StereoRigSpec nominal = spec.rig;
    nominal.sdd_mm *= factor();
    nominal.source_isocentre_mm *= factor();
    nominal.stereo_angle_rad *= factor();
    nominal.principal_offset_px.setZero();  // nobody knows it before the calibration
    return nominal;
}

Eigen::Vector2d true_pixel(const ExperimentSpec& spec, const drr::CalibratedView& view,
                           const Eigen::Vector3d& point_in_world_mm) {
    const Eigen::Vector2d pixel = view.project(point_in_world_mm);
    const auto& distortion = spec.imaging.radiograph.distortion;
    return distortion ? distortion->distort(pixel) : pixel;
}

}  // namespace stereo
