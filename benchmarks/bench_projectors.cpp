// Projectors of CT volumes on three workloads. Times on a shared machine mean little; what counts
// are the ratios of one run in which the projectors take turns:
//   bench_projectors --benchmark_enable_random_interleaving --benchmark_repetitions=5
#include "workloads.hpp"

#include <drr/core/parallel.hpp>
#include <drr/projector/itk_ray_cast.hpp>
#include <drr/projector/joseph.hpp>
#include <drr/projector/siddon.hpp>
#include <drr/projector/trilinear.hpp>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace bench;

const std::array<Pose, 12> poses{{{"0", 0, 0, 0},
                                  {"30", 30, 0, 0},
                                  {"45", 45, 0, 0},
                                  {"90", 90, 0, 0},
                                  {"30_cranial30", 30, 30, 0},
                                  {"cranial60", 0, 60, 0},
                                  {"axial", 0, 90, 0},
                                  {"axial30", 30, 90, 0},
                                  {"30_roll10", 30, 0, 10},
                                  {"30_roll22", 30, 0, 22},
                                  {"30_roll45", 30, 0, 45},
                                  {"30_cranial30_roll45", 30, 30, 45}}};

const std::array<const char*, 4> projector_names{"joseph", "siddon", "trilinear", "itk"};

/// Made when first asked for, for the workload's volume, and kept: repetitions take turns.
const drr::Projector& projector(std::size_t work, std::size_t which) {
    static std::map<std::pair<std::size_t, std::size_t>, std::unique_ptr<drr::Projector>> made;
    auto& entry = made[{work, which}];
    if (!entry) {
        const CtVolume ct = chest(workloads[work]);
        if (which == 0)
            entry = std::make_unique<drr::JosephProjector>(mu_volume(ct));
        else if (which == 1)
            entry = std::make_unique<drr::SiddonProjector>(mu_volume(ct));
        else if (which == 2)
            entry = std::make_unique<drr::TrilinearProjector>(mu_volume(ct));
        else
            entry = std::make_unique<drr::ItkRayCastProjector>(ct);
    }
    return *entry;
}

void run(benchmark::State& state, std::size_t work, const Pose& pose, std::size_t which,
         int threads) {
    const Workload& load = workloads[work];
    const XrayView view = view_of(load, pose);
    const drr::Projector& project = projector(work, which);
    const drr::ThreadLimit limit(threads);
    // The copy of the volume that the first view of a kind needs is not part of a projection.
    if (which < 2) benchmark::DoNotOptimize(project.line_integrals(view));
    for (auto _ : state)
        benchmark::DoNotOptimize(project.line_integrals(view));
    // A sample is a voxel plane crossed by a ray, whether or not it had to be visited.
    const double samples =
        double(load.pixels) * load.pixels * std::max(load.sizes[0], load.sizes[1]);
    state.counters["samples/s"] =
        benchmark::Counter(samples, benchmark::Counter::kIsIterationInvariantRate);
}

/// Adds tables of ratios and of scaling to what the console shows.
class Ratios : public benchmark::ConsoleReporter {
  public:
    void ReportRuns(const std::vector<Run>& runs) override {
        ConsoleReporter::ReportRuns(runs);
        for (const Run& r : runs) {
            if (r.run_type != Run::RT_Iteration || r.error_occurred) continue;
            const std::string name = r.run_name.function_name;  // projector/work/pose/threads
            const auto slash = name.find('/');
            double& best = best_ms_[name.substr(slash + 1)][name.substr(0, slash)];
            const double ms = r.GetAdjustedRealTime();
            best = best > 0.0 ? std::min(best, ms) : ms;
        }
    }
    void Finalize() override {
        ConsoleReporter::Finalize();
        fmt::print("\nfastest of each in ms, and how many times that of joseph\n{:<26}", "case");
        for (const char* name : projector_names)
            fmt::print("{:>10} {:>7}", name, "ratio");
        fmt::print("\n");
        for (auto& [work, times] : best_ms_) {
            if (!times.contains("joseph")) continue;
            fmt::print("{:<26}", work);
            for (const char* name : projector_names)
                if (times.contains(name))
                    fmt::print("{:>10.1f} {:>7.1f}", times[name], times[name] / times["joseph"]);
                else
                    fmt::print("{:>18}", "");
            fmt::print("\n");
        }
        print_scaling();
    }

  private:
    /// How much of a second core is used: the time on one thread over twice that on two.
    void print_scaling() const {
        fmt::print("\nefficiency of two threads in %\n{:<26}", "case");
        for (const char* name : projector_names)
            fmt::print("{:>10}", name);
        fmt::print("\n");
        for (const auto& [work, alone] : best_ms_) {
            const auto end = work.find("/threads:1");
            if (end == std::string::npos) continue;
            const auto together = best_ms_.find(work.substr(0, end) + "/threads:2");
            if (together == best_ms_.end()) continue;
            fmt::print("{:<26}", work.substr(0, end));
            for (const char* name : projector_names)
                if (alone.contains(name) && together->second.contains(name))
                    fmt::print("{:>10.0f}", 50.0 * alone.at(name) / together->second.at(name));
                else
                    fmt::print("{:>10}", "");
            fmt::print("\n");
        }
    }

    std::map<std::string, std::map<std::string, double>> best_ms_;
};

}  // namespace

int main(int argc, char** argv) {
    for (std::size_t work = 0; work < workloads.size(); ++work)
        for (const Pose& pose : poses)
            for (const int threads : {1, 2})
                for (std::size_t which = 0; which < projector_names.size(); ++which)
                    benchmark::RegisterBenchmark(
                        fmt::format("{}/{}/{}/threads:{}", projector_names[which],
                                    workloads[work].name, pose.name, threads)
                            .c_str(),
                        [=, &pose](benchmark::State& state) {
                            run(state, work, pose, which, threads);
                        })
                        ->Unit(benchmark::kMillisecond)
                        ->UseRealTime();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    Ratios reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    benchmark::Shutdown();
}
