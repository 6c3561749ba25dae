#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/phantom/extent.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/projector/voxelize.hpp>
#include <drr/volume/hu_to_mu.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace drr {
namespace {

struct Attenuator {
    Shape shape;
    Extent extent;
    double signed_mu_per_mm = 0.0;
};

// Voxels [first, last) along an axis that reach into [low, high], in units of voxels from the
// grid's face.
struct Span {
    int first = 0;
    int last = 0;
};

Span span(double low, double high, int size) {
    return {static_cast<int>(std::clamp(std::floor(low), 0.0, double(size))),
            static_cast<int>(std::clamp(std::ceil(high), 0.0, double(size)))};
}

// Adds `value` to a row of voxels by the share of each that lies in [enter, exit], voxels.
void add_to_row(double* row, int size, double enter, double exit, double value) {
    const Span s = span(enter, exit, size);
    for (int i = s.first; i < s.last; ++i)
        row[i] += value * (std::min(exit, i + 1.0) - std::max(enter, double(i)));
}

VolumeGrid grid_about(const Extent& extent, const VoxelizeOptions& options) {
    VolumeGrid grid;
    double voxels = 1.0;
    for (int axis = 0; axis < 3; ++axis) {
        // A phantom of whole voxels gets these, however its size was rounded.
        constexpr double rounding = 1e-6;
        const double inside = std::ceil(extent.size_mm()[axis] / options.voxel_mm - rounding);
        voxels *= inside + 2.0;
        require(voxels <= static_cast<double>(options.max_voxels),
                fmt::format("{:.4g} x {:.4g} x {:.4g} mm in voxels of {:g} mm are more than {} "
                            "voxels; take larger ones",
                            extent.size_mm().x(), extent.size_mm().y(), extent.size_mm().z(),
                            options.voxel_mm, options.max_voxels));
        grid.sizes[static_cast<std::size_t>(axis)] = static_cast<int>(inside) + 2;
        grid.origin_mm[axis] = extent.centre_mm()[axis] - 0.5 * (inside + 1.0) * options.voxel_mm;
    }
    grid.spacing_mm.setConstant(options.voxel_mm);
    return grid;
}

std::vector<Attenuator> attenuators(const std::vector<SolidPart>& solids, double energy_kev) {
    std::map<std::string, double> mu_per_mm;
    std::vector<Attenuator> result;
    result.reserve(solids.size());
    for (const SolidPart& solid : solids) {
        validate(solid.shape);
        const auto [entry, fresh] = mu_per_mm.try_emplace(solid.material, 0.0);
        if (fresh) entry->second = attenuation_per_mm(solid.material, energy_kev);
        result.push_back({solid.shape, extent(solid.shape), solid.sign * entry->second});
    }
    return result;
}

// The middles of n equal parts of the voxel `index`, or of what of it lies in [low, high].
struct Parts {
    double first = 0.0;
    double step = 0.0;

    Parts(int index, double low, double high, int n) {
        const double begin = std::max(low, double(index));
        step = (std::min(high, index + 1.0) - begin) / n;
        first = begin + 0.5 * step;
    }
    [[nodiscard]] double middle(int part) const { return first + part * step; }
};

// Adds the attenuation of a solid to the slice k. The lines stand within its extent, so that what
// ends in planes along the axes is exact.
void add_to_slice(std::vector<double>& slice, const Attenuator& solid, int k,
                  const VolumeGrid& grid, int lines_across) {
    const Eigen::Vector3d face = grid.origin_mm - 0.5 * grid.spacing_mm;
    const Eigen::Array3d low = (solid.extent.low_mm - face).cwiseQuotient(grid.spacing_mm);
    const Eigen::Array3d high = (solid.extent.high_mm - face).cwiseQuotient(grid.spacing_mm);
    if (k + 1.0 <= low.z() || k >= high.z()) return;
    const Parts depths(k, low.z(), high.z(), lines_across);
    const Span rows = span(low.y(), high.y(), grid.sizes[1]);
    const double voxel_mm = grid.spacing_mm.x();
    for (int j = rows.first; j < rows.last; ++j) {
        const Parts heights(j, low.y(), high.y(), lines_across);
        const double value = solid.signed_mu_per_mm * depths.step * heights.step;
        double* const row = slice.data() + static_cast<std::ptrdiff_t>(j) * grid.sizes[0];
        for (int z = 0; z < lines_across; ++z)
            for (int y = 0; y < lines_across; ++y) {
                const Eigen::Vector3d start =
                    face + voxel_mm * Eigen::Vector3d(0.0, heights.middle(y), depths.middle(z));
                const Chord inside = chord(solid.shape, start, Eigen::Vector3d::UnitX());
                if (inside.length() > 0.0)
                    add_to_row(row, grid.sizes[0], inside.enter / voxel_mm, inside.exit / voxel_mm,
                               value);
            }
    }
}

}  // namespace

void VoxelizeOptions::validate() const {
    require(voxel_mm > 0.0 && std::isfinite(voxel_mm), "the voxel size must be positive");
    require(lines_across >= 1 && lines_across <= 64, "lines_across must be between 1 and 64");
}

CtVolume voxelize_phantom(const MarkerPhantom& phantom, const VoxelizeOptions& options) {
    options.validate();
    const std::vector<SolidPart> parts = solid_parts(phantom);
    const std::vector<Attenuator> solids = attenuators(parts, options.energy_kev);
    const double mu_water_per_mm = attenuation_per_mm("water", options.energy_kev);
    CtVolume volume{grid_about(extent(parts), options), {}};
    volume.hu.resize(volume.voxel_count());
    const auto slices = static_cast<std::size_t>(volume.sizes[2]);
    std::mutex reporting;
    std::size_t done = 0;
    parallel_for(slices, [&](std::size_t k) {
        const std::size_t size = volume.voxel_count() / slices;
        std::vector<double> mu_per_mm(size, 0.0);
        for (const Attenuator& solid : solids)
            add_to_slice(mu_per_mm, solid, static_cast<int>(k), volume, options.lines_across);
        std::transform(mu_per_mm.begin(), mu_per_mm.end(),
                       volume.hu.begin() + static_cast<std::ptrdiff_t>(k * size), [&](double mu) {
                           return static_cast<float>(hounsfield(mu, mu_water_per_mm));
                       });
        if (!options.progress) return;
        const std::lock_guard lock(reporting);
        options.progress("voxelize", ++done, slices);
    });
    return volume;
}

}  // namespace drr
