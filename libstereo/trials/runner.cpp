#include "external_procedure.hpp"
#include "share_lock.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/parallel.hpp>
#include <stereo/trials/runner.hpp>
#include <stereo/trials/study_scenes.hpp>
#include <stereo/trials/trial_store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <list>
#include <memory>
#include <mutex>

namespace stereo {
namespace {

using Clock = std::chrono::steady_clock;

// Each commit waits for the disk. A trial counts as in flight until then.
constexpr std::chrono::milliseconds commit_interval{100};

/// A repetition of a condition: what is run at once.
using Task = TrialStore::Done;

std::filesystem::path store_file(const std::filesystem::path& folder, const StudyShare& share) {
    return folder / fmt::format("trials.{}-of-{}.sqlite", share.index + 1, share.count);
}

/// The latest conditions, made ready once for all of their trials.
class ConditionCache {
  public:
    explicit ConditionCache(const Study& study) : study_(study) {}

    std::shared_ptr<const PreparedCondition> get(std::size_t condition) {
        const std::lock_guard lock(mutex_);
        for (const auto& entry : entries_)
            if (entry->condition == condition) return entry;
        // More than threads: each works on one condition or at the border of two.
        constexpr std::size_t most = 256;
        if (entries_.size() >= most) entries_.pop_back();
        entries_.push_front(std::make_shared<const PreparedCondition>(prepare(study_, condition)));
        return entries_.front();
    }

  private:
    const Study& study_;
    std::list<std::shared_ptr<const PreparedCondition>> entries_;
    std::mutex mutex_;
};

/// Takes trials from all threads into the store and tells how far the run is.
class Collector {
  public:
    Collector(TrialStore& store, StudyProgress& progress, StudyRun& run,
              const std::function<void(const StudyProgress&)>& sink)
        : store_(store), progress_(progress), run_(run), sink_(sink) {}

    void take(std::vector<Trial> trials) {
        static const std::size_t rms = figure_index("absolute_rms_mm");
        const std::lock_guard lock(mutex_);
        for (Trial& trial : trials) {
            ++run_.trials;
            if (trial.ok) {
                squares_ += trial.figures[rms] * trial.figures[rms];
                ++scored_;
            } else {
                ++run_.failed;
            }
            waiting_.push_back(std::move(trial));
        }
        if (Clock::now() - committed_ >= commit_interval) commit();
        ++progress_.done;
        progress_.failed = run_.failed;
        progress_.rms_mm = scored_ > 0 ? std::sqrt(squares_ / static_cast<double>(scored_)) : 0.0;
        if (sink_) sink_(progress_);
    }

    void commit() {
        store_.add(waiting_);
        waiting_.clear();
        committed_ = Clock::now();
    }

  private:
    TrialStore& store_;
    StudyProgress& progress_;
    StudyRun& run_;
    const std::function<void(const StudyProgress&)>& sink_;
    std::vector<Trial> waiting_;
    Clock::time_point committed_ = Clock::now();
    double squares_ = 0.0;
    std::size_t scored_ = 0;
    std::mutex mutex_;
};

// Whether some store of the folder has all trials of a task: [condition * repetitions +
// repetition].
std::vector<bool> done_tasks(const Study& study, const std::filesystem::path& folder) {
    const auto repetitions = static_cast<std::size_t>(study.outline().repetitions);
    std::vector<bool> done(study.outline().conditions.size() * repetitions, false);
    for (const auto& file : store_files(folder)) {
        if (TrialStore::is_unmade(file)) continue;
        for (const Task& task : TrialStore(file, study.outline(), TrialStore::Mode::read)
                                    .done(study.procedures().size()))
            if (task.repetition < study.outline().repetitions &&
                task.condition < study.outline().conditions.size())
                done[task.condition * repetitions + static_cast<std::size_t>(task.repetition)] =
                    true;
    }
    return done;
}

std::vector<Task> missing_tasks(const Study& study, const std::filesystem::path& folder,
                                const StudyShare& share) {
    const std::vector<bool> done = done_tasks(study, folder);
    const auto repetitions = static_cast<std::size_t>(study.outline().repetitions);
    std::vector<Task> tasks;
    for (std::size_t i = share.index; i < done.size(); i += share.count)
        if (!done[i]) tasks.push_back({i / repetitions, static_cast<int>(i % repetitions)});
    return tasks;
}

}  // namespace

void StudyShare::validate() const {
    drr::require(count >= 1 && index < count, "a share K/N has N from 1 and K from 1 to N");
}

std::vector<std::filesystem::path> store_files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (entry.path().extension() == ".sqlite" &&
            entry.path().filename().string().starts_with("trials."))
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

StudyRun run_study(const Study& study, const std::filesystem::path& folder, const StudyShare& share,
                   const std::function<void(const StudyProgress&)>& progress) {
    share.validate();
    drr::make_folder(folder);
    const ScratchFolder scratch(std::filesystem::temp_directory_path());
    StudyRun run;
    StudyProgress state;
    ConditionCache conditions(study);
    for (std::size_t k = 0; k < share.count; ++k) {
        const StudyShare mine{(share.index + k) % share.count, share.count};
        std::filesystem::path lock_file = store_file(folder, mine);
        const ShareLock lock(lock_file.replace_extension(".lock"));
        if (!lock.is_ours()) {
            if (share.count == 1)
                throw drr::Error(drr::ErrorCode::io, "another process runs this study here",
                                 folder.string());
            continue;
        }
        TrialStore store(store_file(folder, mine), study.outline(), TrialStore::Mode::write);
        // The folder is this study's, then. Other shares write the same bytes, each whole.
        if (k == 0) drr::write_file(folder / scenes_file, study_scenes_json(study));
        const std::vector<Task> tasks = missing_tasks(study, folder, mine);
        state.total += tasks.size();
        Collector collector(store, state, run, progress);
        drr::parallel_for(tasks.size(), [&](std::size_t i) {
            const auto condition = conditions.get(tasks[i].condition);
            collector.take(run_trials(study, *condition, tasks[i].repetition, scratch.path()));
        });
        collector.commit();
    }
    const std::vector<bool> done = done_tasks(study, folder);
    run.missing = static_cast<std::size_t>(std::count(done.begin(), done.end(), false)) *
                  study.procedures().size();
    run.summary =
        fmt::format("{} trials done, {} failed, {} missing", run.trials, run.failed, run.missing);
    return run;
}

}  // namespace stereo
