#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stereo {

/// Where the observations of a trial come from.
enum class TrialLevel {
    points,  ///< true projections plus noise (observe_points)
    images   ///< radiographs: rendered, beads detected and named (observe_images)
};

/// "points", "images".
[[nodiscard]] const char* name_of(TrialLevel level);

/// The value of a factor in a condition.
struct FactorValue {
    std::string text;              ///< as YAML on one line
    std::optional<double> number;  ///< where it is one
    friend bool operator==(const FactorValue&, const FactorValue&) = default;
};

/// What has to be known of a study to read its trials: it stands in each store beside them.
struct StudyOutline {
    std::string name;
    std::string description;
    TrialLevel level = TrialLevel::points;
    std::uint64_t seed = 0;
    int repetitions = 0;
    std::vector<std::string> procedures;  ///< labels
    /// Keys of the experiment that vary, or "case" for named sets of them.
    std::vector<std::string> factors;
    std::vector<std::vector<FactorValue>> conditions;  ///< one value a factor
    /// All that results depend on but the number of repetitions, one thing a line: two studies of
    /// equal text have the same trials.
    std::string fingerprint;

    /// The experiment's seed in a repetition: the same in all conditions, so that these do not
    /// differ by luck. Positive as a signed number.
    [[nodiscard]] std::uint64_t seed_of(int repetition) const;
    /// `factor = value, factor = value`; empty for a study without factors.
    [[nodiscard]] std::string condition_text(std::size_t condition) const;
    [[nodiscard]] std::size_t trial_count() const {
        return conditions.size() * static_cast<std::size_t>(repetitions) * procedures.size();
    }
    friend bool operator==(const StudyOutline&, const StudyOutline&) = default;
};

/// The outline as JSON, which parse_outline reads back.
[[nodiscard]] std::string outline_json(const StudyOutline& outline);

/// Throws drr::Error(invalid_file) that names `file` for text that outline_json did not write.
[[nodiscard]] StudyOutline parse_outline(const std::string& text, const std::string& file);

}  // namespace stereo
