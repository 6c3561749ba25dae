#include "study_procedures.hpp"

#include <drr/core/error.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <stereo/trials/study.hpp>

#include <fmt/format.h>

namespace stereo {
namespace {

// Of a condition that cannot be: where the value stands that the message speaks of.
std::string place_of(const drr::YamlMap& study, const Condition& condition,
                     const std::string& message) {
    for (const char* const part : {"sweep", "latin_hypercube"})
        if (study.is_map(part)) {
            drr::YamlMap map = study.map(part);
            if (map.is_map("ranges")) map = map.map("ranges");
            for (const auto& assignment : condition.assignments)
                if (message.find(assignment.key + "'") != std::string::npos &&
                    map.has(assignment.key))
                    return map.where(assignment.key);
        }
    for (const char* const part : {"sweep", "latin_hypercube", "cases"})
        if (study.has(part)) return study.where(part);
    return study.where();
}

}  // namespace

Study::Study(const std::filesystem::path& path) {
    const drr::YamlMap map = drr::read_yaml(path, "study");
    outline_.name = map.text("name");
    outline_.description = map.text_or("description", "");
    outline_.level = map.choice("level", {"points", "images"}) == "points" ? TrialLevel::points
                                                                           : TrialLevel::images;
    outline_.seed = map.seed("seed");
    constexpr double most_repetitions = 1e7;  // more is a typing error
    outline_.repetitions = map.integer("repetitions", {1.0, most_repetitions});
    folder_ = path.parent_path();
    if (map.is_map("experiment")) {
        experiment_ = map.map("experiment");
    } else {
        const std::filesystem::path file = folder_ / map.text("experiment");
        experiment_ = drr::read_yaml(file, "experiment");
        folder_ = file.parent_path();
    }
    conditions_ = read_conditions(map, outline_.seed);
    procedures_ = read_study_procedures(map, outline_.level);
    map.finish();
    for (const StudyProcedure& procedure : procedures_)
        outline_.procedures.push_back(procedure.label);
    outline_.factors = conditions_.factors;
    for (const Condition& condition : conditions_.all)
        outline_.conditions.push_back(condition.values);
    check_conditions(map);

    for (const char* const key :
         {"level", "seed", "cases", "sweep", "latin_hypercube", "procedures"})
        if (map.has(key))
            outline_.fingerprint += fmt::format("{}: {}\n", key, map.value(key).text());
    outline_.fingerprint += fmt::format("experiment: {}\n", experiment_->as_value().text());
    for (const auto& [file, phantom] : phantoms_)
        outline_.fingerprint += fmt::format("phantom {}:\n{}", file, drr::phantom_yaml(phantom));
}

void Study::check_conditions(const drr::YamlMap& map) {
    const auto read_file = [&](const std::string& file) { return phantom_of(file); };
    // The experiment by itself first: its errors are its own file's.
    (void)read_experiment_keys(experiment_->with({}), read_file);
    for (std::size_t i = 0; i < conditions_.all.size(); ++i) {
        const Condition& condition = conditions_.all[i];
        const auto fail = [&](const std::string& message) {
            const std::string setting = outline_.condition_text(i);
            throw drr::Error(drr::ErrorCode::invalid_file,
                             setting.empty() ? message : fmt::format("{}: {}", setting, message),
                             place_of(map, condition, message));
        };
        for (const auto& assignment : condition.assignments)
            if (assignment.key == "seed")
                fail("'seed' is not swept: 'repetitions' are trials with different seeds");
        try {
            const ExperimentSpec spec = experiment(i);
            drr::require(spec.poses.held_out > 0,
                         "'poses.held_out' must be at least 1: they are what is scored");
            check_procedures(procedures_, spec.phantom);
        } catch (const drr::Error& error) {
            fail(error.message());
        }
    }
}

std::vector<drr::YamlAssignment> Study::assignments_of(std::size_t condition) const {
    const auto& own = conditions_.all[condition].assignments;
    std::vector<drr::YamlAssignment> all;
    // The keys of a phantom that stands in a file of its own are swept in a copy of it.
    std::string file = experiment_->is_map("phantom") ? "" : experiment_->text("phantom");
    for (const auto& assignment : own) {
        if (assignment.key == "phantom") file = assignment.value.text();
        if (assignment.key.starts_with("phantom.") && !file.empty()) {
            all.push_back({"phantom", drr::read_yaml(folder_ / file, "phantom").as_value()});
            file.clear();
        }
        all.push_back(assignment);
    }
    return all;
}

const drr::MarkerPhantom& Study::phantom_of(const std::string& file) const {
    const auto found = phantoms_.find(file);
    if (found != phantoms_.end()) return found->second;
    return phantoms_.emplace(file, drr::read_phantom(folder_ / file)).first->second;
}

ExperimentSpec Study::experiment(std::size_t condition) const {
    const std::lock_guard lock(mutex_);
    return read_experiment_keys(experiment_->with(assignments_of(condition)),
                                [&](const std::string& file) { return phantom_of(file); });
}

}  // namespace stereo
