// Bead detection: cmake --preset bench && cmake --build --preset bench -- bench_detect &&
// build/bench/benchmarks/bench_detect

#include <drr/core/parallel.hpp>
#include <drr/core/rng.hpp>
#include <stereo/detect/bead_detector.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>

namespace {

constexpr int beads_a_side = 8;
constexpr double photons = 5000.0;

/// 64 steel balls over bands as of bricks, seen by a 16-bit detector whose pixels are point samples
/// of a sharp image averaged over 3 x 3 places.
drr::Image<float> radiograph(int side, double radius) {
    drr::Image<float> image(side, side);
    const double pitch = static_cast<double>(side) / beads_a_side;
    drr::parallel_for(static_cast<std::size_t>(side), [&](std::size_t r) {
        const int row = static_cast<int>(r);
        drr::Rng rng({.seed = 2, .purpose = drr::RngPurpose::test, .element = r});
        for (int column = 0; column < side; ++column) {
            double sum = 0.0;
            for (int j = 0; j < 3; ++j)
                for (int i = 0; i < 3; ++i) {
                    const double x = column + (i - 1) / 3.0;
                    const double y = row + (j - 1) / 3.0;
                    const double bead_x = (std::floor(x / pitch) + 0.5) * pitch;
                    const double bead_y = (std::floor(y / pitch) + 0.5) * pitch;
                    const double d2 =
                        (std::pow(x - bead_x, 2) + std::pow(y - bead_y, 2)) / (radius * radius);
                    const double chord = d2 < 1.0 ? std::sqrt(1.0 - d2) : 0.0;
                    const bool wall = std::fmod(y, 42.0) < 6.0 || std::fmod(x, 42.0) < 6.0;
                    sum += std::exp(-3.0 * chord - (wall ? 0.1 : 0.0));
                }
            const double mean = photons * sum / 9.0;
            image(column, row) =
                static_cast<float>(std::round(mean + std::sqrt(mean) * rng.normal()));
        }
    });
    return image;
}

void detect(benchmark::State& state) {
    const drr::Image<float> image =
        radiograph(static_cast<int>(state.range(0)), 0.5 * static_cast<double>(state.range(1)));
    const drr::ThreadLimit limit(static_cast<int>(state.range(2)));
    const stereo::BeadDetectorOptions options{
        .diameter_px = state.range(3) != 0 ? static_cast<double>(state.range(1)) : 0.0};
    std::size_t beads = 0;
    for (auto _ : state)
        beads = stereo::detect_beads(image, options).beads.size();
    state.counters["beads"] = static_cast<double>(beads);
}

}  // namespace

BENCHMARK(detect)
    ->ArgNames({"side_px", "diameter_px", "threads", "size_known"})
    ->Args({1760, 17, 1, 1})
    ->Args({1760, 17, 2, 1})
    ->Args({1760, 17, 2, 0})
    ->Args({4096, 40, 2, 1})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

BENCHMARK_MAIN();
