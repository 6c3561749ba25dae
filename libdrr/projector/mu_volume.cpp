#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/projector/mu_volume.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace drr {

void MuVolume::validate() const {
    CtVolume grid{sizes, spacing_mm, origin_mm, direction, {}};
    grid.validate_grid();
    require(mu_per_mm.size() == grid.voxel_count(),
            fmt::format("a volume of {} x {} x {} voxels holds {} values", sizes[0], sizes[1],
                        sizes[2], mu_per_mm.size()));
    require(std::all_of(mu_per_mm.begin(), mu_per_mm.end(),
                        [](float mu) { return std::isfinite(mu) && mu >= 0.0F; }),
            "a volume's attenuation must be finite and not negative");
}

MuVolume mu_volume(const CtVolume& volume, const HuToMu& hu_to_mu) {
    volume.validate();
    hu_to_mu.validate();
    MuVolume result{volume.sizes, volume.spacing_mm, volume.origin_mm, volume.direction, {}};
    result.mu_per_mm.resize(volume.voxel_count());
    const std::size_t slice = result.mu_per_mm.size() / static_cast<std::size_t>(volume.sizes[2]);
    parallel_for(static_cast<std::size_t>(volume.sizes[2]), [&](std::size_t k) {
        for (std::size_t n = k * slice; n < (k + 1) * slice; ++n)
            result.mu_per_mm[n] = static_cast<float>(hu_to_mu(volume.hu[n]));
    });
    return result;
}

VoxelBox occupied_box(const MuVolume& volume) {
    const Eigen::Array3i sizes(volume.sizes[0], volume.sizes[1], volume.sizes[2]);
    const VoxelBox nothing{sizes, Eigen::Array3i::Zero()};
    std::vector<VoxelBox> slices(static_cast<std::size_t>(sizes[2]), nothing);
    parallel_for(slices.size(), [&](std::size_t index) {
        VoxelBox& box = slices[index];
        const int k = static_cast<int>(index);
        for (int j = 0; j < sizes[1]; ++j) {
            const float* const row = volume.mu_per_mm.data() + volume.offset(0, j, k);
            const float* const end = row + sizes[0];
            const float* const from = std::find_if(row, end, [](float mu) { return mu > 0.0F; });
            if (from == end) continue;
            const float* to = end;
            while (to[-1] <= 0.0F)
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

}  // namespace drr
