// Path lengths through the LEGO cubes (bricks and 64 beads) on 1024 x 1024 pixels, and what becomes
// of them. On one core:
//   taskset -c 0 bench_analytic
#include <drr/core/degree.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/imaging/primary.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <drr/physics/spectrum.hpp>
#include <drr/projector/path_lengths.hpp>

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace {

/// A cube at the isocentre, aslant to all axes.
struct Cube {
    explicit Cube(const std::string& name) {
        const auto phantom = drr::read_phantom(STEREODRR_PHANTOMS "/" + name + ".yaml");
        bricks = phantom.bricks.size();
        solids =
            moved(solid_parts(phantom), {drr::rotation_from_vector({0.3, 0.5, 0.2}), {0, 0, 0}});
        drr::StereoRigSpec rig;
        rig.stereo_angle_rad = 60.0 * drr::degree;
        view = make_stereo_rig(rig)[0];
    }
    std::vector<drr::SolidPart> solids;
    std::size_t bricks = 0;
    drr::XrayView view;
};

void lengths(benchmark::State& state, const char* name) {
    const Cube cube(name);
    for (auto _ : state)
        benchmark::DoNotOptimize(path_lengths(cube.solids, cube.view));
    state.counters["bricks"] = static_cast<double>(cube.bricks);
    state.counters["solids"] = static_cast<double>(cube.solids.size());
}

void one_energy(benchmark::State& state, const char* name) {
    const Cube cube(name);
    const auto lengths = path_lengths(cube.solids, cube.view);
    for (auto _ : state)
        benchmark::DoNotOptimize(line_integrals(lengths, 60.0));
    for (const auto& group : lengths.sampled)
        state.counters[std::to_string(group.samples_mm.front().width()) + " places"] =
            static_cast<double>(group.pixels.size());
}

void spectrum(benchmark::State& state, const char* name) {
    const Cube cube(name);
    const auto lengths = path_lengths(cube.solids, cube.view);
    drr::TubeOptions tube;
    tube.filters = {{drr::find_material("aluminium"), 2.5}};
    std::vector<drr::Material> materials;
    for (const auto& material : lengths.materials)
        materials.push_back(drr::find_material(material));
    const drr::PolychromaticBeam beam(drr::tube_spectrum(tube), {}, materials);
    for (auto _ : state)
        benchmark::DoNotOptimize(primary_signal(lengths, beam));
}

}  // namespace

BENCHMARK_CAPTURE(lengths, small, "small_lego_cube")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lengths, large, "large_lego_cube")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(one_energy, small, "small_lego_cube")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(spectrum, small, "small_lego_cube")->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
