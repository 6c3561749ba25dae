#pragma once

#include <stereo/study/observed.hpp>
#include <stereo/trials/center_noise.hpp>
#include <stereo/trials/study.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stereo {

/// What came out of one procedure in one repetition of one condition: one row of the store.
struct Trial {
    std::size_t condition = 0;
    int repetition = 0;
    std::size_t procedure = 0;
    bool ok = false;
    std::string reason;           ///< why there are no figures; empty when ok
    double seconds = 0.0;         ///< of the procedure and its scores; no two runs agree on it
    std::vector<double> figures;  ///< as figure_names(); NaN where one does not exist
};

/// The names of a trial's figures, with their units (docs/studies.md explains them).
[[nodiscard]] const std::vector<std::string>& figure_names();

/// The place of a figure among them. Throws drr::Error(internal) for a name that none bears.
[[nodiscard]] std::size_t figure_index(const std::string& name);

/// A condition, ready for its trials: what all of them share.
struct PreparedCondition {
    std::size_t condition = 0;
    ExperimentSpec experiment;
    std::optional<CenterNoise> noise;  ///< at the level of points
    std::string failure;               ///< why it can have no trials that are ok; empty else
};
[[nodiscard]] PreparedCondition prepare(const Study& study, std::size_t condition);

/// Runs one repetition: the observations once, each procedure on them, and the scores. What fails
/// is a trial that is not ok and says why. Same arguments, same figures, whatever the thread.
/// `scratch` is an existing folder for case folders of commands.
[[nodiscard]] std::vector<Trial> run_trials(const Study& study, const PreparedCondition& condition,
                                            int repetition, const std::filesystem::path& scratch);

/// Scores one calibration as a row's figures.
[[nodiscard]] std::vector<double> figures_of(const ExperimentSpec& experiment,
                                             const ObservedExperiment& observed,
                                             const Calibration& calibration, double claimed_noise);

}  // namespace stereo
