#pragma once

#include <drr/core/yaml_reader.hpp>
#include <stereo/calib/calibration.hpp>
#include <stereo/study/experiment.hpp>
#include <stereo/trials/conditions.hpp>
#include <stereo/trials/study_outline.hpp>

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace stereo {

/// A distance between two beads that a laboratory measures on the phantom as built, each time with
/// a new error.
struct CalliperMeasurement {
    int bead_a = 0;  ///< index into the phantom's beads
    int bead_b = 0;
    double sd_mm = 0.0;
};

/// A calibration procedure in a study: one of the library's, or a program.
struct StudyProcedure {
    std::string label;  ///< unique in the study
    Procedure procedure = Procedure::bundle;
    CalibrationOptions options;
    std::optional<CalliperMeasurement> calliper;
    /// A command line for /bin/sh with {case} and {out}; empty for the library's procedures.
    std::string command;
    double time_limit_s = 60.0;  ///< of the command
};

/// Many experiments: one, changed key by key into conditions, each repeated with many seeds and
/// given to every procedure (docs/studies.md). Conditions count from 0 in an order that only
/// depends on the file.
class Study {
  public:
    /// Reads a study file, schema stereodrr/study/v1, the experiment and the phantoms that it
    /// names, and all conditions. Throws drr::Error(invalid_file) with file and line, Error(io).
    explicit Study(const std::filesystem::path& path);

    [[nodiscard]] const StudyOutline& outline() const { return outline_; }
    [[nodiscard]] const std::vector<StudyProcedure>& procedures() const { return procedures_; }

    /// The experiment of a condition, with its phantom; its seed is that of the file. From any
    /// thread.
    [[nodiscard]] ExperimentSpec experiment(std::size_t condition) const;

  private:
    void read_experiment_of(const drr::YamlMap& map);
    void check_conditions(const drr::YamlMap& map);
    [[nodiscard]] std::vector<drr::YamlAssignment> assignments_of(std::size_t condition) const;
    [[nodiscard]] const drr::MarkerPhantom& phantom_of(const std::string& file) const;

    StudyOutline outline_;
    std::vector<StudyProcedure> procedures_;
    Conditions conditions_;
    std::filesystem::path folder_;                                ///< of the experiment
    std::optional<drr::YamlMap> experiment_;                      ///< always there once constructed
    mutable std::map<std::string, drr::MarkerPhantom> phantoms_;  ///< by file
    mutable std::mutex mutex_;  ///< of the two above: readers of YAML keep notes
};

}  // namespace stereo
