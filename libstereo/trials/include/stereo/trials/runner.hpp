#pragma once

#include <stereo/trials/study.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace stereo {

/// Which part of a study's trials a process does first: those whose number, counted over conditions
/// and repetitions, is `index` modulo `count`.
struct StudyShare {
    std::size_t index = 0;
    std::size_t count = 1;

    /// Throws drr::Error(usage).
    void validate() const;
};

/// How far a run is.
struct StudyProgress {
    std::size_t done = 0;    ///< repetitions of conditions, of this process, now
    std::size_t total = 0;   ///< that it had to do
    std::size_t failed = 0;  ///< trials, i.e. repetitions times procedures
    /// Root mean square error of a held-out bead over the trials of this run, mm, as calibrated.
    double rms_mm = 0.0;
};

struct StudyRun {
    std::size_t trials = 0;  ///< that this process did
    std::size_t failed = 0;
    std::size_t missing = 0;  ///< of the study's, in no store: of processes that still run
    std::string summary;
};

/// Runs what is missing of a study, on all threads, into stores in `folder`:
/// `trials.<index>-of-<count>.sqlite` for each share. A share belongs to one process at a time
/// (lock on a file beside it). When its own share is done, a process goes on with those that no
/// living process holds: what died, or was never started, is done by the rest. Trials are stored
/// within a tenth of a second of their end; what is in some store of the folder is not done again,
/// whatever the number of shares then was. `progress` is called from one thread at a time. Throws
/// drr::Error(io) where the stores cannot be written or the only share is another process's,
/// Error(invalid_file) for stores of other studies or versions.
[[nodiscard]] StudyRun run_study(const Study& study, const std::filesystem::path& folder,
                                 const StudyShare& share = {},
                                 const std::function<void(const StudyProgress&)>& progress = {});

/// The stores in a folder, by name.
[[nodiscard]] std::vector<std::filesystem::path> store_files(const std::filesystem::path& folder);

}  // namespace stereo
