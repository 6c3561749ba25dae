#include "synthesis.hpp"

#include <drr/core/rng.hpp>
#include <drr/projector/analytic.hpp>

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
    }
    // World = phantom in pose 0.
    const drr::Rigid3 rig_from_world = rig_from_phantom[0];
    truth.views = rig;
    for (auto& view : truth.views)
        view.view_from_world = view.view_from_world * rig_from_world;
    for (const auto& pose : rig_from_phantom)
        truth.world_from_phantom.push_back(rig_from_world.inverse() * pose);
    for (const auto* markers : {&spec.phantom.beads, &spec.phantom.references})
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

drr::Image<std::uint16_t> render(const ExperimentSpec& spec, const Truth& truth, int pose,
                                 int view) {
    drr::AnalyticOptions options;
    options.samples_per_pixel = spec.imaging.samples_per_pixel;
    const drr::AnalyticProjector projector(
        drr::place_phantom(spec.phantom, truth.world_from_phantom[static_cast<std::size_t>(pose)],
                           spec.imaging.photon_energy_kev()),
        options);
    const drr::XrayView& xray_view = truth.views[static_cast<std::size_t>(view)];
    return drr::form_radiograph(drr::monoenergetic_signal(projector.line_integrals(xray_view)),
                                spec.imaging.radiograph, xray_view,
                                {.seed = spec.seed,
                                 .trial = static_cast<std::uint32_t>(pose),
                                 .view = static_cast<std::uint16_t>(view),
                                 .purpose = drr::RngPurpose::quantum_noise});
}

}  // namespace stereo
