// Path lengths through a cube of 300 bricks and 64 beads on 1024 x 1024 pixels, and what becomes of
// them. On one core:
//   taskset -c 0 bench_analytic
#include <drr/core/degree.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/imaging/primary.hpp>
#include <drr/physics/spectrum.hpp>
#include <drr/projector/path_lengths.hpp>

#include <benchmark/benchmark.h>

#include <numbers>
#include <string>
#include <vector>

namespace {

using drr::SolidPart;
using Eigen::Vector3d;

SolidPart part(const drr::Shape& shape, int sign = 1, const std::string& material = "abs") {
    return {"", shape, material, sign};
}

/// A 2 x 4 brick about the middle of its body as sixteen primitives: body, cavity, studs, tubes.
std::vector<SolidPart> brick(const Vector3d& at) {
    const auto placed = [&](const Vector3d& offset) {
        return drr::Rigid3(Eigen::Quaterniond::Identity(), at + offset);
    };
    std::vector<SolidPart> parts = {
        part({drr::Box{{15.8, 31.8, 9.6}}, placed({0, 0, 0})}),
        part({drr::Box{{12.8, 28.8, 8.6}}, placed({0, 0, -0.5})}, -1),
    };
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 4; ++j)
            parts.push_back(
                part({drr::Cylinder{2.4, 1.8}, placed({8.0 * i - 4.0, 8.0 * j - 12.0, 5.7})}));
    for (int j = -1; j <= 1; ++j) {
        parts.push_back(part({drr::Cylinder{3.255, 8.6}, placed({0, 8.0 * j, -0.5})}));
        parts.push_back(part({drr::Cylinder{2.4, 8.6}, placed({0, 8.0 * j, -0.5})}, -1));
    }
    return parts;
}

/// 5 x 4 x 15 bricks of 80 x 128 x 144 mm, and beads of 1/8 inch in a lattice of 4 x 4 x 4.
std::vector<SolidPart> cube(const drr::Rigid3& pose) {
    std::vector<SolidPart> solids;
    for (int k = 0; k < 15; ++k)
        for (int j = 0; j < 4; ++j)
            for (int i = 0; i < 5; ++i)
                for (auto& solid : brick({16.0 * (i - 2), 32.0 * (j - 1.5), 9.6 * (k - 7)}))
                    solids.push_back(std::move(solid));
    for (int n = 0; n < 64; ++n) {
        const Vector3d step(n % 4, n / 4 % 4, n / 16);
        const Vector3d at = (step.array() - 1.5) * Vector3d(24.0, 40.0, 40.0).array();
        solids.push_back(
            part({drr::Sphere{1.5875}, {Eigen::Quaterniond::Identity(), at}}, 1, "steel"));
    }
    return moved(std::move(solids), pose);
}

drr::XrayView view() {
    drr::StereoRigSpec rig;
    rig.stereo_angle_rad = 60.0 * drr::degree;
    return make_stereo_rig(rig)[0];
}

void cube_of_300_bricks(benchmark::State& state) {
    const auto solids = cube({drr::rotation_from_vector({0.3, 0.5, 0.2}), Vector3d::Zero()});
    const drr::XrayView seen = view();
    for (auto _ : state)
        benchmark::DoNotOptimize(path_lengths(solids, seen));
    state.counters["solids"] = static_cast<double>(solids.size());
}

void line_integrals_of_them(benchmark::State& state) {
    const auto solids = cube({drr::rotation_from_vector({0.3, 0.5, 0.2}), Vector3d::Zero()});
    const auto lengths = path_lengths(solids, view());
    for (auto _ : state)
        benchmark::DoNotOptimize(line_integrals(lengths, 60.0));
    for (const auto& group : lengths.sampled)
        state.counters[std::to_string(group.samples_mm.front().width()) + " rays"] =
            static_cast<double>(group.pixels.size());
}

void primary_signal_of_them(benchmark::State& state) {
    const auto solids = cube({drr::rotation_from_vector({0.3, 0.5, 0.2}), Vector3d::Zero()});
    const auto lengths = path_lengths(solids, view());
    drr::TubeOptions tube;
    tube.filters = {{drr::find_material("aluminium"), 2.5}};
    const drr::PolychromaticBeam beam(drr::tube_spectrum(tube), {},
                                      {drr::find_material("abs"), drr::find_material("steel")});
    for (auto _ : state)
        benchmark::DoNotOptimize(primary_signal(lengths, beam));
}

}  // namespace

BENCHMARK(cube_of_300_bricks)->Unit(benchmark::kMillisecond);
BENCHMARK(line_integrals_of_them)->Unit(benchmark::kMillisecond);
BENCHMARK(primary_signal_of_them)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
