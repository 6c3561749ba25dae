#pragma once

#include <stereo/trials/trial.hpp>

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct sqlite3;

namespace stereo {

/// Trials in one SQLite file (write-ahead log, fully synchronous): what add() has taken survives
/// the end of the process and of the machine. Table `trials` has a row a trial, keyed by condition,
/// repetition and procedure; table `study` says what the trials are of.
class TrialStore {
  public:
    enum class Mode { read, write };

    /// Opens the store of a study; in mode write it is made where it is missing. Throws
    /// drr::Error(io) where the file or its folder cannot be read or written, and
    /// Error(invalid_file) for a file that is no store, is one of another version of StereoDRR, or
    /// holds the trials of another study; the message says what differs.
    TrialStore(const std::filesystem::path& file, const StudyOutline& study, Mode mode);
    /// Opens the store of whatever study, to read.
    explicit TrialStore(const std::filesystem::path& file);
    ~TrialStore();
    TrialStore(TrialStore&& other) noexcept;
    TrialStore(const TrialStore&) = delete;
    TrialStore& operator=(const TrialStore&) = delete;

    /// Whether a file has no tables yet: another process is about to make them.
    [[nodiscard]] static bool is_unmade(const std::filesystem::path& file);

    /// Of the study that last wrote here.
    [[nodiscard]] StudyOutline outline() const;

    /// Takes trials in one transaction; those that it has are replaced. Throws drr::Error(io), e.g.
    /// for a full disk; earlier trials stay.
    void add(std::span<const Trial> trials);

    /// The trials of a condition, by repetition, then procedure.
    [[nodiscard]] std::vector<Trial> of_condition(std::size_t condition) const;

    struct Counts {
        std::size_t trials = 0;
        std::size_t failed = 0;
        double seconds = 0.0;  ///< sum over trials
    };
    [[nodiscard]] Counts counts() const;

    /// Which repetitions of which condition have a trial of each of `procedures`.
    struct Done {
        std::size_t condition = 0;
        int repetition = 0;
    };
    [[nodiscard]] std::vector<Done> done(std::size_t procedures) const;

  private:
    TrialStore() = default;
    void open(int flags);
    [[nodiscard]] bool is_empty() const;
    void check_version() const;
    void check(const StudyOutline& study) const;
    void create(const StudyOutline& study);
    void keep_outline(const StudyOutline& study);
    void run(const std::string& sql, const char* doing) const;
    [[noreturn]] void fail(const std::string& doing) const;

    std::filesystem::path file_;
    sqlite3* database_ = nullptr;
};

}  // namespace stereo
