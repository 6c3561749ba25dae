#include <drr/geometry/rescaled_px.hpp>
#include <drr/imaging/primary.hpp>
#include <drr/imaging/radiograph.hpp>
#include <drr/physics/materials.hpp>
#include <stereo/detect/localization_bound.hpp>
#include <stereo/study/truth.hpp>
#include <stereo/trials/center_noise.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace stereo {
namespace {

/// What stands behind a bead, in the signal that one photon of the open beam gives.
struct Background {
    double grey = 0.0;
    GreyNoise noise;
    double scatter_to_primary = 0.0;
};

double square(double x) {
    return x * x;
}

// The detector's spread as a variance along one axis, px^2.
double spread_variance(const drr::SpreadShape& shape, const Eigen::Vector2d& pitch_mm) {
    if (const auto* gaussian = std::get_if<drr::GaussianSpread>(&shape))
        return square(gaussian->sigma_px);
    if (const auto* exponential = std::get_if<drr::ExponentialSpread>(&shape))
        return 2.0 * square(exponential->length_px);
    // A Gaussian with the table's value at a quarter of a cycle a pixel, where the edge of a shadow
    // has most to say.
    constexpr double cycles_per_px = 0.25;
    const double value = std::clamp(drr::mtf(shape, {cycles_per_px, 0.0}, pitch_mm), 1e-3, 1.0);
    return -2.0 * std::log(value) / square(2.0 * M_PI * cycles_per_px);
}

double spot_variance_mm2(const drr::FocalSpot& spot) {
    const double size2 = 0.5 * spot.size_mm.squaredNorm();  // mean of the two axes
    const double widths_per_sd =
        spot.shape == drr::SpotShape::uniform ? std::sqrt(12.0) : 2.0 * std::sqrt(2.0 * M_LN2);
    return size2 / square(widths_per_sd);
}

drr::PolychromaticBeam beam_of(const ExperimentSpec& spec) {
    std::set<std::string> names;
    for (const auto& solid : drr::solid_parts(spec.phantom))
        names.insert(solid.material);
    std::vector<drr::Material> materials;
    for (const std::string& name : names)
        materials.push_back(drr::find_material(name));
    return drr::make_beam(spec.imaging.radiograph.beam, materials);
}

// Mean signal behind the phantom's bodies where its beads are seen in the first pose.
drr::SignalMoments behind_bodies(const ExperimentSpec& spec, const drr::PolychromaticBeam& beam) {
    drr::MarkerPhantom bodies = spec.phantom;
    bodies.beads.clear();
    bodies.references.clear();
    const auto solids_in_phantom = drr::solid_parts(bodies);
    if (!spec.bodies || solids_in_phantom.empty()) return beam.open();
    const Truth truth = make_truth(spec);
    const auto solids = drr::moved(solids_in_phantom, truth.world_from_phantom[0]);
    // Bricks are wider than these pixels; the mean is over all beads anyway.
    constexpr int pixels_across = 128;
    drr::SignalMoments mean;
    double count = 0.0;
    for (drr::XrayView view : truth.views) {
        const double coarser = std::max(
            1.0, static_cast<double>(std::max(view.width_px, view.height_px)) / pixels_across);
        view.principal_point_px = drr::rescaled_px(view.principal_point_px, 1.0 / coarser);
        view.pixel_pitch_mm *= coarser;
        view.width_px = static_cast<int>(std::ceil(view.width_px / coarser));
        view.height_px = static_cast<int>(std::ceil(view.height_px / coarser));
        const auto signal = drr::primary_signal(drr::path_lengths(solids, view), beam);
        for (const auto& bead : truth.phantom.beads) {
            const Eigen::Vector2d pixel =
                view.project(truth.world_from_phantom[0] * bead.center_mm);
            const auto u = static_cast<int>(std::lround(pixel.x()));
            const auto v = static_cast<int>(std::lround(pixel.y()));
            if (u < 0 || v < 0 || u >= view.width_px || v >= view.height_px) continue;
            mean.mean += static_cast<double>(signal.mean(u, v));
            mean.variance += static_cast<double>(signal.variance(u, v));
            count += 1.0;
        }
    }
    if (count == 0.0) return beam.open();
    return {mean.mean / count, mean.variance / count};
}

Background background_of(const ExperimentSpec& spec, const drr::PolychromaticBeam& beam,
                         const drr::SignalMoments& primary) {
    const drr::RadiographOptions& imaging = spec.imaging.radiograph;
    const drr::RadiographChain chain(imaging, drr::make_stereo_rig(spec.rig)[0]);
    const double open = beam.open().mean;
    Background background;
    double passed = 1.0;
    if (imaging.scatter) {
        const auto& grid = imaging.scatter->grid;
        passed = grid ? grid->primary_transmission : 1.0;
        background.scatter_to_primary = imaging.scatter->ratio * std::log(open / primary.mean) /
                                        imaging.scatter->line_integral *
                                        (grid ? grid->scatter_transmission / passed : 1.0);
    }
    background.grey = chain.photons_per_pixel() * passed * primary.mean / open *
                      (1.0 + background.scatter_to_primary);
    if (imaging.quantum_noise)
        background.noise.variance_per_grey = primary.variance / (primary.mean * open);
    background.noise.variance_at_black =
        square(imaging.electronic_noise_photons) + 1.0 / (12.0 * square(chain.grey_per_photon()));
    if (imaging.flaws)
        background.noise.variance_at_black += square(imaging.flaws->gain_sd * background.grey);
    return background;
}

/// Line integral through the centre of a bead over the background's, were the scatter behind it
/// part of the primary.
double attenuation_of(const drr::Marker& bead, const ExperimentSpec& spec,
                      const Background& background) {
    const drr::PolychromaticBeam beam =
        drr::make_beam(spec.imaging.radiograph.beam, {drr::find_material(bead.material)});
    const double passed = std::exp(-beam.line_integral(std::array{bead.diameter_mm}));
    return -std::log(1.0 - (1.0 - passed) / (1.0 + background.scatter_to_primary));
}

}  // namespace

CenterNoise::CenterNoise(const ExperimentSpec& spec) {
    if (spec.center_sd_px) {
        given_sd_px_ = *spec.center_sd_px;
        return;
    }
    const drr::PolychromaticBeam beam = beam_of(spec);
    const Background background = background_of(spec, beam, behind_bodies(spec, beam));
    const double aperture_variance = 1.0 / 12.0;
    const auto& imaging = spec.imaging.radiograph;
    const double spread =
        imaging.point_spread ? spread_variance(imaging.point_spread->shape, spec.rig.pixel_pitch_mm)
                             : 0.0;
    // From a bead at the detector to one halfway between isocentre and source.
    const double pitch = spec.rig.pixel_pitch_mm.x();
    const double least = 1.0;
    const double most = 2.0 * spec.rig.sdd_mm / spec.rig.source_isocentre_mm;
    constexpr int radii = 12;

    std::map<std::pair<double, std::string>, std::size_t> kinds;
    for (const auto& bead : spec.phantom.beads) {
        const auto [kind, is_new] =
            kinds.try_emplace({bead.diameter_mm, bead.material}, curves_.size());
        curve_of_.push_back(kind->second);
        if (!is_new) continue;
        const double attenuation = attenuation_of(bead, spec, background);
        Curve curve;
        curve.first_radius_px = 0.5 * bead.diameter_mm * least / pitch;
        const double step = (most - least) / (radii - 1);
        curve.step_px = 0.5 * bead.diameter_mm * step / pitch;
        for (int i = 0; i < radii; ++i) {
            const double magnification = least + i * step;
            const double spot =
                spot_variance_mm2(imaging.focal_spot) * square((magnification - 1.0) / pitch);
            BeadShadow shadow;
            shadow.radius_px = 0.5 * bead.diameter_mm * magnification / pitch;
            shadow.attenuation = attenuation;
            const double blur_px = std::sqrt(aperture_variance + spread + spot);
            curve.sd_px.push_back(
                localization_bound({shadow}, blur_px, background.grey, background.noise).sd_px());
        }
        curves_.push_back(std::move(curve));
    }
}

double CenterNoise::sd_px(std::size_t bead, double radius_px) const {
    if (given_sd_px_ > 0.0) return given_sd_px_;
    const Curve& curve = curves_[curve_of_[bead]];
    const double at = std::clamp((radius_px - curve.first_radius_px) / curve.step_px, 0.0,
                                 static_cast<double>(curve.sd_px.size() - 1));
    const auto i = std::min(static_cast<std::size_t>(at), curve.sd_px.size() - 2);
    const double share = at - static_cast<double>(i);
    return (1.0 - share) * curve.sd_px[i] + share * curve.sd_px[i + 1];
}

}  // namespace stereo
