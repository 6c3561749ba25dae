// Calibrations of 2 views x 12 poses x 64 beads on one core:
//   taskset -c 0 bench_calibration
#include "calibration_case.hpp"
#include "ceres_bundle.hpp"

#include <benchmark/benchmark.h>

namespace {

void calibration(benchmark::State& state, stereo::Procedure procedure, bool covariance) {
    auto c = test::calibration_case({.angle_deg = 30.0});
    drr::Rng rng({.seed = 1});
    c.add_noise(0.05, rng);
    stereo::CalibrationOptions options;
    options.covariance = covariance;
    int iterations = 0;
    for (auto _ : state) {
        const stereo::Calibration result = calibrate(procedure, c.observations, options);
        if (!result.ok) state.SkipWithError(result.summary.c_str());
        iterations = result.iterations;
    }
    state.counters["iterations"] = iterations;
    state.counters["calibrations"] =
        benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

BENCHMARK_CAPTURE(calibration, bundle, stereo::Procedure::bundle, false)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(calibration, bundle_with_covariance, stereo::Procedure::bundle, true)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(calibration, bundle_phantom, stereo::Procedure::bundle_phantom, false)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(calibration, bundle_phantom_with_covariance, stereo::Procedure::bundle_phantom,
                  true)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(calibration, resection_with_covariance, stereo::Procedure::resection, true)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(calibration, dlt, stereo::Procedure::dlt, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(calibration, opencv, stereo::Procedure::opencv, false)
    ->Unit(benchmark::kMillisecond);

// The same minimum by Ceres with automatic derivatives, from the same start.
void by_ceres(benchmark::State& state, bool covariance) {
    auto c = test::calibration_case({.angle_deg = 30.0});
    drr::Rng rng({.seed = 1});
    c.add_noise(0.05, rng);
    int iterations = 0;
    for (auto _ : state)
        iterations = test::ceres_bundle(c.observations, covariance).iterations;
    state.counters["iterations"] = iterations;
}
BENCHMARK_CAPTURE(by_ceres, bundle, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(by_ceres, bundle_with_covariance, true)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
