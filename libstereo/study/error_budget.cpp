#include "effects.hpp"
#include "synthesis.hpp"

#include <drr/physics/spectrum.hpp>
#include <stereo/study/error_budget.hpp>

namespace stereo {
namespace {

// One energy in place of a spectrum: its mean.
drr::MonoenergeticBeam one_energy(const drr::RadiographBeam& beam) {
    if (const auto* tube = std::get_if<drr::TubeBeam>(&beam))
        return {drr::tube_spectrum(tube->tube).mean_energy_kev()};
    return std::get<drr::MonoenergeticBeam>(beam);
}

ExperimentSpec without_effects(const ExperimentSpec& full) {
    ExperimentSpec spec = full;
    spec.bodies = false;
    spec.as_built = {};
    spec.motion = {};
    drr::RadiographOptions ideal;
    ideal.beam = one_energy(full.imaging.radiograph.beam);
    // As the dose says; nothing but the noise depends on it.
    ideal.photons_per_pixel = full.imaging.radiograph.photons_per_pixel;
    ideal.quantum_noise = false;
    spec.imaging.radiograph = ideal;
    return spec;
}

}  // namespace

std::vector<BudgetStep> budget_steps(const ExperimentSpec& spec) {
    std::vector<BudgetStep> steps{{"bare beads, ideal image", without_effects(spec)}};
    for (const Effect& effect : effects()) {
        if (!effect.present(spec)) continue;
        BudgetStep step{effect.name, steps.back().spec};
        effect.add(spec, step.spec);
        steps.push_back(std::move(step));
    }
    return steps;
}

ErrorBudget error_budget(const ExperimentSpec& spec, const drr::ProgressSink& progress) {
    ErrorBudget budget{spec, {}};
    const std::vector<BudgetStep> steps = budget_steps(spec);
    PrimaryCache cache;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const ValidationResult result = validate_cached(steps[i].spec, {}, &cache);
        budget.rows.push_back({steps[i].effect, result.localization, result.aligned,
                               result.absolute, result.calibration_observations.items.size(),
                               result.ok, result.summary});
        if (progress) progress("error budget", i + 1, steps.size());
    }
    return budget;
}

}  // namespace stereo
