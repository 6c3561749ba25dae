#include "synthesis.hpp"

#include <drr/physics/materials.hpp>

#include <set>

namespace stereo {
namespace {

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
    // Whatever is spread later, the signal depends on the parts of pixels alone.
    primary.point_spread = drr::PointSpread{{}, spec.imaging.radiograph.subpixels()};
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

drr::SignalRows RadiographSession::primary(int pose, int view) const {
    const drr::RadiographChain& chain = chains_[static_cast<std::size_t>(view)];
    // The phantom's frame for the world: thousands of solids need not move.
    drr::XrayView from_phantom = chain.signal_view();
    from_phantom.view_from_world = from_phantom.view_from_world * truth_.seen_pose(pose, view);
    return drr::primary_rows(
        solids_in_phantom_, from_phantom, beam_, chain.options().focal_spot,
        drr::finer({.samples_per_pixel = spec_.imaging.samples_per_pixel, .single_precision = true},
                   chain.options().subpixels()));
}

drr::Image<std::uint16_t> RadiographSession::radiograph(int pose, int view) const {
    const drr::RngKey key{.seed = spec_.seed,
                          .trial = static_cast<std::uint32_t>(pose),
                          .view = static_cast<std::uint16_t>(view),
                          .purpose = drr::RngPurpose::quantum_noise};
    const drr::RadiographChain& chain = chains_[static_cast<std::size_t>(view)];
    if (cache_ == nullptr) return chain.radiograph(primary(pose, view), key);
    auto& signal = cache_->signals[static_cast<std::size_t>(2 * pose + view)];
    if (!signal) signal = primary(pose, view)({0, chain.signal_view().height_px});
    return chain.radiograph(*signal, key);
}

}  // namespace stereo
