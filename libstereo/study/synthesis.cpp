#include "synthesis.hpp"

#include <drr/core/rng.hpp>
#include <drr/physics/materials.hpp>
#include <drr/projector/path_lengths.hpp>

#include <set>

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

drr::MarkerPhantom markers_alone(drr::MarkerPhantom phantom) {
    phantom.bodies.clear();
    phantom.bricks.clear();
    return phantom;
}

// The experiment without what comes after the primary signal.
std::string primary_key(ExperimentSpec spec) {
    drr::RadiographOptions primary;
    primary.beam = spec.imaging.radiograph.beam;
    primary.focal_spot = spec.imaging.radiograph.focal_spot;
    spec.imaging.radiograph = primary;
    return experiment_yaml(spec);
}

std::vector<drr::Material> materials_of(const std::vector<drr::SolidPart>& solids) {
    std::set<std::string> names;
    for (const drr::SolidPart& solid : solids)
        names.insert(solid.material);
    std::vector<drr::Material> materials;
    for (const std::string& name : names)
        materials.push_back(drr::find_material(name));
    return materials;
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

Eigen::Vector2d true_pixel(const ExperimentSpec& spec, const drr::XrayView& view,
                           const Eigen::Vector3d& point_in_world_mm) {
    const Eigen::Vector2d pixel = view.project(point_in_world_mm);
    const auto& distortion = spec.imaging.radiograph.distortion;
    return distortion ? distortion->distort(pixel) : pixel;
}

RadiographSession::RadiographSession(const ExperimentSpec& spec, const Truth& truth,
                                     PrimaryCache* cache)
    : spec_(spec),
      truth_(truth),
      solids_in_phantom_(
          drr::solid_parts(spec.bodies ? truth.phantom : markers_alone(truth.phantom))),
      beam_(drr::make_beam(spec.imaging.radiograph.beam, materials_of(solids_in_phantom_))),
      chains_{drr::RadiographChain(spec.imaging.radiograph, truth.views[0], 0),
              drr::RadiographChain(spec.imaging.radiograph, truth.views[1], 1)},
      cache_(cache) {
    if (cache_ == nullptr) return;
    const std::string key = primary_key(spec);
    if (cache_->key == key) return;
    cache_->key = key;
    cache_->signals.assign(2 * truth.world_from_phantom.size(), std::nullopt);
}

drr::SignalImages RadiographSession::primary(int pose, int view) const {
    drr::AnalyticOptions options;
    options.samples_per_pixel = spec_.imaging.samples_per_pixel;
    const auto solids =
        drr::moved(solids_in_phantom_, truth_.world_from_phantom[static_cast<std::size_t>(pose)]);
    const auto object = [&](const drr::XrayView& seen) {
        return drr::path_lengths(solids, seen, options);
    };
    return drr::primary_signal(object, truth_.views[static_cast<std::size_t>(view)], beam_,
                               spec_.imaging.radiograph.focal_spot);
}

drr::Image<std::uint16_t> RadiographSession::radiograph(int pose, int view) const {
    const drr::RngKey key{.seed = spec_.seed,
                          .trial = static_cast<std::uint32_t>(pose),
                          .view = static_cast<std::uint16_t>(view),
                          .purpose = drr::RngPurpose::quantum_noise};
    const drr::RadiographChain& chain = chains_[static_cast<std::size_t>(view)];
    if (cache_ == nullptr) return chain.radiograph(primary(pose, view), key);
    auto& signal = cache_->signals[static_cast<std::size_t>(2 * pose + view)];
    if (!signal) signal = primary(pose, view);
    return chain.radiograph(*signal, key);
}

}  // namespace stereo
