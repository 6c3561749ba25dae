#include "voxel_array.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/projector/mu_volume.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

namespace drr {
namespace {

void validate_count(const VolumeGrid& grid, std::size_t count) {
    grid.validate_grid();
    require(count == grid.voxel_count(),
            fmt::format("a volume of {} x {} x {} voxels holds {} values", grid.sizes[0],
                        grid.sizes[1], grid.sizes[2], count));
}

/// `set` is called with each voxel's offset and its attenuation per mm.
template <class Set>
void for_each_mu(const CtVolume& volume, const HuToMu& hu_to_mu, const Set& set) {
    const std::size_t slice = volume.hu.size() / static_cast<std::size_t>(volume.sizes[2]);
    parallel_for(static_cast<std::size_t>(volume.sizes[2]), [&](std::size_t k) {
        for (std::size_t n = k * slice; n < (k + 1) * slice; ++n)
            set(n, hu_to_mu(static_cast<double>(volume.hu[n])));
    });
}

template <class Voxel>
VoxelBox box_of(const VoxelArray<Voxel>& array) {
    const auto& sizes = array.grid->sizes;
    const VoxelBox nothing{{sizes[0], sizes[1], sizes[2]}, Eigen::Array3i::Zero()};
    std::vector<VoxelBox> slices(static_cast<std::size_t>(sizes[2]), nothing);
    parallel_for(slices.size(), [&](std::size_t index) {
        VoxelBox& box = slices[index];
        const int k = static_cast<int>(index);
        for (int j = 0; j < sizes[1]; ++j) {
            const Voxel* const row = array.voxels + array.grid->offset(0, j, k);
            const Voxel* const end = row + sizes[0];
            const Voxel* const from = std::find_if(row, end, [](Voxel mu) { return mu > 0; });
            if (from == end) continue;
            const Voxel* to = end;
            while (!(to[-1] > 0))
                --to;
            box.first = box.first.min(Eigen::Array3i(static_cast<int>(from - row), j, k));
            box.last = box.last.max(Eigen::Array3i(static_cast<int>(to - row), j + 1, k + 1));
        }
    });
    VoxelBox all = nothing;
    for (const VoxelBox& box : slices) {
        all.first = all.first.min(box.first);
        all.last = all.last.max(box.last);
    }
    return all;
}

}  // namespace

void MuVolume::validate() const {
    validate_count(*this, mu_per_mm.size());
    require(std::all_of(mu_per_mm.begin(), mu_per_mm.end(),
                        [](float mu) { return std::isfinite(mu) && mu >= 0.0F; }),
            "a volume's attenuation must be finite and not negative");
}

void MuVolume16::validate() const {
    validate_count(*this, steps.size());
    require(std::isfinite(mu_per_step) && mu_per_step > 0.0,
            "a volume's step of attenuation must be positive");
    require(std::all_of(steps.begin(), steps.end(), [](std::int16_t step) { return step >= 0; }),
            "a volume's attenuation must not be negative");
}

MuVolume mu_volume(const CtVolume& volume, const HuToMu& hu_to_mu) {
    volume.validate();
    hu_to_mu.validate();
    MuVolume result{volume, {}};
    result.mu_per_mm.resize(volume.voxel_count());
    for_each_mu(volume, hu_to_mu, [&](std::size_t n, double mu_per_mm) {
        result.mu_per_mm[n] = static_cast<float>(mu_per_mm);
    });
    return result;
}

MuVolume16 mu_volume16(const CtVolume& volume, const HuToMu& hu_to_mu) {
    volume.validate();
    hu_to_mu.validate();
    MuVolume16 result{volume, {}, hu_to_mu.curve(0.0) / 1000.0};
    require(result.mu_per_step > 0.0, "16 bits need a curve that is above 0 at 0 HU, water");
    result.steps.resize(volume.voxel_count());
    std::atomic<bool> fits = true;
    for_each_mu(volume, hu_to_mu, [&](std::size_t n, double mu_per_mm) {
        const double step = std::round(mu_per_mm / result.mu_per_step);
        constexpr double most = std::numeric_limits<std::int16_t>::max();
        if (!(step <= most)) fits = false;
        result.steps[n] = static_cast<std::int16_t>(std::min(step, most));
    });
    require(fits, "a voxel attenuates more than 16 bits hold: 32.767 times as much as water");
    return result;
}

VoxelBox occupied_box(const MuVolume& volume) {
    return box_of(voxels_of(volume));
}

VoxelBox occupied_box(const MuVolume16& volume) {
    return box_of(voxels_of(volume));
}

}  // namespace drr
