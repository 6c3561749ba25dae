#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/trials/runner.hpp>
#include <stereo/trials/study_trials.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <tuple>

namespace stereo {
namespace {

// A cell of CSV (RFC 4180).
std::string cell(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

std::string header(const StudyOutline& outline) {
    std::string text = "condition,repetition,seed";
    for (const std::string& factor : outline.factors)
        text += "," + cell(factor);
    text += ",procedure,ok,reason";
    for (const std::string& name : figure_names())
        text += "," + name;
    return text + "\n";
}

std::string row(const StudyOutline& outline, const Trial& trial) {
    std::string text = fmt::format("{},{},{}", trial.condition, trial.repetition,
                                   outline.seed_of(trial.repetition));
    for (const FactorValue& value : outline.conditions[trial.condition])
        text += "," + cell(value.text);
    text += fmt::format(",{},{},{}", cell(outline.procedures[trial.procedure]),
                        trial.ok ? "true" : "false", cell(trial.reason));
    for (const double value : trial.figures)
        text += std::isnan(value) ? std::string(",") : fmt::format(",{}", value);
    return text + "\n";
}

}  // namespace

StudyTrials::StudyTrials(const std::filesystem::path& folder) {
    for (const auto& file : store_files(folder)) {
        if (TrialStore::is_unmade(file)) continue;
        stores_.emplace_back(file);
        const StudyOutline outline = stores_.back().outline();
        if (stores_.size() > 1 && outline.fingerprint != outline_.fingerprint)
            throw drr::Error(drr::ErrorCode::invalid_file,
                             "its trials are of another study than those beside it", file.string());
        if (stores_.size() == 1 || outline.repetitions > outline_.repetitions) outline_ = outline;
    }
    if (stores_.empty())
        throw drr::Error(drr::ErrorCode::io, "holds no trials of a study", folder.string());
}

std::vector<Trial> StudyTrials::of_condition(std::size_t condition) const {
    std::vector<Trial> all;
    for (const TrialStore& store : stores_) {
        std::vector<Trial> some = store.of_condition(condition);
        std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    const auto key = [](const Trial& t) { return std::tuple(t.repetition, t.procedure); };
    std::stable_sort(all.begin(), all.end(),
                     [&](const Trial& a, const Trial& b) { return key(a) < key(b); });
    const auto end = std::unique(all.begin(), all.end(),
                                 [&](const Trial& a, const Trial& b) { return key(a) == key(b); });
    all.erase(end, all.end());
    return all;
}

TrialStore::Counts StudyTrials::counts() const {
    TrialStore::Counts sum;
    for (const TrialStore& store : stores_) {
        const TrialStore::Counts one = store.counts();
        sum.trials += one.trials;
        sum.failed += one.failed;
        sum.seconds += one.seconds;
    }
    return sum;
}

void export_csv(const StudyTrials& trials, const std::filesystem::path& file) {
    const StudyOutline& outline = trials.outline();
    drr::write_file_with(file, [&](const std::filesystem::path& temporary) {
        std::ofstream stream(temporary, std::ios::binary | std::ios::trunc);
        stream << header(outline);
        for (std::size_t c = 0; c < outline.conditions.size() && stream; ++c)
            for (const Trial& trial : trials.of_condition(c))
                stream << row(outline, trial);
        stream.close();
        if (!stream)
            throw drr::Error(drr::ErrorCode::io,
                             std::string("cannot be written: ") + std::strerror(errno),
                             file.string());
    });
}

}  // namespace stereo
