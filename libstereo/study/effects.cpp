#include "effects.hpp"

namespace stereo {
namespace {

bool is_as_designed(const drr::AsBuiltOptions& built) {
    return built.bead_sd_mm == 0.0 && built.bead_depth_sd_mm == 0.0 && built.brick_sd_mm == 0.0 &&
           built.brick_height_sd_mm == 0.0 && built.scale.across == 1.0 &&
           built.scale.height == 1.0;
}

}  // namespace

const std::vector<Effect>& effects() {
    static const std::vector<Effect> all{
        {"quantum noise",
         [](const ExperimentSpec& e) { return e.imaging.radiograph.quantum_noise; },
         [](const ExperimentSpec&, ExperimentSpec& to) {
             to.imaging.radiograph.quantum_noise = true;
         }},
        {"bricks and bodies",
         [](const ExperimentSpec& e) {
             return e.bodies && !(e.phantom.bodies.empty() && e.phantom.bricks.empty());
         },
         [](const ExperimentSpec&, ExperimentSpec& to) { to.bodies = true; }},
        {"spectrum of the tube",
         [](const ExperimentSpec& e) {
             return std::holds_alternative<drr::TubeBeam>(e.imaging.radiograph.beam);
         },
         [](const ExperimentSpec& e, ExperimentSpec& to) {
             to.imaging.radiograph.beam = e.imaging.radiograph.beam;
         }},
        {"focal spot",
         [](const ExperimentSpec& e) { return !e.imaging.radiograph.focal_spot.is_point(); },
         [](const ExperimentSpec& e, ExperimentSpec& to) {
             to.imaging.radiograph.focal_spot = e.imaging.radiograph.focal_spot;
         }},
        {"heel effect",
         [](const ExperimentSpec& e) { return e.imaging.radiograph.heel.has_value(); },
         [](const ExperimentSpec& e, ExperimentSpec& to) {
             to.imaging.radiograph.heel = e.imaging.radiograph.heel;
         }},
        {"scatter",
         [](const ExperimentSpec& e) { return e.imaging.radiograph.scatter.has_value(); },
         [](const ExperimentSpec& e, ExperimentSpec& to) {
             to.imaging.radiograph.scatter = e.imaging.radiograph.scatter;
         }},
        {"point spread of the detector",
         [](const ExperimentSpec& e) { return e.imaging.radiograph.point_spread.has_value(); },
         [](const ExperimentSpec& e, ExperimentSpec& to) {
             to.imaging.radiograph.point_spread = e.imaging.radiograph.point_spread;
         }},
        {"gains and dead pixels",
         [](const ExperimentSpec& e) { return e.imaging.radiograph.flaws.has_value(); },
         [](const ExperimentSpec& e, ExperimentSpec& to) {
             to.imaging.radiograph.flaws = e.imaging.radiograph.flaws;
         }},
        {"electronic noise",
         [](const ExperimentSpec& e) {
             return e.imaging.radiograph.electronic_noise_photons > 0.0;
         },
         [](const ExperimentSpec& e, ExperimentSpec& to) {
             to.imaging.radiograph.electronic_noise_photons =
                 e.imaging.radiograph.electronic_noise_photons;
         }},
        {"bit depth and saturation",
         [](const ExperimentSpec& e) {
             const drr::RadiographOptions ideal;
             return e.imaging.radiograph.bits != ideal.bits ||
                    e.imaging.radiograph.open_beam_grey != ideal.open_beam_grey;
         },
         [](const ExperimentSpec& e, ExperimentSpec& to) {
             to.imaging.radiograph.bits = e.imaging.radiograph.bits;
             to.imaging.radiograph.open_beam_grey = e.imaging.radiograph.open_beam_grey;
         }},
        {"errors of building", [](const ExperimentSpec& e) { return !is_as_designed(e.as_built); },
         [](const ExperimentSpec& e, ExperimentSpec& to) { to.as_built = e.as_built; }},
        {"motion between the views",
         [](const ExperimentSpec& e) { return e.motion != MotionSpec{}; },
         [](const ExperimentSpec& e, ExperimentSpec& to) { to.motion = e.motion; }},
        {"distortion of the intensifier",
         [](const ExperimentSpec& e) { return e.imaging.radiograph.distortion.has_value(); },
         [](const ExperimentSpec& e, ExperimentSpec& to) {
             to.imaging.radiograph.distortion = e.imaging.radiograph.distortion;
         }},
    };
    return all;
}

}  // namespace stereo
