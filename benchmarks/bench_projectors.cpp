// Projectors of CT volumes on three workloads. Times on a shared machine mean little; what counts
// are the ratios of one run in which the projectors take turns:
//   bench_projectors --benchmark_enable_random_interleaving --benchmark_repetitions=5
#include <drr/core/parallel.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/projector/itk_ray_cast.hpp>
#include <drr/projector/joseph.hpp>
#include <drr/projector/siddon.hpp>
#include <drr/projector/trilinear.hpp>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

namespace {

using drr::CtVolume;
using drr::XrayView;
using Eigen::Vector3d;

struct Workload {
    const char* name;
    std::array<int, 3> sizes;
    Vector3d spacing_mm;
    int pixels;
    double pitch_mm;
};

/// The case of DiffDRR's paper, a clinical one, and one as registration repeats it.
const std::array<Workload, 3> workloads{{{"W1", {512, 512, 133}, {0.703, 0.703, 2.5}, 200, 2.0},
                                         {"W2", {512, 512, 400}, {0.7, 0.7, 0.8}, 1024, 0.4},
                                         {"W3", {256, 256, 256}, {1.0, 1.0, 1.0}, 256, 1.6}}};

/// A trunk with lungs, heart, spine and ribs in vacuum: half of the volume is empty.
CtVolume chest(const Workload& work) {
    struct Organ {
        Vector3d centre, half_axes;  ///< in half sizes of the volume
        float hu;
    };
    const std::array<Organ, 5> organs{{{{0, 0, 0}, {0.92, 0.68, 2.0}, 0.0F},
                                       {{-0.42, -0.05, 0}, {0.32, 0.46, 0.8}, -820.0F},
                                       {{0.42, -0.05, 0}, {0.32, 0.46, 0.8}, -820.0F},
                                       {{0.1, -0.2, -0.1}, {0.25, 0.25, 0.5}, 50.0F},
                                       {{0, 0.45, 0}, {0.1, 0.12, 2.0}, 600.0F}}};
    CtVolume ct{{work.sizes, work.spacing_mm}, {}};
    ct.origin_mm = -ct.centre_in_world_mm();
    ct.hu.assign(ct.voxel_count(), -1000.0F);
    const Vector3d half = -ct.origin_mm;
    drr::parallel_for(static_cast<std::size_t>(work.sizes[2]), [&](std::size_t slice) {
        const int k = static_cast<int>(slice);
        for (int j = 0; j < work.sizes[1]; ++j)
            for (int i = 0; i < work.sizes[0]; ++i) {
                const Vector3d at = ct.world_from_index(Vector3d(i, j, k)).cwiseQuotient(half);
                for (const Organ& organ : organs)
                    if ((at - organ.centre).cwiseQuotient(organ.half_axes).squaredNorm() < 1.0)
                        ct.at(i, j, k) = organ.hu;
                // Ribs: rings on the wall of the chest.
                const double wall = at.cwiseQuotient(Vector3d(0.82, 0.58, 1e9)).norm();
                if (std::abs(wall - 1.0) < 0.03 && std::fmod(at.z() + 2.0, 0.25) < 0.1)
                    ct.at(i, j, k) = 400.0F;
            }
    });
    return ct;
}

struct Pose {
    const char* name;
    double orbit_deg, cranial_deg, roll_deg;
};

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

XrayView view_of(const Workload& work, const Pose& pose) {
    constexpr double rad = std::numbers::pi / 180.0;
    drr::StereoRigSpec rig;
    rig.sdd_mm = 1020.0;
    rig.source_isocentre_mm = 700.0;
    rig.width_px = rig.height_px = work.pixels;
    rig.pixel_pitch_mm = work.pitch_mm;
    rig.orbit_rad = pose.orbit_deg * rad;
    XrayView view = make_stereo_rig(rig)[0];
    const Vector3d side(std::cos(rig.orbit_rad), std::sin(rig.orbit_rad), 0.0);
    const drr::Rigid3 tilt(drr::rotation_from_vector(pose.cranial_deg * rad * side),
                           Vector3d::Zero());
    const drr::Rigid3 roll(drr::rotation_from_vector(pose.roll_deg * rad * Vector3d::UnitZ()),
                           Vector3d::Zero());
    view.view_from_world = roll * view.view_from_world * tilt.inverse();
    return view;
}

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

/// Adds the table of ratios to what the console shows.
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
    }

  private:
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
