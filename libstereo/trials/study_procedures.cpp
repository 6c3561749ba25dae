#include "study_procedures.hpp"

#include <drr/core/error.hpp>

#include <fmt/format.h>

#include <set>

namespace stereo {
namespace {

// Noise on points is independent by its making; what is found in images stands among neighbours.
ErrorModel errors_at(TrialLevel level) {
    return level == TrialLevel::images ? ErrorModel::correlated_neighbours
                                       : ErrorModel::independent_markers;
}

CalibrationOptions read_options(const drr::YamlMap& map, TrialLevel level) {
    CalibrationOptions options;
    options.square_pixels = map.flag_or("square_pixels", options.square_pixels);
    options.shared_intrinsics = map.flag_or("shared_intrinsics", options.shared_intrinsics);
    options.covariance = map.flag_or("covariance", options.covariance);
    options.outlier_sigmas =
        map.number_or("outlier_sigmas", options.outlier_sigmas, drr::non_negative);
    if (map.has("loss")) {
        const std::string loss = map.choice("loss", {"squared", "huber", "cauchy"});
        options.loss = loss == "huber"    ? Loss::huber
                       : loss == "cauchy" ? Loss::cauchy
                                          : Loss::squared;
    }
    if (map.flag_or("declared_noise", false)) options.noise = NoiseScale::declared;
    options.errors = errors_at(level);
    if (map.has("errors"))
        options.errors = map.choice("errors", {"independent", "correlated"}) == "correlated"
                             ? ErrorModel::correlated_neighbours
                             : ErrorModel::independent_markers;
    options.priors.placement_sd_mm =
        map.number_or("placement_sd_mm", options.priors.placement_sd_mm, drr::positive);
    options.priors.phantom_scale_sd =
        map.number_or("phantom_scale_sd", options.priors.phantom_scale_sd, drr::non_negative);
    return options;
}

StudyProcedure read_procedure(const drr::YamlMap& map, TrialLevel level) {
    StudyProcedure result;
    if (map.has("command")) {
        result.command = map.text("command");
        result.label = map.text("label");
        result.time_limit_s = map.number_or("time_limit_s", result.time_limit_s, drr::positive);
        if (result.command.find("{case}") == std::string::npos ||
            result.command.find("{out}") == std::string::npos)
            map.fail("command",
                     "'command' needs {case}, the folder that it reads, and {out}, the one that "
                     "it writes");
        map.finish();
        return result;
    }
    const std::string name = map.text("name");
    try {
        result.procedure = procedure_of(name);
    } catch (const drr::Error& error) {
        map.fail("name", error.message());
    }
    result.label = map.text_or("label", name);
    result.options = read_options(map, level);
    if (const auto calliper = map.map_if("measured_distance")) {
        const auto beads = calliper->integers("beads", 2, {1.0, 1e6});
        result.calliper = {beads[0] - 1, beads[1] - 1, calliper->number("sd_mm", drr::positive)};
        calliper->finish();
        if (beads[0] == beads[1])
            map.fail("measured_distance", "a distance is between two different beads");
    }
    map.finish();
    return result;
}

}  // namespace

std::vector<StudyProcedure> read_study_procedures(const drr::YamlMap& study, TrialLevel level) {
    std::vector<StudyProcedure> result;
    if (!study.has("procedures")) {
        StudyProcedure& bundle = result.emplace_back();
        bundle.label = name_of(Procedure::bundle);
        bundle.options.errors = errors_at(level);
        return result;
    }
    std::set<std::string> labels;
    for (const drr::YamlMap& map : study.maps("procedures")) {
        result.push_back(read_procedure(map, level));
        if (!labels.insert(result.back().label).second)
            throw drr::Error(drr::ErrorCode::invalid_file,
                             fmt::format("two procedures are called '{}': give one another 'label'",
                                         result.back().label),
                             map.where());
    }
    if (result.empty()) study.fail("procedures", "'procedures' is empty");
    return result;
}

void check_procedures(const std::vector<StudyProcedure>& procedures,
                      const drr::MarkerPhantom& phantom) {
    const auto beads = static_cast<int>(phantom.beads.size());
    for (const StudyProcedure& procedure : procedures)
        if (procedure.calliper)
            drr::require(procedure.calliper->bead_a < beads && procedure.calliper->bead_b < beads,
                         fmt::format("procedure '{}' measures between beads that a phantom of {} "
                                     "beads does not have",
                                     procedure.label, beads));
}

}  // namespace stereo
