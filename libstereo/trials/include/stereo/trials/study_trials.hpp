#pragma once

#include <stereo/trials/trial_store.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace stereo {

/// The trials of a study in all stores of a folder.
class StudyTrials {
  public:
    /// Throws drr::Error(io) for a folder without stores, Error(invalid_file) for one whose stores
    /// are of different studies or another version.
    explicit StudyTrials(const std::filesystem::path& folder);

    /// With the most repetitions that were asked for.
    [[nodiscard]] const StudyOutline& outline() const { return outline_; }

    /// The trials of a condition, by repetition, then procedure, each once.
    [[nodiscard]] std::vector<Trial> of_condition(std::size_t condition) const;

    /// Sums over the stores.
    [[nodiscard]] TrialStore::Counts counts() const;

  private:
    std::vector<TrialStore> stores_;
    StudyOutline outline_;
};

/// One tidy table of all trials, by condition, repetition and procedure: the same bytes whatever
/// processes made the trials. Columns: condition, repetition, seed, the factors, procedure, ok,
/// reason, and the figures, with their units. Written whole or not at all. Throws drr::Error(io).
void export_csv(const StudyTrials& trials, const std::filesystem::path& file);

}  // namespace stereo
