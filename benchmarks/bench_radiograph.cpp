// One radiograph of 1024 x 1024 pixels on one core, effects added one at a time, and of the small
// LEGO cube from its solids on, as studies on images take it:
//   bench_radiograph --benchmark_repetitions=5 --benchmark_report_aggregates_only
#include <drr/core/degree.hpp>
#include <drr/core/parallel.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/imaging/primary.hpp>
#include <drr/imaging/radiograph.hpp>
#include <drr/phantom/phantom_yaml.hpp>

#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <vector>

namespace {

constexpr int size_px = 1024;

drr::XrayView view() {
    drr::XrayView view;
    view.sdd_mm = 1200.0;
    view.pixel_pitch_mm = {0.25, 0.25};
    view.width_px = size_px;
    view.height_px = size_px;
    view.principal_point_px = view.middle_px();
    return view;
}

/// A cube of ABS that fills the middle half of the image.
const drr::SignalImages& primary(const drr::RadiographBeam& beam) {
    static const drr::SignalImages signal = [&] {
        drr::Image<float> abs_mm(size_px, size_px, 0.0F);
        for (int v = size_px / 4; v < 3 * size_px / 4; ++v)
            for (int u = size_px / 4; u < 3 * size_px / 4; ++u)
                abs_mm(u, v) = 80.0F + 0.05F * static_cast<float>((u + v) % 64);
        return drr::make_beam(beam, {drr::find_material("abs")}).moments({abs_mm});
    }();
    return signal;
}

void run(benchmark::State& state, const drr::RadiographOptions& options) {
    const drr::ThreadLimit limit(1);
    const drr::RadiographChain chain(options, view());
    const drr::SignalImages& signal = primary(options.beam);
    drr::LagState lag;
    std::uint32_t frame = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(chain.radiograph(signal, {.seed = 1, .trial = frame++}, &lag));
}

void setup(benchmark::State& state, const drr::RadiographOptions& options) {
    const drr::ThreadLimit limit(1);
    for (auto _ : state)
        benchmark::DoNotOptimize(drr::RadiographChain(options, view()).photons_per_pixel());
}

/// Photons of one energy, quanta and a spread of 0.6 px in 2 x 2 parts of pixels; poses differ.
void cube(benchmark::State& state, bool bricks) {
    const drr::ThreadLimit limit(1);
    auto phantom = drr::read_phantom(STEREODRR_PHANTOMS "/small_lego_cube.yaml");
    if (!bricks) phantom.bricks.clear();
    drr::StereoRigSpec rig;
    rig.stereo_angle_rad = 30.0 * drr::degree;
    drr::RadiographOptions options;
    options.point_spread = drr::PointSpread{drr::GaussianSpread{0.6}};
    const drr::RadiographChain chain(options, make_stereo_rig(rig)[0]);
    const auto solids = solid_parts(phantom);
    const auto beam = drr::make_beam(options.beam, drr::known_materials());
    const auto sampling =
        finer(drr::AnalyticOptions{.single_precision = true}, options.subpixels());
    std::uint32_t frame = 0;
    for (auto _ : state) {
        drr::XrayView view = chain.signal_view();
        view.view_from_world =
            view.view_from_world *
            drr::Rigid3{drr::rotation_from_vector({0.3, 0.5 + 0.01 * frame, 0.2}), {0.0, 0.0, 0.0}};
        const auto rows = drr::primary_rows(solids, view, beam, {}, sampling);
        benchmark::DoNotOptimize(chain.radiograph(rows, {.seed = 1, .trial = frame++}));
    }
}

}  // namespace

int main(int argc, char** argv) {
    drr::TubeBeam beam;
    beam.tube.filters = {{drr::find_material("aluminium"), 2.5}};
    drr::RadiographOptions options{.beam = beam, .quantum_noise = false};
    const auto add = [&](const std::string& name) {
        benchmark::RegisterBenchmark(name.c_str(), [options](auto& state) {
            run(state, options);
        })->Unit(benchmark::kMillisecond);
    };
    add("none");
    options.quantum_noise = true;
    add("+quantum_noise");
    options.point_spread = drr::PointSpread{drr::GaussianSpread{0.6}, 1};
    add("+gaussian");
    options.point_spread = drr::PointSpread{drr::ExponentialSpread{0.6}, 1};
    add("+exponential");
    options.point_spread =
        drr::PointSpread{drr::MtfTable{{0.0, 0.5, 1.0, 2.0}, {1.0, 0.8, 0.5, 0.2}}};
    add("+mtf");
    options.electronic_noise_photons = 3.0;
    add("+electronic_noise");
    options.flaws = drr::DetectorFlaws{.gain_sd = 0.01, .dead_fraction = 1e-4};
    add("+flaws");
    options.lag = drr::Lag{0.03, 0.5};
    add("+lag");
    options.heel = drr::HeelEffect{};
    add("+heel");
    options.scatter = drr::Scatter{.sigma_mm = 30.0, .grid = drr::AntiScatterGrid{}};
    add("+scatter");
    options.distortion = drr::IntensifierDistortion{{511.5, 511.5}, 512.0, 0.05, 0.05};
    add("+distortion=all");
    benchmark::RegisterBenchmark("setup_of_all", [options](auto& state) {
        setup(state, options);
    })->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("beads", [](auto& state) {
        cube(state, false);
    })->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("beads_and_bricks", [](auto& state) {
        cube(state, true);
    })->Unit(benchmark::kMillisecond);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
