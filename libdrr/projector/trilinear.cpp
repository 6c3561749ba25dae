#include "index_rays.hpp"
#include "pixel_runs.hpp"
#include "trilinear_march.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/projector/trilinear.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace drr {
namespace {

/// What the ends of a ray keep from the outermost planes of air, in voxels, so that rounding does
/// not put a sample beyond them. Nothing is lost: the interpolant is 0 there.
constexpr double inset = 1e-6;

template <class Volume>
PaddedVolume padded(const Volume& volume) {
    const std::ptrdiff_t row = volume.sizes[0] + 2, plane = row * (volume.sizes[1] + 2);
    PaddedVolume result;
    result.strides = {1, row, plane};
    result.first = 1 + row + plane;
    result.values.assign(static_cast<std::size_t>(plane * (volume.sizes[2] + 2)), 0.0F);
    parallel_for(static_cast<std::size_t>(volume.sizes[2]), [&](std::size_t slice) {
        const int k = static_cast<int>(slice);
        for (int j = 0; j < volume.sizes[1]; ++j) {
            float* const to = result.values.data() + result.first + j * row + k * plane;
            for (int i = 0; i < volume.sizes[0]; ++i)
                to[i] = volume.at(i, j, k);
        }
    });
    return result;
}

}  // namespace

struct TrilinearProjector::State {
    VolumeGrid grid;
    PaddedVolume volume;
    BrickMap bricks;
    VoxelBox occupied;
    double step_mm;
};

void TrilinearOptions::validate() const {
    require(step_voxels >= 0.001 && step_voxels <= 4.0,
            fmt::format("the step along a ray must lie between 0.001 and 4 voxel sides, not {}",
                        step_voxels));
}

template <class Volume>
std::unique_ptr<const TrilinearProjector::State> TrilinearProjector::make_state(
    const Volume& volume, const TrilinearOptions& options) {
    options.validate();
    volume.validate();
    // Within a chunk of samples the march counts in 32 bits.
    require((volume.sizes[0] + 2.0) * (volume.sizes[1] + 2.0) < double(1 << 24),
            "the trilinear projector takes volumes of less than 2^24 voxels in each plane");
    return std::unique_ptr<const State>(
        new State{volume, padded(volume), BrickMap(voxels_of(volume)), occupied_box(volume),
                  options.step_voxels * volume.spacing_mm.minCoeff()});
}

TrilinearProjector::TrilinearProjector(const MuVolume& volume, const TrilinearOptions& options)
    : state_(make_state(volume, options)) {}

TrilinearProjector::TrilinearProjector(const MuVolume16& volume, const TrilinearOptions& options)
    : state_(make_state(volume, options)) {}

TrilinearProjector::~TrilinearProjector() = default;

Image<float> TrilinearProjector::line_integrals(const XrayView& view) const {
    view.validate();
    Image<float> image(view.width_px, view.height_px);
    const State& state = *state_;
    if (state.occupied.empty()) return image;
    const IndexRays rays(state.grid, view);
    const Eigen::Array3d low = state.occupied.first.cast<double>() - 1.0 + inset;
    const Eigen::Array3d high = state.occupied.last.cast<double>() - inset;
    for_each_pixel_run(
        view.width_px, view.height_px, trilinear_rays, [&](int u_first, int v, int width) {
            TrilinearRays side_by_side;
            std::array<double, trilinear_rays> step_mm, sums;
            for (std::size_t n = 0; n < trilinear_rays; ++n) {
                // The last ray repeats where the image ends.
                const int u = u_first + std::min(static_cast<int>(n), width - 1);
                const Eigen::Vector3d ray = rays.to_pixel(u, v);
                const RayPart part = part_within(low, high, rays.source, ray);
                const double share = part.empty() ? 0.0 : part.to - part.from;
                const double length_mm = share * rays.length_mm(ray);
                const double count = std::ceil(length_mm / state.step_mm);
                side_by_side.count[n] = static_cast<int>(count);
                step_mm[n] = count > 0.0 ? length_mm / count : 0.0;
                // A ray that misses stays at a voxel that exists.
                Eigen::Vector3d step = Eigen::Vector3d::Zero();
                Eigen::Vector3d start = state.occupied.first.cast<double>();
                if (count > 0.0) {
                    step = share / count * ray;
                    start = rays.source + part.from * ray + 0.5 * step;
                }
                for (std::size_t d = 0; d < 3; ++d) {
                    side_by_side.start[d][n] = start[static_cast<Eigen::Index>(d)];
                    side_by_side.step[d][n] = step[static_cast<Eigen::Index>(d)];
                }
            }
            sum_samples(state.volume, state.bricks, side_by_side, sums);
            for (std::size_t n = 0; n < static_cast<std::size_t>(width); ++n)
                image(u_first + static_cast<int>(n), v) = static_cast<float>(step_mm[n] * sums[n]);
        });
    return image;
}

}  // namespace drr
