#include "external_procedure.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/rng.hpp>
#include <drr/imaging/image_io.hpp>
#include <stereo/study/case_folder.hpp>
#include <stereo/trials/observe_points.hpp>
#include <stereo/trials/trial.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace stereo {
namespace {

// What a laboratory reads off its calliper: the distance as built, with this trial's error.
MeasuredDistance measure(const CalliperMeasurement& calliper, const ObservedExperiment& observed,
                         std::uint64_t seed) {
    const auto& markers = observed.truth.markers_in_phantom_mm;
    drr::Rng rng({.seed = seed, .purpose = drr::RngPurpose::calliper});
    const double distance_mm = (markers[static_cast<std::size_t>(calliper.bead_a)] -
                                markers[static_cast<std::size_t>(calliper.bead_b)])
                                   .norm();
    return {calliper.bead_a, calliper.bead_b, distance_mm + calliper.sd_mm * rng.normal(),
            calliper.sd_mm};
}

/// Where the commands of a trial find their case.
struct CaseFolder {
    std::optional<ScratchFolder> folder;

    CaseFolder(const Study& study, const std::filesystem::path& scratch) {
        const auto& all = study.procedures();
        if (std::any_of(all.begin(), all.end(), [](const auto& p) { return !p.command.empty(); }))
            folder.emplace(scratch);
    }
};

ObservedExperiment observe(const ExperimentSpec& experiment,
                           const std::optional<CenterNoise>& noise, const CaseFolder& of_commands) {
    if (noise) {
        ObservedExperiment observed = observe_points(experiment, *noise);
        if (of_commands.folder)
            write_procedure_case(of_commands.folder->path(), experiment, observed.calibration);
        return observed;
    }
    if (!of_commands.folder) return observe_images(experiment);
    const std::filesystem::path& folder = of_commands.folder->path();
    drr::make_folder(folder / "images");
    ObservedExperiment observed =
        observe_images(experiment, [&](int pose, int view, const auto& image) {
            if (pose < experiment.poses.calibration)
                drr::write_grey_image(folder / case_image_name(pose, view), image);
        });
    write_procedure_case(folder, experiment, observed.calibration);
    return observed;
}

Calibration calibrate_by(const StudyProcedure& procedure, const ExperimentSpec& experiment,
                         const ObservedExperiment& observed, const CaseFolder& of_commands,
                         const std::filesystem::path& scratch) {
    if (!procedure.command.empty())
        return run_external_procedure(procedure, of_commands.folder->path(), scratch);
    CalibrationOptions options = procedure.options;
    if (procedure.calliper)
        options.priors.distances.push_back(measure(*procedure.calliper, observed, experiment.seed));
    return calibrate(procedure.procedure, observed.calibration, options);
}

void run_procedure(const StudyProcedure& procedure, const ExperimentSpec& experiment,
                   const ObservedExperiment& observed, const CaseFolder& of_commands,
                   const std::filesystem::path& scratch, Trial& trial) {
    const Calibration calibration =
        calibrate_by(procedure, experiment, observed, of_commands, scratch);
    if (!calibration.ok) {
        trial.reason = calibration.summary;
        return;
    }
    const double claimed =
        procedure.options.noise == NoiseScale::declared ? 1.0 : calibration.sigma0;
    trial.figures = figures_of(experiment, observed, calibration, claimed);
    trial.ok = !trial.figures.empty();
    if (!trial.ok) trial.reason = "fewer than three held-out beads could be reconstructed";
}

}  // namespace

PreparedCondition prepare(const Study& study, std::size_t condition) {
    PreparedCondition prepared{condition, study.experiment(condition), std::nullopt, {}};
    try {
        if (study.outline().level == TrialLevel::points)
            prepared.noise.emplace(prepared.experiment);
    } catch (const drr::Error& error) {
        prepared.failure = error.what();
    }
    return prepared;
}

std::vector<Trial> run_trials(const Study& study, const PreparedCondition& condition,
                              int repetition, const std::filesystem::path& scratch) {
    ExperimentSpec experiment = condition.experiment;
    experiment.seed = study.outline().seed_of(repetition);
    const CaseFolder of_commands(study, scratch);
    std::optional<ObservedExperiment> observed;
    std::string failure = condition.failure;
    try {
        if (failure.empty()) observed = observe(experiment, condition.noise, of_commands);
    } catch (const drr::Error& error) {
        failure = error.what();
    }
    std::vector<Trial> trials;
    for (std::size_t p = 0; p < study.procedures().size(); ++p) {
        const auto start = std::chrono::steady_clock::now();
        Trial trial{condition.condition, repetition, p, false, failure, 0.0, {}};
        try {
            if (observed)
                run_procedure(study.procedures()[p], experiment, *observed, of_commands, scratch,
                              trial);
        } catch (const drr::Error& error) {
            trial.ok = false;
            trial.reason = error.what();
        }
        trial.figures.resize(figure_names().size(), std::nan(""));
        trial.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        trials.push_back(std::move(trial));
    }
    return trials;
}

}  // namespace stereo
